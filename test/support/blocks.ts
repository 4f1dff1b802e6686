// Sources of blocks that misbehave, or are watched.
import { readFile } from 'node:fs/promises';
import type { BlockSource } from '#dist/index.js';
import { fixture } from './fixtures.js';

/** A clip as blocks, with what was asked of it. */
export interface WatchedSource extends BlockSource {
  /** Bytes that were asked for so far. */
  asked: number;
  reads: number;
}

/**
 * A clip as a source of blocks.
 * @param instead - called before each read; what it returns is awaited, what it throws is the source's failure
 */
export async function clipBlocks(clip: string, instead?: (read: number) => unknown): Promise<WatchedSource> {
  const bytes = await readFile(fixture(clip));
  const source: WatchedSource = {
    size: bytes.byteLength,
    name: clip,
    asked: 0,
    reads: 0,
    read: async (offset, length) => {
      source.reads += 1;
      source.asked += length;
      await instead?.(source.reads);
      return bytes.subarray(offset, offset + length);
    },
  };
  return source;
}
