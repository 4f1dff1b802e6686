// When a relay begins: at once where all is known, and after a short wait where something may still come.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Readiness, type ReadyReason } from '#dist/relay/readiness.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const WAITS = { expected: 1000, unannounced: 300, keyframe: 2000 };
const NOTHING = { audio: undefined, video: undefined };

function listen(waits = WAITS): { readonly one: Readiness; readonly reasons: ReadyReason[] } {
  const reasons: ReadyReason[] = [];
  const one = new Readiness(waits, (reason) => reasons.push(reason));
  return { one, reasons };
}

/** Lets time pass; nothing may happen before its end, and the reason is there at its end. */
function expectAfter(wait: number, { one, reasons }: ReturnType<typeof listen>, reason: ReadyReason): void {
  vi.advanceTimersByTime(wait - 1);
  expect(reasons).toEqual([]);
  expect(one.reason).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(reasons).toEqual([reason]);
  expect(one.reason).toBe(reason);
  expect(vi.getTimerCount()).toBe(0);
}

function keyframe(one: Readiness): void {
  one.videoKnown();
  one.keyframe();
}

test('both streams and a keyframe: at once, and only once', () => {
  const { one, reasons } = listen();
  one.hint({ audio: true, video: true });
  one.audioKnown();
  one.videoKnown();
  expect(reasons).toEqual([]);
  one.keyframe();
  expect(reasons).toEqual(['both streams']);
  one.hint(NOTHING);
  one.keyframe();
  one.audioKnown();
  vi.advanceTimersByTime(10_000);
  expect(reasons).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('sound alone waits for an announced video, and shorter for one that nobody announced', () => {
  for (const [hints, wait] of [
    [{ audio: true, video: true }, 1000],
    [{ audio: true, video: false }, 300],
    [NOTHING, 300],
  ] as const) {
    const all = listen();
    all.one.hint(hints);
    all.one.audioKnown();
    expectAfter(wait, all, 'audio alone');
  }
});

test('video alone waits for announced sound, and shorter for sound that nobody announced', () => {
  for (const [hints, wait] of [
    [{ audio: true, video: true }, 1000],
    [{ audio: false, video: true }, 300],
    [NOTHING, 300],
  ] as const) {
    const all = listen();
    all.one.hint(hints);
    keyframe(all.one);
    expectAfter(wait, all, 'video alone');
  }
});

test('sound goes ahead where the keyframe of a known video does not come', () => {
  const all = listen();
  all.one.audioKnown();
  all.one.videoKnown();
  expectAfter(2000, all, 'audio ahead of a keyframe');
});

test('a keyframe that comes in time ends the wait for it', () => {
  const all = listen();
  all.one.audioKnown();
  all.one.videoKnown();
  vi.advanceTimersByTime(1999);
  all.one.keyframe();
  expect(all.reasons).toEqual(['both streams']);
  expect(vi.getTimerCount()).toBe(0);
});

test('a stream that comes while it is waited for ends the wait', () => {
  const late = listen();
  late.one.audioKnown();
  vi.advanceTimersByTime(299);
  keyframe(late.one);
  expect(late.reasons).toEqual(['both streams']);
  const other = listen();
  keyframe(other.one);
  vi.advanceTimersByTime(299);
  other.one.audioKnown();
  expect(other.reasons).toEqual(['both streams']);
});

test('nothing begins and nothing waits before anything can be decoded', () => {
  const { one, reasons } = listen();
  one.hint({ audio: true, video: true });
  expect(vi.getTimerCount()).toBe(0);
  // Pictures cannot be decoded before their keyframe, and there is nothing else.
  one.videoKnown();
  vi.advanceTimersByTime(60_000);
  expect(reasons).toEqual([]);
});

test('hints that lie cost the wait and no more', () => {
  const liar = listen();
  liar.one.hint({ audio: false, video: false });
  liar.one.audioKnown();
  keyframe(liar.one);
  expect(liar.reasons).toEqual(['both streams']);
});

test('what was said later and more clearly counts, and the wait for a stream began when it was first missed', () => {
  const all = listen();
  all.one.hint({ audio: false, video: true });
  all.one.audioKnown();
  vi.advanceTimersByTime(600);
  // Metadata without a word about video takes nothing back.
  all.one.hint(NOTHING);
  expectAfter(400, all, 'audio alone');
  const sooner = listen();
  sooner.one.hint({ audio: true, video: true });
  sooner.one.audioKnown();
  vi.advanceTimersByTime(200);
  sooner.one.hint({ audio: true, video: false });
  expectAfter(100, sooner, 'audio alone');
  const gone = listen();
  gone.one.hint({ audio: true, video: true });
  gone.one.audioKnown();
  vi.advanceTimersByTime(600);
  gone.one.hint({ audio: true, video: false });
  vi.advanceTimersByTime(1);
  expect(gone.reasons).toEqual(['audio alone']);
});

test('hints that change for ever cannot put the beginning off', () => {
  const { one, reasons } = listen();
  one.audioKnown();
  for (let i = 0; i < 20 && reasons.length === 0; i += 1) {
    one.hint({ audio: true, video: i % 2 === 0 });
    vi.advanceTimersByTime(100);
  }
  expect(reasons).toEqual(['audio alone']);
});

test('waits of nothing are over in the next turn', () => {
  const all = listen({ expected: 0, unannounced: 0, keyframe: 0 });
  all.one.audioKnown();
  expect(all.reasons).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(all.reasons).toEqual(['audio alone']);
});

test('stop() leaves no timer behind', () => {
  const { one, reasons } = listen();
  one.audioKnown();
  expect(vi.getTimerCount()).toBe(1);
  one.stop();
  expect(vi.getTimerCount()).toBe(0);
  one.hint({ audio: true, video: true });
  one.videoKnown();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(10_000);
  expect(reasons).toEqual([]);
});
