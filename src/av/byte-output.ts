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
  /** Places what was gathered. */
  flush(): void;
  rethrow(): void;
}

/**
 * node-av never frees the buffer of such a context, so it is as small as can be. Where the output can seek, what is larger
 * goes past it, and pieces are gathered here; where it cannot, muxers go back inside this buffer, and expect it to be as
 * large as that of a pipe (IO_BUFFER_SIZE in libavformat/aviobuf.c).
 */
const SEEKABLE_BYTES = 1024;
const STREAM_BYTES = 32 * 1024;
/** Bytes that are gathered before they are placed. */
const GATHERED_BYTES = 256 * 1024;

/** Makes the output. */
export function byteOutput(target: ByteTarget): ByteOutput {
  const context = new IOContext();
  const gatherer = new Gatherer(target);
  let position = 0;
  let size = 0;
  let failure: { readonly error: unknown } | undefined;
  /** Does something that may fail, and gives libav a code for it. */
  const attempt = (work: () => void): number => {
    if (failure !== undefined) return AVERROR_EIO;
    try {
      work();
      return 0;
    } catch (error) {
      failure = { error };
      return systemCode(error) === 'ENOSPC' ? AVERROR_ENOSPC : AVERROR_EIO;
    }
  };
  const onWrite = (bytes: Buffer): number => {
    const code = attempt(() => {
      gatherer.take(bytes, position);
    });
    if (code < 0) return code;
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
  const bytes = target.seekable ? SEEKABLE_BYTES : STREAM_BYTES;
  context.allocContextWithCallbacks(bytes, 1, null, onWrite, target.seekable ? onSeek : null);
  if (target.seekable) context.direct = 1;
  return {
    context,
    get size() {
      return size;
    },
    flush: () => {
      attempt(() => {
        gatherer.flush();
      });
    },
    rethrow: () => {
      if (failure !== undefined) throw failure.error;
    },
  };
}

/** Puts pieces that follow each other together. */
class Gatherer {
  readonly #target: ByteTarget;
  readonly #bytes = Buffer.allocUnsafe(GATHERED_BYTES);
  #start = 0;
  #length = 0;

  constructor(target: ByteTarget) {
    this.#target = target;
  }

  take(bytes: Uint8Array, position: number): void {
    if (position !== this.#start + this.#length || this.#length + bytes.byteLength > GATHERED_BYTES) {
      this.flush();
      this.#start = position;
    }
    if (bytes.byteLength > GATHERED_BYTES) {
      this.#target.write(bytes, position);
      this.#start = position + bytes.byteLength;
      return;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  flush(): void {
    if (this.#length === 0) return;
    const length = this.#length;
    this.#length = 0;
    this.#target.write(this.#bytes.subarray(0, length), this.#start);
    this.#start += length;
  }
}
