// What must hold at a destination whose relay went from one origin to another.
import { expect } from 'vitest';
import { expectMonotonic, offsets } from './compare.js';
import type { LiveOrigin } from './live-origin.js';
import type { Arrival, Sink } from './sink.js';
import { isKeyframe } from './stream.js';
import { crcOf, VIDEO } from './tags.js';

/** What arrived of one origin. */
export function arrivedOf(sink: Sink, origin: LiveOrigin): Arrival[] {
  const own = sums(origin);
  return sink.media().filter(({ crc }) => own.has(crc));
}

/** Waits until so many more tags of an origin have arrived. */
export async function plays(sink: Sink, origin: LiveOrigin, more = 40): Promise<void> {
  const own = sums(origin);
  const fits = ({ crc }: Arrival): boolean => own.has(crc);
  await sink.arrivals.count(sink.arrivals.items.filter(fits).length + more, fits, 'tags of the origin');
}

/** Milliseconds between two tags of media at most, or of one type of them. */
export function longestGap(sink: Sink, type?: number): number {
  const times = sink
    .media()
    .filter((one) => type === undefined || one.type === type)
    .map(({ at }) => at);
  return Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? at)));
}

/** One connection, times that go on, one offset for both tracks of each origin, and a keyframe wherever one begins. */
export function expectWhole(sink: Sink, ...origins: readonly LiveOrigin[]): void {
  expect(sink.connections).toHaveLength(1);
  expectMonotonic(sink.media());
  for (const origin of origins) {
    for (const turn of turnsOf(sink, origin)) {
      const apart = offsets(turn, origin.tags);
      expect(Math.max(...apart) - Math.min(...apart), 'one offset for both tracks').toBeLessThanOrEqual(1);
      const first = turn.find(({ type }) => type === VIDEO);
      if (first !== undefined) expect(first).toSatisfy(isKeyframe);
    }
  }
}

/** What arrived of an origin each time that it fed the relay. */
function turnsOf(sink: Sink, origin: LiveOrigin): Arrival[][] {
  const own = sums(origin);
  const turns: Arrival[][] = [];
  let running = false;
  for (const one of sink.media()) {
    const mine = own.has(one.crc);
    if (mine && !running) turns.push([]);
    if (mine) turns.at(-1)?.push(one);
    running = mine;
  }
  return turns;
}

const known = new WeakMap<LiveOrigin, ReadonlySet<number>>();

function sums(origin: LiveOrigin): ReadonlySet<number> {
  const before = known.get(origin);
  if (before !== undefined) return before;
  const made = new Set(origin.tags.map(({ payload }) => crcOf(payload)));
  known.set(origin, made);
  return made;
}
