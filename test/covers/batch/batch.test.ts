// covers.batch(): items in, results out; what fails is a result, and whoever leaves calls off the rest.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createCovers, type CoverBatchItem, type CoverBatchResult } from '#dist/index.js';
import { failure } from '../../support/failure.js';
import { fixture } from '../../support/fixtures.js';

const SMALL = { sizes: [[32, 18]] } as const;

test('covers of paths and bytes, in order, each with its options; failures do not stop the others', async () => {
  await using covers = createCovers({ backend: 'inline' });
  const items: (CoverBatchItem & { readonly mine?: number })[] = [
    { input: fixture('plain.mp4'), mine: 7 },
    { input: fixture('text.mp4') },
    { input: readFileSync(fixture('plain.mp4')), id: 'bytes', options: { at: [1], format: 'png' } },
    { input: fixture('nowhere.mp4') },
    { input: fixture('plain.mp4'), options: { quality: 0 } },
    { input: fixture('sar.mp4'), options: { sizes: [[16, 9]] } },
  ];
  const results: CoverBatchResult<(typeof items)[number]>[] = [];
  for await (const result of covers.batch(items, { options: SMALL, ordered: true })) results.push(result);
  expect(results.map(({ index, item }) => item === items[index])).toEqual(items.map(() => true));
  expect(results.map((one) => (one.ok ? one.covers.images[0]!.format : one.error.code))).toEqual([
    ...['jpeg', 'FR_INPUT_INVALID', 'png', 'FR_INPUT_NOT_FOUND', 'FR_ARG_INVALID', 'jpeg'],
  ]);
  const [first, , third, , , last] = results;
  const alone = await covers.makeAll(fixture('plain.mp4'), SMALL);
  expect(first).toMatchObject({ ok: true, item: { mine: 7 }, covers: { images: [{ data: alone.images[0]!.data }] } });
  expect(third).toMatchObject({ ok: true, item: { id: 'bytes' }, covers: { shots: [{ pts: 1 }] } });
  expect(last).toMatchObject({ covers: { images: [{ width: 16, height: 9 }] } });
  expect(Math.min(...results.map(({ queueMs, runMs }) => Math.min(queueMs, runMs)))).toBeGreaterThanOrEqual(0);
});

test('an abort ends the iteration and what runs; the engine stays usable', async () => {
  await using covers = createCovers({ backend: 'inline' });
  const controller = new AbortController();
  let pulled = 0;
  function* endless(): Generator<CoverBatchItem> {
    for (;;) {
      pulled += 1;
      yield { input: fixture('plain.mp4') };
    }
  }
  const error = await failure(async () => {
    for await (const { ok } of covers.batch(endless(), { options: SMALL, signal: controller.signal })) {
      expect(ok).toBe(true);
      controller.abort();
    }
  });
  expect(error.code).toBe('FR_ABORTED');
  expect(pulled).toBeLessThanOrEqual(6);
  for await (const { ok } of covers.batch([{ input: fixture('plain.mp4') }], { options: SMALL })) expect(ok).toBe(true);
});

test('an item has a signal of its own', async () => {
  await using covers = createCovers({ backend: 'inline' });
  const items = [
    { input: fixture('plain.mp4'), options: { signal: AbortSignal.abort() } },
    { input: fixture('plain.mp4') },
  ];
  const ends: string[] = [];
  for await (const one of covers.batch(items, { options: SMALL, ordered: true }))
    ends.push(one.ok ? 'ok' : one.error.code);
  expect(ends).toEqual(['FR_ABORTED', 'ok']);
});

test.each<readonly [unknown, object, string]>([
  [[1], {}, 'ok'],
  [5, {}, 'items'],
  [[], { concurrency: 0 }, 'concurrency'],
  [[], { concurrency: 4, window: 3 }, 'window'],
  [[], { ordered: 'yes' }, 'ordered'],
  [[], { options: 1 }, 'options'],
])('%j with %j says what is wrong about %s', async (items, options, word) => {
  await using covers = createCovers({ backend: 'inline' });
  const run = (): AsyncGenerator<CoverBatchResult> => covers.batch(items as CoverBatchItem[], options);
  if (word !== 'ok') expect(run).toThrow(`\`${word}\``);
  // What is no item fails alone.
  else expect((await run().next()).value).toMatchObject({ ok: false, error: { code: 'FR_ARG_INVALID' } });
});
