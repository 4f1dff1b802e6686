// What is remembered of uses and looks: counts that fade, an exact search, and a file that may be read twice.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EmbeddingIndex } from '#dist/cache/recall/embedding-index.js';
import { mergeRecall, writeRecall } from '#dist/cache/recall/recall-data.js';
import { Recall } from '#dist/cache/recall/recall.js';
import { UseCounts } from '#dist/cache/recall/use-counts.js';

const unit = (numbers: readonly number[]): Float32Array => {
  const length = Math.hypot(...numbers) || 1;
  return Float32Array.from(numbers, (number) => number / length);
};

describe('uses', () => {
  test('are told apart by their surroundings, and little evidence is filled up from wider ones', () => {
    const uses = new UseCounts();
    for (let i = 0; i < 40; i++) {
      uses.add('a', { template: 't', segment: 's' });
      uses.add('b', { template: 't', segment: 'z' });
      uses.add('c', { segment: 's' });
    }
    uses.add('b', { template: 't', segment: 's' });
    const here = { template: 't', segment: 's' };
    expect(uses.share('a', here)).toBeGreaterThan(uses.share('b', here));
    expect(uses.share('b', here)).toBeGreaterThan(uses.share('nobody', here));
    expect(uses.share('c', here)).toBeGreaterThan(0);
    // Nobody of a new segment was seen: the template decides.
    expect(uses.share('a', { template: 't', segment: 'new' })).toBeCloseTo(
      uses.share('b', { template: 't', segment: 'new' }),
      1,
    );
    expect(uses.share('a', { template: 't', segment: 'new' })).toBeGreaterThan(
      uses.share('c', { template: 't', segment: 'new' }),
    );
    expect([...uses.likely(here, 1)].sort()).toEqual(['a', 'b']);
    const total = ['a', 'b', 'c'].reduce((sum, item) => sum + uses.share(item, here), 0);
    expect(total).toBeCloseTo(1, 1);
  });

  test('of long ago fade, and there is an end to them', () => {
    const uses = new UseCounts();
    for (let i = 0; i < 200; i++) uses.add('old', { template: 't' });
    for (let i = 0; i < 1200; i++) uses.add(i % 4 === 0 ? 'new' : `once ${String(i)}`, { template: 't' });
    expect(uses.count('new', { template: 't' })).toBeGreaterThan(uses.count('old', { template: 't' }));
    expect(uses.count('once 1', { template: 't' })).toBe(0);
    for (let i = 0; i < 2000; i++) uses.add('a', { template: String(i) });
    const circles = [...uses.entries()];
    expect(circles.length).toBeLessThanOrEqual(512);
    expect(circles.some(([name]) => name === '')).toBe(true);
    for (const [, counts] of circles) expect(counts.size).toBeLessThan(9000);
  });
});

test('the search finds what comparing all would find', async () => {
  const vector = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 });
  const change = fc.record({ item: fc.nat(30).map(String), numbers: vector, removes: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 80 }), vector, async (changes, wanted) => {
      const [index, model] = [new EmbeddingIndex(3), new Map<string, Float32Array>()];
      for (const { item, numbers, removes } of changes) {
        if (removes) {
          index.delete(item);
          model.delete(item);
        } else {
          index.set(item, unit(numbers));
          model.set(item, unit(numbers));
        }
      }
      const query = unit(wanted);
      const product = (one: Float32Array): number => one.reduce((sum, number, at) => sum + number * query[at]!, 0);
      const best = [...model.values()].map(product).sort((a, b) => b - a);
      const found = await index.search(query, 5);
      expect(index.size).toBe(model.size);
      expect(found).toHaveLength(Math.min(5, model.size));
      for (const [rank, { item, cosine }] of found.entries()) {
        expect(cosine).toBeCloseTo(best[rank]!, 5);
        expect(cosine).toBeCloseTo(product(model.get(item)!), 5);
      }
    }),
    { numRuns: 60 },
  );
  const index = new EmbeddingIndex(2);
  for (let i = 0; i < 1000; i++) index.set(String(i), unit([Math.cos(i), Math.sin(i)]));
  index.set('short', [1]);
  expect(index.size).toBe(1000);
  expect((await index.search(unit([Math.cos(7), Math.sin(7)]), 1))[0]?.item).toBe('7');
});

describe('what is written', () => {
  const remembered = (): Recall => {
    const recall = new Recall(3);
    for (const [i, key] of ['a', 'b', 'c'].entries()) {
      recall.seen(key, i === 2 ? undefined : unit([1, i, 0.2]));
      for (let times = 0; times <= i; times++) recall.used(key, { template: 't', segment: 's' });
    }
    return recall;
  };
  const found = async (recall: Recall) =>
    (await recall.find({ template: 't', segment: 's', topK: 9, like: unit([1, 0, 0]) })).map(
      ({ key, uses, similarity }) => [key, uses, similarity === null ? null : Math.round(50 * similarity)],
    );

  test('is remembered, once however often it is read', async () => {
    const [first, second] = [remembered(), new Recall(3)];
    const text = writeRecall(first);
    for (let i = 0; i < 3; i++) mergeRecall(second, text);
    expect(await found(second)).toEqual(await found(first));
    expect(await found(second)).toHaveLength(3);
    second.used('a', { template: 't', segment: 's' });
    mergeRecall(second, text);
    expect((await found(second)).find(([key]) => key === 'a')?.[1]).toBe(2);
  });

  test.each([
    ['nothing', ''],
    ['half of it', '{"version":1,"items":[["a",nu'],
    ['another version', '{"version":2,"items":[],"circles":[]}'],
    ['other things', '{"version":1,"items":[[1,2]],"circles":{}}'],
    ['a list', '[]'],
    ['null', 'null'],
  ])('is nothing where it is %s', (_, text) => {
    const recall = new Recall(3);
    mergeRecall(recall, text);
    expect([...recall.items()]).toEqual([]);
  });
});
