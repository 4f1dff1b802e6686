// The pace of segments, by a clock that the test turns.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Pacer } from '#dist/relay/hls/pacer.js';
import { AUDIO, audioHeader, picture, sound, VIDEO, videoHeader, type Tag } from '../../support/relay/tags.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Given {
  readonly type: number;
  readonly timestamp: number;
  /** Milliseconds since the pacer was made. */
  readonly at: number;
}

function paced(): { pacer: Pacer; given: Given[]; turns: () => number } {
  const given: Given[] = [];
  let turns = 0;
  const begun = process.hrtime.bigint();
  const pacer = new Pacer({
    onTag: (type, timestamp) => given.push({ type, timestamp, at: Number(process.hrtime.bigint() - begun) / 1e6 }),
    onTurn: () => (turns += 1),
  });
  return { pacer, given, turns: () => turns };
}

const put = (queue: ReturnType<Pacer['queue']>, ...tags: Tag[]): void => {
  for (const { type, timestamp, payload } of tags) queue.push(type, timestamp, payload);
};
const pictures = (from: number, count: number): Tag[] =>
  Array.from({ length: count }, (_, i) => picture(from + 40 * i, i));
const times = (given: readonly Given[]): number[][] => given.map(({ timestamp, at }) => [timestamp, Math.round(at)]);

describe('tags of a segment', () => {
  test('are let go one after the other: the first one at once, the others at their distance from it', () => {
    const { pacer, given, turns } = paced();
    put(pacer.queue(1e6), ...pictures(5000, 10));
    vi.advanceTimersByTime(0);
    expect(times(given)).toEqual([[5000, 0]]);
    vi.advanceTimersByTime(399);
    expect(given).toHaveLength(10);
    for (const [timestamp = 0, at = 0] of times(given)) expect(at - (timestamp - 5000)).toBeLessThanOrEqual(11);
    expect(turns()).toBe(10);
    pacer.close();
  });

  test('of sound and pictures go in the order of their times, whatever the order in which they lie', () => {
    const { pacer, given } = paced();
    const queue = pacer.queue(1e6);
    put(queue, ...pictures(0, 5), sound(20, 1), sound(60, 2), sound(100, 3));
    vi.advanceTimersByTime(200);
    expect(given.map(({ timestamp }) => timestamp)).toEqual([0, 20, 40, 60, 80, 100, 120, 160]);
    pacer.close();
  });

  test('begin with the first picture: sound that lies ahead of it goes with it', () => {
    const { pacer, given } = paced();
    put(pacer.queue(1e6), sound(5000, 1), sound(5023, 2), sound(5046, 3), ...pictures(5040, 3));
    vi.advanceTimersByTime(0);
    expect(times(given)).toEqual([5000, 5023, 5040].map((time) => [time, 0]));
    vi.advanceTimersByTime(100);
    for (const [timestamp = 0, at = 0] of times(given).slice(3))
      expect(at - (timestamp - 5040)).toBeLessThanOrEqual(11);
    expect(given).toHaveLength(6);
    pacer.close();
  });

  test('of a stream whose pictures come much later than its sound are not hurried', () => {
    const { pacer, given } = paced();
    put(pacer.queue(1e6), sound(0, 1), ...pictures(1000, 2));
    vi.advanceTimersByTime(990);
    expect(times(given)).toEqual([[0, 0]]);
    vi.advanceTimersByTime(60);
    expect(given).toHaveLength(3);
    pacer.close();
  });

  test('that come late move all that follow, so that nothing comes in a burst', () => {
    const { pacer, given } = paced();
    const queue = pacer.queue(1e6);
    put(queue, ...pictures(0, 5));
    vi.advanceTimersByTime(1000);
    put(queue, ...pictures(200, 5));
    vi.advanceTimersByTime(1000);
    const late = given.slice(5);
    expect(late[0]?.at).toBeGreaterThanOrEqual(1000);
    for (const { timestamp, at } of late) expect(Math.abs(at - 1000 - (timestamp - 200))).toBeLessThanOrEqual(11);
    pacer.close();
  });

  test('go a twentieth faster while something is made up for, and not a moment longer', () => {
    const { pacer, given } = paced();
    put(pacer.queue(1e7), ...pictures(0, 1000));
    vi.advanceTimersByTime(0);
    pacer.catchUp(500);
    vi.advanceTimersByTime(8000);
    expect(given.at(-1)!.timestamp - given.at(-1)!.at).toBeGreaterThan(340);
    expect(given.at(-1)!.timestamp - given.at(-1)!.at).toBeLessThan(410);
    vi.advanceTimersByTime(12_000);
    expect(given.at(-1)!.timestamp - given.at(-1)!.at).toBeGreaterThan(440);
    expect(given.at(-1)!.timestamp - given.at(-1)!.at).toBeLessThan(510);
    pacer.close();
  });

  test('behind a gap in everything are not waited for', () => {
    const { pacer, given } = paced();
    const queue = pacer.queue(1e6);
    put(queue, ...pictures(0, 2), ...pictures(3_600_000, 2));
    vi.advanceTimersByTime(200);
    expect(given.map(({ timestamp }) => timestamp)).toEqual([0, 40, 3_600_000, 3_600_040]);
    pacer.close();
  });

  test('behind a gap in one rendition are waited for as long as the other one may still have some', () => {
    const { pacer, given } = paced();
    const [one, other] = [pacer.queue(1e6), pacer.queue(1e6)];
    put(one, ...pictures(0, 2), ...pictures(60_000, 2));
    vi.advanceTimersByTime(1000);
    expect(given).toHaveLength(2);
    put(other, sound(1000, 1), sound(1020, 2));
    vi.advanceTimersByTime(500);
    expect(given.map(({ timestamp }) => timestamp)).toEqual([0, 40, 1000, 1020]);
    other.end();
    vi.advanceTimersByTime(60_000);
    expect(given).toHaveLength(6);
    pacer.close();
  });

  test('are the pacer’s own: who gave them may use their memory again', () => {
    const given: string[] = [];
    const pacer = new Pacer({ onTag: (_, __, payload) => given.push(payload.toString()), onTurn: () => undefined });
    const queue = pacer.queue(1e6);
    const bytes = Buffer.from('/kept');
    queue.push(AUDIO, 0, bytes);
    bytes.fill(0);
    vi.advanceTimersByTime(0);
    expect(given).toEqual(['/kept']);
    pacer.close();
  });
});

describe('what decoders must be told', () => {
  test('goes ahead at the beginning, and is told in the same turn', () => {
    const { pacer, given, turns } = paced();
    put(pacer.queue(1e6), videoHeader(0), ...pictures(0, 20), audioHeader(300), sound(300, 1));
    vi.advanceTimersByTime(0);
    expect(times(given)).toEqual([
      [0, 0],
      [300, 0],
      [0, 0],
    ]);
    expect(turns()).toBe(1);
    pacer.close();
  });

  test('waits for its stream where that begins later, and keeps its place where it changes', () => {
    const { pacer, given } = paced();
    put(pacer.queue(1e6), videoHeader(0), ...pictures(0, 60), videoHeader(2400, { variant: 1 }), ...pictures(2400, 1));
    put(pacer.queue(1e6), audioHeader(2000), sound(2000, 1));
    vi.advanceTimersByTime(1990);
    expect(given.filter(({ type }) => type === AUDIO)).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(given.slice(-4).map(({ type, timestamp }) => [type, timestamp])).toEqual([
      [VIDEO, 2320],
      [VIDEO, 2360],
      [VIDEO, 2400],
      [VIDEO, 2400],
    ]);
    expect(given.filter(({ type }) => type === AUDIO).map(({ at }) => Math.round(at / 50))).toEqual([40, 40]);
    pacer.close();
  });
});

describe('a second rendition', () => {
  test('begins where the first one does: what lies ahead of it is left out', () => {
    const { pacer, given } = paced();
    const [one, other] = [pacer.queue(1e6), pacer.queue(1e6)];
    put(one, ...pictures(10_000, 10));
    put(other, audioHeader(6000), ...[6000, 8000, 9900, 10_020].map((at, i) => sound(at, i)));
    vi.advanceTimersByTime(500);
    expect(given.filter(({ type }) => type === AUDIO).map(({ timestamp }) => timestamp)).toEqual([6000, 9900, 10_020]);
    pacer.close();
  });
});

describe('room', () => {
  test('is given when enough was let go', async () => {
    const { pacer } = paced();
    const queue = pacer.queue(10_000);
    put(queue, ...pictures(0, 20));
    let room = false;
    void queue.room().then(() => (room = true));
    await vi.advanceTimersByTimeAsync(40);
    expect(room).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    expect(room).toBe(true);
    pacer.close();
  });

  test('is given by the length of what waits, too', async () => {
    const { pacer } = paced();
    const queue = pacer.queue(1e9);
    put(queue, ...pictures(0, 100));
    let room = 0;
    void queue.room(2000).then(() => (room = Math.round(Number(process.hrtime.bigint()) / 1e6)));
    const begun = Math.round(Number(process.hrtime.bigint()) / 1e6);
    await vi.advanceTimersByTimeAsync(4000);
    expect(room - begun).toBeGreaterThan(1900);
    expect(room - begun).toBeLessThan(2100);
    pacer.close();
  });

  test('and the end are given to whom waits when the pacer is closed, and nothing is let go any more', async () => {
    const { pacer, given } = paced();
    const queue = pacer.queue(100);
    put(queue, ...pictures(0, 20));
    await vi.advanceTimersByTimeAsync(50);
    const waiting = queue.room();
    pacer.close();
    await waiting;
    const { length } = given;
    put(queue, ...pictures(800, 5));
    await vi.advanceTimersByTimeAsync(2000);
    expect(given).toHaveLength(length);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('it is drained when all have ended and nothing waits', async () => {
  const { pacer, given } = paced();
  const [one, other] = [pacer.queue(1e6), pacer.queue(1e6)];
  put(one, ...pictures(0, 10));
  one.end();
  let drained = false;
  void pacer.drained().then(() => (drained = true));
  await vi.advanceTimersByTimeAsync(1000);
  expect([given.length, drained]).toEqual([10, false]);
  put(other, sound(900, 1));
  other.end();
  await vi.advanceTimersByTimeAsync(1000);
  expect([given.length, drained]).toEqual([11, true]);
  pacer.close();
});
