// libav's output callbacks over bytes that somebody else places: no file name and no protocol ever reaches libav.
import { AVERROR_EIO, AVERROR_ENOSPC, AVSEEK_CUR, AVSEEK_END, AVSEEK_SET, AVSEEK_SIZE } from './constants.js';
import { IOContext } from 'node-av/lib';
import { systemCode } from '../base/index.js';

/** Where the bytes of an output go. */
export interface ByteTarget {
  /** A name for messages. */
  readonly name: string;
  /** Whether bytes may be written again at a place before the end. */
  readonly seekable: boolean;
  /** Takes bytes at a place; they are only good during the call. Throws what the system says. */
  write(bytes: Uint8Array, position: number): void;
}

/** A custom output of libav; `rethrow()` throws what a callback ran into, which libav itself can only call EIO. */
export interface ByteOutput {
  readonly context: IOContext;
  /** Bytes from the start to the end of what was written. */
  readonly size: number;
  rethrow(): void;
}

const BUFFER_BYTES = 256 * 1024;

/** Makes the output. */
export function byteOutput(target: ByteTarget): ByteOutput {
  const context = new IOContext();
  let position = 0;
  let size = 0;
  let failure: { readonly error: unknown } | undefined;
  const onWrite = (bytes: Buffer): number => {
    if (failure !== undefined) return AVERROR_EIO;
    try {
      target.write(bytes, position);
    } catch (error) {
      failure = { error };
      return systemCode(error) === 'ENOSPC' ? AVERROR_ENOSPC : AVERROR_EIO;
    }
    position += bytes.byteLength;
    size = Math.max(size, position);
    return bytes.byteLength;
  };
  const onSeek = (offset: bigint, whence: number): bigint => {
    if ((whence & AVSEEK_SIZE) !== 0) return BigInt(size);
    const base = { [AVSEEK_SET]: 0, [AVSEEK_CUR]: position, [AVSEEK_END]: size }[whence & 0xffff];
    if (base === undefined) return -1n;
    position = base + Number(offset);
    return BigInt(position);
  };
  context.allocContextWithCallbacks(BUFFER_BYTES, 1, null, onWrite, target.seekable ? onSeek : null);
  return {
    context,
    get size() {
      return size;
    },
    rethrow: () => {
      if (failure !== undefined) throw failure.error;
    },
  };
}
