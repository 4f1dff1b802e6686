// When the steps of a start were done, since the start: what origins and destinations mark, as it is told.
import type { Destination } from './destination.js';
import type { DestinationTimings, OriginTimings } from './events.js';
import type { OriginMarks } from './origin.js';

/**
 * Of a connection to an origin.
 * @param brought - what it brought, already counted from the start
 * @param start - of the relay, by the monotonic clock in milliseconds
 */
export function originTimings(marks: OriginMarks | undefined, brought: OriginTimings, start: number): OriginTimings {
  const { accepted, ...steps } = marks ?? {};
  return { ...since({ ...steps, play: accepted }, start), ...brought };
}

/** Of the last connection to a destination. */
export function destinationTimings({ marks, firstTag, firstPicture }: Destination, start: number): DestinationTimings {
  const { accepted, ...steps } = marks ?? {};
  return since({ ...steps, publish: accepted, firstTag, firstPicture }, start);
}

function since(marks: Readonly<Record<string, number | undefined>>, start: number): Record<string, number> {
  const known = Object.entries(marks).filter((mark): mark is [string, number] => mark[1] !== undefined);
  return Object.fromEntries(known.map(([name, at]) => [name, roundTime(at - start)]));
}

/** Milliseconds, to the microsecond. */
export function roundTime(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
