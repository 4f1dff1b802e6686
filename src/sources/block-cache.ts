// Reads a source of blocks in large pieces and keeps those last used.

/** Gives up to `length` bytes from `offset`; fewer only at the end. The promise must settle. */
export type ReadBlock = (offset: number, length: number) => Promise<Uint8Array>;

/** What is asked for at once: demuxers read in small pieces, and each question costs a message. */
const BLOCK_BYTES = 1024 * 1024;
const BLOCKS_KEPT = 8;

/** How a source of blocks is read: through a cache, unless the source keeps one itself. */
export function blockReader(source: { readonly size: number; readonly exact?: true }, read: ReadBlock): ReadBlock {
  if (source.exact === true) return read;
  const cache = new BlockCache(source.size, read);
  return (offset, length) => cache.read(offset, length);
}

/** The blocks last used: a demuxer that jumps back and forth asks the source once. */
class BlockCache {
  readonly #blocks = new Map<number, Promise<Uint8Array>>();
  readonly #size: number;
  readonly #read: ReadBlock;

  constructor(size: number, read: ReadBlock) {
    this.#size = size;
    this.#read = read;
  }

  /** The bytes from `offset` on, as far as their block has them; good for as long as they are held. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const index = Math.floor(offset / BLOCK_BYTES);
    const start = offset - index * BLOCK_BYTES;
    return (await this.#block(index)).subarray(start, start + length);
  }

  #block(index: number): Promise<Uint8Array> {
    const offset = index * BLOCK_BYTES;
    const block = this.#blocks.get(index) ?? this.#read(offset, Math.min(BLOCK_BYTES, this.#size - offset));
    this.#blocks.delete(index);
    this.#blocks.set(index, block);
    const oldest = this.#blocks.keys().next().value;
    if (this.#blocks.size > BLOCKS_KEPT && oldest !== undefined) this.#blocks.delete(oldest);
    return block;
  }
}
