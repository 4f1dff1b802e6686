// Work within a window: neither side runs ahead of the other, whatever the order, and everybody hears of the end.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mapWindowed } from '#dist/covers/batch/windowed.js';

/** Lets everything that can go on go on. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
}

test('never runs, holds or pulls more than it may, and gives each result once, in order where that is wanted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(4), { maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 6 }),
      fc.boolean(),
      async (delays, concurrency, more, ordered) => {
        const window = concurrency + more;
        let [pulled, running, done, taken] = [0, 0, 0, 0];
        function* items(): Generator<number> {
          for (const delay of delays) {
            pulled += 1;
            yield delay;
          }
        }
        const work = async ({ item, index }: { item: number; index: number }): Promise<number> => {
          running += 1;
          expect(running).toBeLessThanOrEqual(concurrency);
          for (let turns = 0; turns < item; turns++) await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          done += 1;
          expect(done - taken).toBeLessThanOrEqual(window + 1);
          return index;
        };
        const results: number[] = [];
        for await (const index of mapWindowed(items(), work, { concurrency, window, ordered })) {
          taken += 1;
          results.push(index);
          expect(pulled - taken).toBeLessThanOrEqual(2 * window + 1);
        }
        const all = delays.map((_, i) => i);
        expect(ordered ? results : results.toSorted((a, b) => a - b)).toEqual(all);
      },
    ),
    { numRuns: 60 },
  );
});

test('stops to pull where nobody takes results', async () => {
  let pulled = 0;
  async function* items(): AsyncGenerator<number> {
    for (;;) yield ++pulled;
  }
  const results = mapWindowed(items(), ({ item }) => Promise.resolve(item), {
    concurrency: 2,
    window: 3,
    ordered: false,
  });
  expect((await results.next()).value).toBe(1);
  await settle();
  const held = pulled;
  expect(held).toBeLessThanOrEqual(8);
  await settle();
  expect(pulled).toBe(held);
  await results.return();
  await settle();
  expect(pulled).toBe(held);
});

test('whoever leaves calls off what runs, and the source hears of it', async () => {
  let returned = false;
  let aborted = 0;
  async function* items(): AsyncGenerator<number> {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      returned = true;
    }
  }
  const work = ({ item }: { item: number }, signal: AbortSignal): Promise<number> =>
    item === 0
      ? Promise.resolve(item)
      : new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            aborted += 1;
            resolve(item);
          }),
        );
  for await (const result of mapWindowed(items(), work, { concurrency: 3, window: 4, ordered: false })) {
    expect(result).toBe(0);
    await settle();
    break;
  }
  expect([returned, aborted]).toEqual([true, 3]);
});

test('a source that fails ends it behind what was pulled before; an abort at once, also of a source that never answers', async () => {
  function* failing(): Generator<number> {
    yield 1;
    yield 2;
    throw new Error('out of items');
  }
  const bounds = { concurrency: 1, window: 2, ordered: true };
  const got: number[] = [];
  const all = (async () => {
    for await (const item of mapWindowed(failing(), ({ item }) => Promise.resolve(item), bounds)) got.push(item);
  })();
  await expect(all).rejects.toThrow('out of items');
  expect(got).toEqual([1, 2]);

  const controller = new AbortController();
  const stuck = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
  const waiting = mapWindowed(stuck, () => Promise.resolve(0), { ...bounds, signal: controller.signal }).next();
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'FR_ABORTED' });
});
