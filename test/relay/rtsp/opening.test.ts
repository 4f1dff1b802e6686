// The first tags of a connection: the earliest goes first, and nothing waits longer than it must.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Opening } from '#dist/relay/rtsp/opening.js';
import { AUDIO, audioHeader, picture, sound, VIDEO, videoHeader, type Tag } from '../../support/relay/tags.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function opening(types: readonly number[]): {
  given: Tag[];
  turns: number[];
  all: Opening;
  push: (...tags: Tag[]) => void;
} {
  const given: Tag[] = [];
  const turns: number[] = [];
  const all = new Opening(
    types,
    (type, timestamp, payload) => given.push({ type, timestamp, payload }),
    () => turns.push(given.length),
  );
  const push = (...tags: Tag[]): void => {
    for (const { type, timestamp, payload } of tags) {
      // Whoever gives a tag reuses its memory.
      const borrowed = Buffer.from(payload);
      all.push(type, timestamp, borrowed);
      if (given.at(-1)?.payload !== borrowed) borrowed.fill(0);
    }
  };
  return { given, turns, all, push };
}

const order = (tags: readonly Tag[]): number[] => tags.map(({ timestamp }) => timestamp);

test('tags wait until both streams have come, and the earliest goes first, headers ahead of what they are for', () => {
  const { given, push, turns } = opening([VIDEO, AUDIO]);
  const tags = [audioHeader(100), sound(100, 1), sound(121, 2), videoHeader(0)];
  push(...tags);
  expect(given).toEqual([]);
  const first = picture(2 ** 32 - 20, 3, { key: true });
  push(first);
  expect(order(given)).toEqual([0, 2 ** 32 - 20, 100, 100, 121]);
  expect(given[1]?.payload).toEqual(first.payload);
  expect(given[2]?.payload).toEqual(audioHeader(100).payload);
  expect(given[3]?.payload).toEqual(sound(100, 1).payload);
  push(sound(90, 4));
  expect(order(given).at(-1)).toBe(90);
  expect(turns).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a stream that does not come is waited for a quarter of a second', async () => {
  const { given, push, turns } = opening([VIDEO, AUDIO]);
  push(sound(100, 1));
  await vi.advanceTimersByTimeAsync(240);
  expect(given).toEqual([]);
  await vi.advanceTimersByTimeAsync(20);
  expect(order(given)).toEqual([100]);
  expect(turns).toEqual([1]);
});

test('one stream alone waits for nobody, and no more waits than fits', () => {
  const alone = opening([VIDEO]);
  alone.push(picture(5, 1, { key: true }));
  expect(alone.given).toHaveLength(1);
  const { given, push } = opening([VIDEO, AUDIO]);
  for (let i = 0; i < 10; i++) push(picture(i, i, { bytes: 1024 * 1024 }));
  expect(given).toHaveLength(10);
});

test('what waits is forgotten when it ends', async () => {
  const { given, push, all } = opening([VIDEO, AUDIO]);
  push(sound(100, 1));
  all.close();
  await vi.advanceTimersByTimeAsync(1000);
  expect(given).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
