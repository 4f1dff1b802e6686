// Indexes of files that were read before: kept within their budget, those that were used last, and of known versions alone.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IndexCache, type KnownFile } from '#dist/net/remote/index-cache.js';

/** What a file costs beside its bytes. */
const OVERHEAD = 1024;
const KIB = 1024;

/** @param isTold - whether its server tells one version from another */
function file(bytes: number, isTold = true): KnownFile {
  const validator = isTold ? '"one"' : undefined;
  const identity = { size: 1_000_000, etag: validator, lastModified: undefined, validator };
  return { identity, extents: [{ start: 0, bytes: Buffer.alloc(bytes), kind: 'index' }] };
}

describe('what is kept', () => {
  test('the file that was set last under a key', () => {
    const cache = new IndexCache(64 * KIB);
    const [first, second] = [file(10), file(10)];
    cache.set('a', first);
    expect(cache.get('a')).toBe(first);
    cache.set('a', second);
    expect(cache.get('a')).toBe(second);
    expect(cache.get('b')).toBeUndefined();
    cache.delete('a');
    expect(cache.get('a')).toBeUndefined();
  });

  test('those that were used last, where there is no room for all', () => {
    const cache = new IndexCache(3 * (10 * KIB + OVERHEAD));
    for (const key of ['a', 'b', 'c']) cache.set(key, file(10 * KIB));
    cache.get('a');
    cache.set('d', file(10 * KIB));
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key) !== undefined)).toEqual(['a', 'c', 'd']);
  });

  test('as many as give way to a large one', () => {
    const cache = new IndexCache(100 * KIB);
    for (const key of ['a', 'b', 'c', 'd']) cache.set(key, file(20 * KIB));
    cache.set('large', file(70 * KIB));
    expect(['a', 'b', 'c', 'd', 'large'].filter((key) => cache.get(key) !== undefined)).toEqual(['d', 'large']);
  });

  test('empty ones cost something too', () => {
    const cache = new IndexCache(10 * OVERHEAD);
    for (let i = 0; i < 1000; i++) cache.set(String(i), file(0));
    expect(Array.from({ length: 1000 }, (_, i) => cache.get(String(i))).filter(Boolean)).toHaveLength(10);
  });
});

describe('what is not kept', () => {
  test.each<[string, KnownFile]>([
    ['a file whose versions cannot be told apart', file(10, false)],
    ['an index beyond the whole budget', file(64 * KIB)],
  ])('%s, nor what was known of it before', (_, unfit) => {
    const cache = new IndexCache(64 * KIB);
    cache.set('a', file(10));
    cache.set('b', file(10));
    cache.set('a', unfit);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('b')).toBeDefined();
  });

  test('an index of more than 8 MiB, whatever the budget is', () => {
    const cache = new IndexCache(1024 * KIB * KIB);
    cache.set('fits', file(8 * KIB * KIB - OVERHEAD));
    cache.set('not', file(8 * KIB * KIB));
    expect([cache.get('fits') !== undefined, cache.get('not') !== undefined]).toEqual([true, false]);
  });
});

test('whatever is set, read and deleted: the last file of a key or none, within the budget, and room is given back', () => {
  const BUDGET = 50 * KIB;
  const KEYS = ['a', 'b', 'c', 'd', 'e'];
  const step = fc.tuple(
    fc.constantFrom('set', 'get', 'delete'),
    fc.constantFrom(...KEYS),
    fc.nat(60 * KIB),
    fc.boolean(),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const cache = new IndexCache(BUDGET);
      const last = new Map<string, KnownFile | undefined>();
      for (const [what, key, bytes, isTold] of steps) {
        if (what === 'get') cache.get(key);
        else if (what === 'delete') {
          cache.delete(key);
          last.set(key, undefined);
        } else {
          const one = file(bytes, isTold);
          cache.set(key, one);
          const fits = isTold && bytes + OVERHEAD <= BUDGET;
          last.set(key, fits ? one : undefined);
          // What was set last is there.
          expect(cache.get(key)).toBe(last.get(key));
        }
      }
      let kept = 0;
      for (const key of KEYS) {
        const found = cache.get(key);
        if (found === undefined) continue;
        expect(found).toBe(last.get(key));
        kept += OVERHEAD + (found.extents[0]?.bytes.byteLength ?? 0);
      }
      expect(kept).toBeLessThanOrEqual(BUDGET);
      // Nothing is lost by counting: a file of the whole budget still has room.
      cache.set('all', file(BUDGET - OVERHEAD));
      expect(cache.get('all')).toBeDefined();
      expect(KEYS.filter((key) => cache.get(key) !== undefined)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
