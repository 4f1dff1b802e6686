// Finds keyframes all over a range by seeking: as many different ones as are wanted, where the video has them.
import { lastKeyframe, type Breathe, type MediaInputHandle, type PacketFacts } from '../../../../av/index.js';
import { spread, type SearchRange } from './search-range.js';

/** A keyframe and until when no other one is known to follow it. */
interface Known {
  readonly time: number;
  reach: number;
}

/** How much before a keyframe the one before it is looked for: less than any frame lasts. Seconds. */
const BEFORE = 0.001;

/**
 * Different keyframes, each the packet last read until the next one is asked for. First those for even places in the range
 * come, its ends before its middle, so that a long group of pictures is soon known; where places share a keyframe, others
 * are looked for in the widest gaps.
 */
export async function* spreadKeyframes(
  input: MediaInputHandle,
  range: SearchRange,
  wanted: number,
  breathe: Breathe,
): AsyncGenerator<PacketFacts> {
  const known: Known[] = [];
  const look = async (place: number): Promise<PacketFacts | undefined> => {
    const facts = await lastKeyframe(input, place, breathe);
    const time = facts === undefined ? undefined : timeOf(input, facts);
    if (facts === undefined || time === undefined) return undefined;
    const same = known.find((one) => one.time === time);
    if (same !== undefined) {
      same.reach = Math.max(same.reach, place);
      return undefined;
    }
    known.push({ time, reach: Math.max(time, place) });
    known.sort((a, b) => a.time - b.time);
    return facts;
  };
  const places = spread(wanted, range.from, range.to);
  for (const index of endsFirst(places.length)) {
    const place = places[index] ?? 0;
    if (known.some(({ time, reach }) => time <= place && place <= reach)) continue;
    const facts = await look(place);
    if (facts !== undefined) yield facts;
  }
  for (let tries = 0; tries < wanted && known.length < wanted; tries++) {
    const gap = widestGap(known, range);
    if (gap === undefined) return;
    const facts = await look(gap);
    if (facts !== undefined) yield facts;
  }
}

/** The time of a keyframe; some containers only tell when it is decoded. */
function timeOf(input: MediaInputHandle, { time, decodeTimestamp }: PacketFacts): number | undefined {
  return time ?? (decodeTimestamp === undefined ? undefined : input.toSeconds(decodeTimestamp));
}

/** Where to look for an unknown keyframe: at the end of the widest stretch that may hold one. */
function widestGap(known: readonly Known[], { from, to }: SearchRange): number | undefined {
  const ends = [...known.map(({ time }) => time - BEFORE), to];
  const starts = [from, ...known.map(({ reach }) => reach)];
  let best: { readonly place: number; readonly length: number } | undefined;
  for (const [index, end] of ends.entries()) {
    const length = end - Math.max(from, starts[index] ?? from);
    if (length > BEFORE && length > (best?.length ?? 0)) best = { place: end, length };
  }
  return best?.place;
}

/** The first and the last, then the middle of every stretch between two, the widest stretches first. */
function endsFirst(count: number): number[] {
  const order = count > 1 ? [0, count - 1] : [0];
  const stretches: [number, number][] = [[0, count - 1]];
  for (const [first, last] of stretches) {
    if (last - first < 2) continue;
    const middle = Math.floor((first + last) / 2);
    order.push(middle);
    stretches.push([first, middle], [middle, last]);
  }
  return order;
}
