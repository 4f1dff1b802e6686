// Sixty days of a stream, its time gone through quickly: wraps, jumps and restarts leave sound and picture where they were.
import { expect, test } from 'vitest';
import { RelayClock, type TrackKind } from '#dist/relay/clock.js';

const DAY = 86_400_000;
const DAYS = 60;
/** Milliseconds from one tag of a track to the next: as far apart as they may be without being a jump. */
const STEP = 2000;
/** Sound is this much later than its picture. */
const OFFSET = 23;

interface Pass {
  readonly clock: RelayClock;
  /** The largest change of the distance of sound and picture, in milliseconds. */
  readonly moved: number;
  readonly wentBack: number;
}

/** Sends both tracks with the timestamps that an origin of a kind would give them. */
function pass(
  timestamp: (at: number) => number,
  before: (at: number, clock: RelayClock) => void = () => undefined,
): Pass {
  const clock = new RelayClock();
  let moved = 0;
  let wentBack = 0;
  let first: number | undefined;
  const last: Record<TrackKind, number> = { audio: -1, video: -1 };
  const give = (kind: TrackKind, at: number): number => {
    const time = clock.time(kind, timestamp(at));
    if (time < last[kind]) wentBack += 1;
    last[kind] = time;
    return time;
  };
  for (let at = 0; at < DAYS * DAY; at += STEP) {
    before(at, clock);
    const picture = give('video', at);
    const distance = give('audio', at + OFFSET) - picture;
    first ??= distance;
    moved = Math.max(moved, Math.abs(distance - first));
  }
  return { clock, moved, wentBack };
}

const wrapped = (bits: number) => (at: number) => (at + 1000) % 2 ** bits;

test.each([
  ['32 bits of milliseconds, as RTMP and FLV have them', wrapped(32), 0],
  ['24 bits of them, as some servers write', wrapped(24), 0],
])('wraps of %s are not seen', (_, timestamp) => {
  const { clock, moved, wentBack } = pass(timestamp);
  expect(moved).toBeLessThanOrEqual(1);
  expect(wentBack).toBe(0);
  expect(clock.jumps).toBe(0);
  expect(clock.latest).toBe(DAYS * DAY - STEP + OFFSET);
});

test('an encoder that is restarted each day, its clock beginning anew, keeps sound and picture together', () => {
  const { clock, moved, wentBack } = pass(
    (at) => (at % DAY) + 500,
    (at, running) => {
      if (at > 0 && at % DAY === 0) running.restart(3000);
    },
  );
  expect(moved).toBeLessThanOrEqual(1);
  expect(wentBack).toBe(0);
  expect(clock.shift).toBe(0);
  // A day's restart costs a second more than a step: what really passed.
  expect(clock.latest).toBeGreaterThanOrEqual(DAYS * DAY - STEP);
});

test('a clock that is set back by an hour each week moves nothing but the whole', () => {
  const week = 7 * DAY;
  const { clock, moved, wentBack } = pass((at) => (at + 10 * 3_600_000 - Math.floor(at / week) * 3_600_000) % 2 ** 32);
  expect(moved).toBeLessThanOrEqual(1);
  expect(wentBack).toBe(0);
  expect(clock.jumps).toBe(Math.floor((DAYS * DAY - 1) / week));
  expect(clock.shift).toBe(0);
});
