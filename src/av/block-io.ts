// libav's input callbacks over blocks that somebody else supplies: no file, no network in this process.
import { AVERROR_EIO, AVERROR_EOF, AVSEEK_CUR, AVSEEK_END, AVSEEK_SET, AVSEEK_SIZE } from './constants.js';
import { IOContext } from 'node-av/lib';
import { FramerailError } from '../base/index.js';

/** Gives up to `length` bytes from `offset`; fewer only at the end. The promise must settle. */
export type ReadBlock = (offset: number, length: number) => Promise<Uint8Array>;

/** A custom input of libav; `rethrow()` throws what a callback ran into, which libav itself can only call EIO. */
export interface BlockIo {
  readonly context: IOContext;
  rethrow(): void;
  close(): void;
}

const BUFFER_BYTES = 64 * 1024;
/** What is asked for at once: demuxers read in small pieces, and each question costs a message. */
const BLOCK_BYTES = 1024 * 1024;
const BLOCKS_KEPT = 8;

/** Makes the input for a source; one without a size comes in order and cannot seek. */
export function blockIo(
  source: { readonly name: string; readonly size?: number },
  read: ReadBlock | undefined,
): BlockIo {
  if (read === undefined) throw new FramerailError('FR_INTERNAL', `Nobody supplies the blocks of ${source.name}.`);
  const context = new IOContext();
  const { size: end = Number.POSITIVE_INFINITY } = source;
  const seekable = Number.isFinite(end);
  const cache = seekable ? new BlockCache(end, read) : undefined;
  let position = 0;
  let failure: unknown;
  const onRead = async (size: number): Promise<Buffer | number> => {
    if (position >= end) return AVERROR_EOF;
    try {
      const bytes = await (cache?.read(position, size) ?? read(position, size));
      if (bytes.byteLength === 0) return AVERROR_EOF;
      position += bytes.byteLength;
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch (error) {
      // The error goes round libav: an async callback that rejects would leave libav waiting.
      failure ??= error;
      return AVERROR_EIO;
    }
  };
  const onSeek = (offset: bigint, whence: number): bigint => {
    const base = { [AVSEEK_SET]: 0, [AVSEEK_CUR]: position, [AVSEEK_END]: end }[whence & 0xffff];
    if ((whence & AVSEEK_SIZE) !== 0) return BigInt(end);
    if (base === undefined) return -1n;
    position = base + Number(offset);
    return BigInt(position);
  };
  context.allocContextWithCallbacks(BUFFER_BYTES, 0, onRead, null, seekable ? onSeek : null);
  return {
    context,
    rethrow(): void {
      if (failure === undefined) return;
      if (failure instanceof Error) throw failure;
      throw new FramerailError('FR_INPUT_READ', `${source.name} could not be read.`, { cause: failure });
    },
    close(): void {
      context.freeContext();
    },
  };
}

/** The blocks last used, so that a demuxer that jumps back and forth asks once. */
class BlockCache {
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #size: number;
  readonly #read: ReadBlock;

  constructor(size: number, read: ReadBlock) {
    this.#size = size;
    this.#read = read;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const index = Math.floor(offset / BLOCK_BYTES);
    const start = offset - index * BLOCK_BYTES;
    const block = await this.#block(index);
    return block.subarray(start, Math.min(start + length, block.byteLength));
  }

  async #block(index: number): Promise<Uint8Array> {
    const known = this.#blocks.get(index);
    this.#blocks.delete(index);
    const offset = index * BLOCK_BYTES;
    const block = known ?? (await this.#read(offset, Math.min(BLOCK_BYTES, this.#size - offset)));
    this.#blocks.set(index, block);
    const oldest = this.#blocks.keys().next().value;
    if (this.#blocks.size > BLOCKS_KEPT && oldest !== undefined) this.#blocks.delete(oldest);
    return block;
  }
}
