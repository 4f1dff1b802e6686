// The options of frames() and framesAt(): what they mean when left out, and the sentence that refuses a wrong one.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { BatchPacer } from '#dist/workers/index.js';
import { checkFrames, checkFramesAt, type FramesAtOptions, type FramesOptions } from '#dist/frames/options.js';
import { failure } from '../support/failure.js';

/** Options as JavaScript may pass them. */
function loose<T>(options: Readonly<Record<string, unknown>>): T {
  return options as T;
}

test('without options every frame comes as it is shown, in rgb24', () => {
  expect(checkFrames({})).toEqual({
    params: {
      selection: { kind: 'all' },
      precision: 'exact',
      from: 0,
      to: null,
      count: null,
      format: 'rgb24',
      size: null,
      packed: false,
      upright: true,
      stream: null,
      threads: 0,
      gather: null,
      maxDelay: null,
    },
    batches: { mode: 'fixed', size: 10, delay: 16, slots: 8, inFlight: 2 },
  });
});

test('options that are undefined count as left out', () => {
  const options: FramesOptions = {
    format: undefined,
    size: undefined,
    every: undefined,
    slots: undefined,
    to: undefined,
  };
  expect(checkFrames(options)).toEqual(checkFrames({}));
});

test('every option reaches the job, which is told nothing but plain data', () => {
  const checked = checkFrames({
    format: 'gray8',
    size: [320, 180],
    upright: false,
    stream: 2,
    threads: 1,
    from: 1.5,
    to: 3,
    keyframes: true,
    count: 7,
    packed: true,
    batchSize: 2,
    batchDelay: 0,
    slots: 16,
  });
  expect(checked.params).toEqual({
    selection: { kind: 'keyframes' },
    precision: 'exact',
    from: 1.5,
    to: 3,
    count: 7,
    format: 'gray',
    size: { width: 320, height: 180 },
    packed: true,
    upright: false,
    stream: 2,
    threads: 1,
    gather: null,
    maxDelay: null,
  });
  expect(checked.batches).toEqual({ mode: 'fixed', size: 2, delay: 0, slots: 16, inFlight: 2 });
  expect(structuredClone(checked.params)).toEqual(checked.params);
});

test('a native frame has no format of its own', () => {
  expect(checkFrames({ format: 'native' }).params.format).toBeNull();
});

test('a batch never takes more than half of the slots', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 256 }), fc.integer({ min: 1, max: 256 }), (slots, batchSize) => {
      const { first: batch } = new BatchPacer(checkFrames({ slots, batchSize }).batches, undefined, 'test');
      expect(batch.size).toBe(Math.min(batchSize, Math.floor(slots / 2)));
      expect(batch.size).toBeGreaterThan(0);
    }),
  );
});

test('steps are seconds or text', () => {
  for (const every of [0.5, '500ms', '0.5', '.5s'])
    expect(checkFrames({ every }).params.selection).toEqual({ kind: 'every', seconds: 0.5 });
});

test('times are sorted for the decoder, and each remembers its place in the caller’s list', () => {
  const times = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(times, (given) => {
      const { selection } = checkFrames({ at: given }).params;
      expect(checkFramesAt(given, {}).params.selection).toEqual(selection);
      if (selection.kind !== 'times') throw new Error(`times became ${selection.kind}`);
      expect(selection.times).toEqual(given.toSorted((a, b) => a - b));
      expect(selection.places.map((place) => given[place])).toEqual(selection.times);
      expect(selection.places.toSorted((a, b) => a - b)).toEqual(given.map((_, place) => place));
    }),
  );
});

test('equal times keep the order of the caller', () => {
  expect(checkFrames({ at: [2, 1, 2, 1] }).params.selection).toEqual({
    kind: 'times',
    times: [1, 1, 2, 2],
    places: [1, 3, 0, 2],
  });
});

test.each<[string, Record<string, unknown>]>([
  ['format', { format: 'rgb' }],
  ['size', { format: 'native', size: [2, 2] }],
  ['size[0]', { size: [0, 360] }],
  ['size[1]', { size: [640, 16_385] }],
  ['size', { size: [640] }],
  ['size', { size: 640 }],
  ['size', { size: { width: 640, height: 360 } }],
  ['size', { size: [640, 360, 3] }],
  ['size[0]', { size: ['640', 360] }],
  ['size', { size: 640 }],
  ['size', { size: { width: 640, height: 360 } }],
  ['stream', { stream: -1 }],
  ['threads', { threads: 65 }],
  ['from', { from: -1 }],
  ['from', { from: '1' }],
  ['to', { to: Number.NaN }],
  ['to', { from: 2, to: 2 }],
  ['to', { to: 0 }],
  ['every', { every: 0 }],
  ['every', { every: 'often' }],
  ['every', { every: '0ms' }],
  ['every', { every: null }],
  ['at', { at: [] }],
  ['at', { at: 5 }],
  ['at', { at: [1], from: 0 }],
  ['at', { at: [1], to: 5 }],
  ['at[1]', { at: [1, -1] }],
  ['at[0]', { at: [undefined] }],
  ['every` and `at', { every: 1, at: [1] }],
  ['every` and `keyframes', { every: 1, keyframes: true }],
  ['at` and `keyframes', { at: [1], keyframes: true }],
  ['keyframes', { keyframes: 'yes' }],
  ['upright', { upright: 'no' }],
  ['packed', { packed: 'no' }],
  ['count', { count: 0 }],
  ['count', { count: 1.5 }],
  ['batchSize', { batchSize: 257 }],
  ['batchDelay', { batchDelay: -1 }],
  ['slots', { slots: 1 }],
])('a wrong %s is refused: %o', async (name, options) => {
  const error = await failure(() => checkFrames(loose<FramesOptions>(options)));
  expect(error.code).toBe('FR_ARG_INVALID');
  expect(error.message).toMatch(/^Expected .+ for `.+` but received .+\.$/);
  expect(error.message).toContain(`for \`${name}\` but received`);
});

test('frames of chosen times lie packed in one slot, in the order that is asked for', () => {
  const checked = checkFramesAt([3, 1], { size: [224, 224] });
  expect(checked).toMatchObject({
    params: {
      selection: { kind: 'times', times: [1, 3], places: [1, 0] },
      packed: true,
      gather: 'nhwc',
      count: null,
      format: 'rgb24',
      size: { width: 224, height: 224 },
    },
  });
  expect(checkFramesAt([1], { layout: 'nchw' }).params.gather).toBe('nchw');
});

test.each<[string, unknown, Record<string, unknown>]>([
  ['times', [], {}],
  ['times', undefined, {}],
  ['times', new Set([1]), {}],
  ['times[1]', [0, '1'], {}],
  ['layout', [1], { layout: 'nwhc' }],
  ['format', [1], { layout: 'nchw', format: 'rgba' }],
  ['size[0]', [1], { size: [-1, 2] }],
])('a wrong %s is refused by framesAt()', async (name, times, options) => {
  const error = await failure(() => checkFramesAt(times as number[], loose<FramesAtOptions>(options)));
  expect(error.message).toContain(`for \`${name}\` but received`);
});

test("a preset takes the place of the defaults, and one's own values go first", () => {
  const preset = { slots: 60, batchSize: 30, batchDelay: 50, batchMode: 'fixed' } as const;
  expect(checkFrames({}, preset).batches).toMatchObject({ slots: 60, size: 30, delay: 50 });
  expect(checkFrames({ batchSize: 7, batchDelay: 1 }, preset).batches).toMatchObject({ slots: 60, size: 7, delay: 1 });
  expect(checkFrames({ slots: 8 }, preset).batches).toMatchObject({ slots: 8, size: 30, delay: 50 });
  // The call's own preset goes before that of its engine.
  expect(checkFrames({ preset: 'realtime' }, preset).batches).toMatchObject({ slots: 10, size: 5, delay: 8 });
});

test('a name that no option has is refused with the one that was meant', async () => {
  const error = await failure(() => checkFrames(loose<FramesOptions>({ formt: 'rgb24' })));
  expect(error.code).toBe('FR_ARG_INVALID');
  expect(error.message).toContain('format');
});
