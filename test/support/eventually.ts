// Waits for what no event tells. A crowded machine needs seconds for what takes milliseconds elsewhere (a process starts, a
// signal arrives): the bound only ends what would never come, it measures nothing.
import { vi } from 'vitest';

/** Looks every 10 ms until `look` no longer throws, and gives what it gave; after 20 s fails as its last look did. */
export function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: 20_000, interval: 10 });
}
