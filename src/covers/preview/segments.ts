// Which seconds of a video a preview shows, and at which times its frames are taken. Arithmetic alone.
import { beyondEnd } from '../choice/beyond-end.js';
import type { PlannedPlace, PreviewParams } from './preview-params.js';
import type { PreviewSegment } from './preview.js';

/** What is known of a video. */
export interface KnownVideo {
  readonly name: string;
  /** Seconds; undefined where nobody knows: then only its beginning and times by themselves can be found. */
  readonly duration: number | undefined;
}

/** The segments in order of time; throws FR_TIME_BEYOND_END for a start behind the end. */
export function planSegments(place: PlannedPlace, seconds: number, { name, duration }: KnownVideo): PreviewSegment[] {
  if (place.kind === 'seconds' && duration !== undefined && place.seconds > duration)
    throw beyondEnd(name, place.seconds, duration);
  const length = Math.min(seconds, duration ?? seconds);
  if (place.kind === 'spread') return spread(place.segments, length, duration ?? length);
  const wanted = place.kind === 'seconds' ? place.seconds : place.fraction * (duration ?? 0);
  // What would reach beyond the end begins earlier.
  const start = Math.max(0, Math.min(wanted, (duration ?? Number.POSITIVE_INFINITY) - length));
  return [{ start, end: start + length }];
}

function spread(count: number, length: number, duration: number): PreviewSegment[] {
  const each = length / count;
  return Array.from({ length: count }, (_, i) => {
    const middle = ((i + 0.5) / count) * duration;
    return { start: middle - each / 2, end: middle + each / 2 };
  });
}

/** The part of a segment that comes before the frame it was chosen for: what is seen first leads to it. */
const LEAD = 1 / 3;

/**
 * Segments around moments, in order of time: the first moments that leave room for each other, as many as are wanted. Each
 * lasts an equal part of the seconds.
 * @param moments - seconds from the start of the video, the best first
 */
export function segmentsAround<Moment extends { readonly pts: number }>(
  moments: readonly Moment[],
  { segments, seconds }: { readonly segments: number; readonly seconds: number },
  { duration }: KnownVideo,
): (PreviewSegment & { readonly moment: Moment })[] {
  const length = Math.min(seconds, duration ?? seconds);
  // Fewer segments are longer, and leave less room: the most for which there is room are taken.
  for (let count = Math.min(segments, moments.length); count > 1; count--) {
    const taken = roomFor(moments, { count, each: length / count }, duration);
    if (taken.length === count) return taken;
  }
  return roomFor(moments, { count: 1, each: length }, duration);
}

function roomFor<Moment extends { readonly pts: number }>(
  moments: readonly Moment[],
  { count, each }: { readonly count: number; readonly each: number },
  duration = Number.POSITIVE_INFINITY,
): (PreviewSegment & { readonly moment: Moment })[] {
  const taken: (PreviewSegment & { readonly moment: Moment })[] = [];
  for (const moment of moments) {
    const start = Math.max(0, Math.min(moment.pts - LEAD * each, duration - each));
    const end = start + each;
    if (taken.length < count && taken.every((other) => end <= other.start || start >= other.end))
      taken.push({ start, end, moment });
  }
  return taken.sort((a, b) => a.start - b.start);
}

/** The time of each frame, in order: as many in all as the rate gives for all segments together, one at least. */
export function frameTimes(segments: readonly PreviewSegment[], frameRate: number): number[] {
  let done = 0;
  let shown = 0;
  return segments.flatMap(({ start, end }) => {
    shown += end - start;
    const count = Math.max(Math.round(shown * frameRate) - done, done === 0 ? 1 : 0);
    done += count;
    return Array.from({ length: count }, (_, i) => start + i / frameRate);
  });
}

/** A video of fewer frames a second mostly has many at times, and none at others. */
const STEADY_RATE = 20;

/** Frames per second where nobody says: what animated images are bearable at, and for a video its own, from 20 to 30. */
export function usualRate(format: PreviewParams['format'], own: number | undefined): number {
  if (format !== 'mp4') return 10;
  return own === undefined || own < STEADY_RATE ? 25 : Math.min(30, own);
}
