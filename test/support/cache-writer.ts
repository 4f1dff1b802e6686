// A process that writes entries into a folder until it is killed; what their bytes must be follows from their number.
import { keyOf } from '#dist/cache/keys.js';
import type { CacheEntry } from '#dist/cache/tier.js';

/** Entries that all writers write over and over. */
export const ENTRIES = 16;

/** The key of an entry. */
export function keyAt(number: number): string {
  return keyOf({ number });
}

/** What is under it. */
export function entryAt(number: number): CacheEntry {
  const part = (seed: number): Uint8Array =>
    Uint8Array.from({ length: 20_000 + 1000 * number }, (_, at) => (at * seed + number) & 255);
  return { facts: JSON.stringify({ number }), parts: [part(3), part(5)] };
}

/** Its source, for `node --input-type=module -e`. */
export const WRITER = `
import { DiskTier } from '#dist/cache/disk/disk-tier.js';
import { keyOf } from '#dist/cache/keys.js';
const [, folder, entries] = process.argv;
const part = (number, seed) => Uint8Array.from({ length: 20000 + 1000 * number }, (_, at) => (at * seed + number) & 255);
const tier = new DiskTier({ folder, capacity: 2 ** 26 });
const all = Array.from({ length: Number(entries) }, (_, number) => ({
  key: keyOf({ number }), entry: { facts: JSON.stringify({ number }), parts: [part(number, 3), part(number, 5)] },
}));
for (let round = 0; ; round++)
  for (const { key, entry } of all) {
    if (!(await tier.set(key, entry))) throw new Error('Not written: ' + tier.absence);
    if (round === 0) process.stdout.write('.');
  }
`;
