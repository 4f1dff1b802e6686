// Memory as a job takes it: reserved, and used range by range.
import type { Arena, Range } from '#dist/memory/index.js';

/** Reserves ranges and uses every one of them. */
export async function reserveAndUse(arena: Arena, ...args: Parameters<Arena['reserve']>): Promise<Range[]> {
  const ranges = await arena.reserve(...args);
  for (const range of ranges) arena.use(range);
  return ranges;
}
