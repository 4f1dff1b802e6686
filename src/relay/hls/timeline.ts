// The times of an HLS stream: discontinuities are evened out by one offset for all of its renditions and tracks.
import { Unwrapper } from '../elementary/unwrapper.js';

/** Milliseconds by which times may leap without being another stretch of time. */
const LEAP = 10_000;
/** A frame of 25 a second, where nothing better is known. Milliseconds. */
const USUAL_STEP = 40;
/** The longest step from one tag of a track to the next that is no gap. Milliseconds. */
const LONGEST_STEP = 1000;
/** Where times of tags begin anew. */
const WRAP = 2 ** 32;
/** Bits of times of transport streams. */
const TS_BITS = 33;
/** Stretches that are remembered: renditions are never further apart. */
const MOST_STRETCHES = 64;

/** A stretch of the origin's time that runs without a break. */
interface Stretch {
  /** Milliseconds that are added to its times. */
  readonly offset: number;
  /** A time within it, not wrapped. */
  readonly near: number;
}

/** What all renditions of a stream share. */
export class Timeline {
  readonly #stretches = new Map<string, Stretch>();
  readonly #clocks = new Map<string, Unwrapper>();

  /** The times of one rendition. */
  rendition(): RenditionTime {
    return new RenditionTime(this);
  }

  /** What unwraps the times of transport streams within a stretch, in every rendition. */
  clock(stretch: string): Unwrapper {
    const clock = this.#clocks.get(stretch) ?? new Unwrapper(TS_BITS);
    keep(this.#clocks, stretch, clock);
    return clock;
  }

  /** A stretch that some rendition has reached. */
  stretch(name: string): Stretch | undefined {
    return this.#stretches.get(name);
  }

  /** Says where a stretch lies, for all that reach it later. */
  place(name: string, stretch: Stretch): void {
    keep(this.#stretches, name, stretch);
  }
}

/** Gives the tags of one rendition times that go on across discontinuities. */
export class RenditionTime {
  readonly #timeline: Timeline;
  /** The stretch whose first tag has not come yet. */
  #pending: string | undefined;
  #name: string | undefined;
  #offset = 0;
  /** The offset of the stretch before: some of its tags may still come. */
  #before: number | undefined;
  /** The last time of the origin, not wrapped. */
  #last: number | undefined;
  /** The latest time that was given. */
  #end: number | undefined;
  readonly #tracks = new Map<number, { end: number; step: number }>();
  /** Milliseconds of segments that were left out. */
  #skipped = 0;

  /** Made by {@link Timeline.rendition}. */
  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** What comes next belongs to a stretch of this name. */
  enter(stretch: string): void {
    if (stretch === this.#name) return;
    this.#name = this.#pending = stretch;
  }

  /** Segments of so many milliseconds are left out: a leap is no new stretch. */
  skip(milliseconds: number): void {
    this.#skipped += milliseconds;
  }

  /**
   * The time of a tag in milliseconds, not wrapped.
   * @param type - of the tag, which tells its track
   * @param timestamp - what the origin says, modulo 2^32
   */
  place(type: number, timestamp: number): number {
    if (this.#pending !== undefined) return this.#first(this.#pending, type, timestamp);
    const time = nearest(timestamp, this.#last);
    const offset = this.#offsetFor(type, time);
    if (offset === this.#offset) this.#last = time;
    return this.#give(type, time + offset);
  }

  #first(name: string, type: number, timestamp: number): number {
    this.#pending = undefined;
    const known = this.#timeline.stretch(name);
    const time = nearest(timestamp, known?.near ?? this.#last);
    // The first stretch of all keeps the times that it has.
    const offset = known?.offset ?? (this.#end === undefined ? 0 : this.#next(type) - time);
    if (known === undefined) this.#timeline.place(name, { offset, near: time });
    this.#before = undefined;
    this.#offset = offset;
    this.#last = time;
    this.#skipped = 0;
    return this.#give(type, time + offset);
  }

  #offsetFor(type: number, time: number): number {
    const end = this.#end ?? 0;
    const leap = time + this.#offset - end;
    if (leap >= -LEAP && leap <= LEAP + this.#skipped) {
      if (leap > LEAP) this.#skipped = 0;
      return this.#offset;
    }
    // Another track went ahead into a new stretch, and this one is still in the last.
    if (this.#before !== undefined && Math.abs(time + this.#before - end) <= LEAP) return this.#before;
    this.#before = this.#offset;
    this.#offset = this.#next(type) - time;
    return this.#offset;
  }

  /** Where a track goes on. */
  #next(type: number): number {
    const track = this.#tracks.get(type);
    return track === undefined ? (this.#end ?? 0) : track.end + track.step;
  }

  #give(type: number, time: number): number {
    const track = this.#tracks.get(type);
    if (track === undefined) this.#tracks.set(type, { end: time, step: USUAL_STEP });
    else {
      if (time > track.end && time - track.end <= LONGEST_STEP) track.step = time - track.end;
      track.end = Math.max(track.end, time);
    }
    this.#end = Math.max(this.#end ?? time, time);
    return time;
  }
}

/** The time that a wrapped one means, nearest to another. */
function nearest(timestamp: number, last: number | undefined): number {
  // Just ahead of zero begins what an edit list moved there.
  const near = last ?? (timestamp >= WRAP / 2 ? timestamp - WRAP : timestamp);
  return timestamp + Math.round((near - timestamp) / WRAP) * WRAP;
}

function keep<T>(map: Map<string, T>, name: string, value: T): void {
  map.set(name, value);
  const [oldest] = map.keys();
  if (map.size > MOST_STRETCHES && oldest !== undefined) map.delete(oldest);
}
