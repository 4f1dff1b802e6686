// Where a playlist is begun.
import type { MediaPlaylist, Segment } from './playlist.js';

/** Target durations from the end at which clients begin a live playlist (RFC 8216 section 6.3.3). */
const USUAL_DISTANCE = 3;

/**
 * The first segment that is played. A playlist that is complete begins at its first one; a live one as near to its end as
 * is safe, unless its author or its server says otherwise: with less in hand, one late segment would be a gap.
 */
export function firstSegment(playlist: MediaPlaylist): Segment | undefined {
  const { segments, ended, start, holdBack, targetDuration } = playlist;
  if (start !== undefined && start >= 0) return fromBeginning(segments, start);
  if (start !== undefined) return fromEnd(segments, -start);
  return ended ? segments[0] : fromEnd(segments, holdBack ?? USUAL_DISTANCE * targetDuration);
}

/** Seconds of a playlist from a media sequence number on. */
export function secondsFrom({ segments }: MediaPlaylist, sequence: number): number {
  let sum = 0;
  for (let i = segments.length - 1; i >= 0; i--) {
    const segment = segments[i];
    if (segment === undefined || segment.sequence < sequence) break;
    sum += segment.duration;
  }
  return sum;
}

function fromBeginning(segments: readonly Segment[], seconds: number): Segment | undefined {
  let at = 0;
  for (const segment of segments) {
    at += segment.duration;
    if (at > seconds) return segment;
  }
  return segments.at(-1);
}

function fromEnd(segments: readonly Segment[], seconds: number): Segment | undefined {
  let left = 0;
  for (let i = segments.length - 1; i >= 0; i--) {
    left += segments[i]?.duration ?? 0;
    // Durations are rounded: what is missing by less than a frame is not missing.
    if (left >= seconds - 0.02) return segments[i];
  }
  return segments[0];
}
