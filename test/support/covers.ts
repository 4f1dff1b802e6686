// A cover engine for the tests of one block.
import { afterAll } from 'vitest';
import { type Covers, createCovers, type PoolOptions } from '#dist/index.js';

/** A cover engine that closes after the tests of the current block. */
export function sharedCovers(options: PoolOptions): Covers {
  const covers = createCovers(options);
  afterAll(() => covers.close());
  return covers;
}
