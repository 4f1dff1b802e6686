// Bytes are compared as bytes: vitest itself walks them one by one, ten thousand times as long (7 s for a megabyte).
import { expect } from 'vitest';

/** Whether two runs of bytes of one kind are the same; everything else is left to vitest. */
function equalBytes(a: unknown, b: unknown): boolean | undefined {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return undefined;
  // A Buffer is not equal to a plain array of the same bytes: vitest says so too.
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return undefined;
  return Buffer.compare(a, b) === 0;
}

expect.addEqualityTesters([equalBytes]);
