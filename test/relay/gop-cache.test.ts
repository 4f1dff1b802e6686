// What those who join later get: headers, and everything since the last keyframe, within a budget.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KIND, TAG } from '#dist/relay/flv/tag.js';
import { GopCache } from '#dist/relay/gop-cache.js';

const KEY = KIND.media | KIND.key;
const video = (cache: GopCache, time: number, key: boolean, size = 100): void => {
  cache.media({ type: TAG.video, kind: key ? KEY : KIND.media, time, timestamp: time }, Buffer.alloc(size, time));
};
const audio = (cache: GopCache, time: number, size = 10): void => {
  cache.media({ type: TAG.audio, kind: KEY, time, timestamp: time }, Buffer.alloc(size, time));
};
const times = (cache: GopCache): number[] => cache.tags.map(({ time }) => time);

test('everything since the last keyframe is kept, in its order', () => {
  const cache = new GopCache(1e6);
  video(cache, 0, true);
  audio(cache, 10);
  video(cache, 40, false);
  expect(times(cache)).toEqual([0, 10, 40]);
  expect(cache.bytes).toBe(210);
  video(cache, 80, true);
  audio(cache, 90);
  expect(times(cache)).toEqual([80, 90]);
});

test('pictures without their keyframe are not kept', () => {
  const cache = new GopCache(1e6);
  video(cache, 0, false);
  audio(cache, 5);
  video(cache, 40, false);
  expect(times(cache)).toEqual([]);
  video(cache, 80, true);
  expect(times(cache)).toEqual([80]);
});

test('where sound came first and pictures join without a keyframe, nothing begins with them', () => {
  const cache = new GopCache(1e6);
  for (let time = 0; time < 400; time += 20) audio(cache, time);
  video(cache, 400, false);
  audio(cache, 410);
  expect(times(cache)).toEqual([]);
  video(cache, 440, true);
  audio(cache, 450);
  expect(times(cache)).toEqual([440, 450]);
});

test('of sound alone, the last half second is kept', () => {
  const cache = new GopCache(1e6);
  for (let time = 0; time <= 10_000; time += 20) audio(cache, time);
  expect(times(cache)[0]).toBe(9500);
  expect(times(cache).at(-1)).toBe(10_000);
  expect(cache.bytes).toBe(cache.tags.length * 10);
});

test('a group that is too large is left out until the next keyframe', () => {
  const cache = new GopCache(5000);
  video(cache, 0, true, 2000);
  video(cache, 40, false, 2000);
  expect(times(cache)).toEqual([0, 40]);
  video(cache, 80, false, 2000);
  expect(times(cache)).toEqual([]);
  expect(cache.bytes).toBe(0);
  expect(cache.overflows).toBe(1);
  video(cache, 120, false, 10);
  expect(times(cache)).toEqual([]);
  video(cache, 160, true, 10);
  expect(times(cache)).toEqual([160]);
  expect(cache.overflows).toBe(1);
});

test('with no budget nothing is kept, and nothing counts as too much', () => {
  const cache = new GopCache(0);
  for (let time = 0; time < 400; time += 40) video(cache, time, time % 200 === 0);
  audio(cache, 400);
  expect(cache.tags).toEqual([]);
  expect(cache.overflows).toBe(0);
});

test('tiny tags count for more than their payload: their number is bounded, too', () => {
  const cache = new GopCache(1e6);
  video(cache, 0, true, 1);
  let most = 0;
  for (let time = 1; time < 50_000; time += 1) {
    audio(cache, time, 1);
    most = Math.max(most, cache.tags.length);
  }
  expect(most).toBeGreaterThan(1000);
  expect(most).toBeLessThan(20_000);
});

test('a header that is new is told from one that is repeated', () => {
  const cache = new GopCache(1e6);
  const payload = Buffer.from([0x17, 0, 0, 0, 0, 1]);
  expect(cache.setup(TAG.video, KIND.header, payload)?.payload).toEqual(payload);
  payload[5] = 2;
  // It was copied: its owner may use it again.
  expect(cache.setups.map(({ payload: kept }) => kept[5])).toEqual([1]);
  expect(cache.setup(TAG.video, KIND.header, payload)).toBeDefined();
  expect(cache.setup(TAG.video, KIND.header, payload)).toBeUndefined();
  expect(cache.setup(TAG.audio, KIND.header, payload)).toBeDefined();
  expect(cache.setups.map(({ type }) => type)).toEqual([TAG.video, TAG.audio]);
});

test('that AAC has no SBR may be said, or not: the header is the same', () => {
  const header = (hex: string): Buffer => Buffer.from(`af00${hex}`, 'hex');
  const differs = (one: string, other: string): boolean => {
    const cache = new GopCache(1e6);
    cache.setup(TAG.audio, KIND.header, header(one));
    return cache.setup(TAG.audio, KIND.header, header(other)) !== undefined;
  };
  for (const [one, other] of [
    ['1188', '118856e500'],
    ['118856e500', '1188'],
    // The length of its frames is written otherwise, and so is what it is.
    ['118c56e500', '118c56e500'],
  ] as const)
    expect(differs(one, other), `${one} ${other}`).toBe(false);
  for (const [one, other] of [
    ['1188', '1190'],
    ['1188', '1210'],
    ['1190', '118856e500'],
    ['118c', '1188'],
    // It has SBR, at twice the rate.
    ['1188', '118856e580'],
    ['118856e500', '118856e598'],
    // Something else is noted.
    ['1188', '118856eb00'],
    ['1188', '118800'],
    // HE-AAC that says so in front, and nothing at all.
    ['1188', '2b118800'],
    ['1188', ''],
  ] as const)
    expect(differs(one, other), `${one} ${other}`).toBe(true);
});

test('each track has a header of its own, and what is said about pictures lies beside it', () => {
  const cache = new GopCache(1e6);
  const header = (track: number, last: number): Buffer =>
    Buffer.concat([Buffer.from([0x96, 0x00]), Buffer.from('hvc1'), Buffer.from([track, 1, last])]);
  const colours = Buffer.concat([Buffer.from([0x94]), Buffer.from('hvc1'), Buffer.from([9])]);
  expect(cache.setup(TAG.video, KIND.header, header(0, 1))).toBeDefined();
  expect(cache.setup(TAG.video, KIND.header, header(1, 1))).toBeDefined();
  expect(cache.setup(TAG.video, KIND.header, header(0, 1))).toBeUndefined();
  video(cache, 0, true);
  expect(cache.setup(TAG.video, KIND.about, colours)).toBeDefined();
  expect(times(cache)).toEqual([0]);
  expect(cache.setups).toHaveLength(3);
  for (let track = 0; track < 256; track++) cache.setup(TAG.video, KIND.header, header(track, 2));
  expect(cache.setups.length).toBeLessThan(64);
});

test('with a new header of the video, pictures of the old one are of no use; one of the sound leaves them', () => {
  const cache = new GopCache(1e6);
  cache.setup(TAG.video, KIND.header, Buffer.from([1]));
  video(cache, 0, true);
  cache.setup(TAG.audio, KIND.header, Buffer.from([1]));
  cache.setup(TAG.video, KIND.header, Buffer.from([1]));
  expect(times(cache)).toEqual([0]);
  cache.setup(TAG.video, KIND.header, Buffer.from([2]));
  expect(times(cache)).toEqual([]);
  video(cache, 40, false);
  expect(times(cache)).toEqual([]);
});

test('payloads are copied, and found again by all that makes them the same', () => {
  const cache = new GopCache(1e6);
  const payload = Buffer.from([1, 2, 3]);
  cache.media({ type: TAG.video, kind: KEY, time: 500, timestamp: 7 }, payload);
  payload.fill(9);
  expect(cache.has(TAG.video, 7, Buffer.from([1, 2, 3]))).toBe(true);
  expect(cache.has(TAG.video, 8, Buffer.from([1, 2, 3]))).toBe(false);
  expect(cache.has(TAG.audio, 7, Buffer.from([1, 2, 3]))).toBe(false);
  expect(cache.has(TAG.video, 7, payload)).toBe(false);
});

test('whatever comes, the budget is kept, and pictures begin with a keyframe', () => {
  const tag = fc.record({ isVideo: fc.boolean(), key: fc.boolean(), size: fc.nat(900), header: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(tag, { maxLength: 200 }), fc.integer({ min: 0, max: 6000 }), (list, limit) => {
      const cache = new GopCache(limit);
      for (const [i, { isVideo, key, size, header }] of list.entries()) {
        if (header === 0) cache.setup(TAG.video, KIND.header, Buffer.from([i]));
        if (isVideo) video(cache, i, key, size);
        else audio(cache, i, size);
        const { tags } = cache;
        expect(cache.bytes).toBeLessThanOrEqual(limit);
        const first = tags.find(({ type }) => type === TAG.video);
        if (first !== undefined) expect(first.kind & KIND.key).toBe(KIND.key);
        if (first !== undefined) expect(tags[0]).toBe(first);
        if (tags.length > 0) expect(tags.reduce((sum, { payload }) => sum + payload.byteLength, 0)).toBe(cache.bytes);
      }
    }),
  );
});
