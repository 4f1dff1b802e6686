// The time of a relay: one offset for all tracks, so that sound and picture stay together whatever the origin's clock does.

/** What carries time of its own. */
export type TrackKind = 'audio' | 'video';

/** A stretch of the origin's time that runs without a break. */
interface Epoch {
  /** Added to the origin's unwrapped time. */
  readonly offset: number;
  /** The latest origin time of any track, unwrapped. */
  latest: number;
}

/** One track within the origin's time. */
interface Track {
  /** Undefined behind a restart: where it goes on is not known yet. */
  epoch: Epoch | undefined;
  /** The origin's time, unwrapped: it goes on beyond 2^32. */
  last: number;
  /** The last difference that was usual, in milliseconds. */
  step: number;
  /** The last difference, whatever it was. */
  stride: number;
  /** The time that was last given. */
  given: number;
}

/** Milliseconds that a track may go back by itself: pictures and sound are written in turns. */
const BACK = 300;
/** Milliseconds that a track may be ahead of all others; more is a jump. */
const AHEAD = 3000;
/** Milliseconds around a place within which two tracks are in the same stretch of time. */
const TOGETHER = 3000;
/** The longest time between two pictures of a stream that has always been so slow. Milliseconds. */
const SLOWEST = 60_000;
/** A frame of 25 a second, where nothing better is known. Milliseconds. */
const USUAL_STEP = 40;
const WRAP = 2 ** 32;

/** Gives the time of each tag at the destinations: it never goes back on a track, and tracks keep their distance. */
export class RelayClock {
  /** Jumps of the origin's clock that were evened out. */
  jumps = 0;
  readonly #tracks = new Map<TrackKind, Track>();
  /** The stretch that the origin is in; some tracks may still be in the one before it. */
  #current: Epoch | undefined;
  #latestGiven = 0;
  #pause = 0;

  /** The latest time that was given, in milliseconds. */
  get latest(): number {
    return this.#latestGiven;
  }

  /**
   * Milliseconds by which the evening out of jumps has moved sound against pictures (later: positive): a jump of one track
   * alone does, as it leaves no other way; a jump of both does not.
   */
  get shift(): number {
    const audio = this.#tracks.get('audio')?.epoch;
    const video = this.#tracks.get('video')?.epoch;
    return audio === undefined || video === undefined ? 0 : audio.offset - video.offset;
  }

  /**
   * The time at the destinations in milliseconds, not wrapped.
   * @param timestamp - what the origin says, in milliseconds, modulo 2^32 or 2^24
   */
  time(kind: TrackKind, timestamp: number): number {
    const track = this.#tracks.get(kind);
    if (track === undefined) return this.#first(kind, timestamp);
    const { epoch } = track;
    if (epoch === undefined) return this.#jumped(track, timestamp);
    const next = nearest(timestamp, track.last);
    const step = next - track.last;
    // One picture each ten seconds is slow, and no jump each time.
    const slow = step > 0 && step <= Math.min(SLOWEST, 2 * track.stride);
    track.stride = step;
    if (!slow && !continues(epoch, next, step)) return this.#jumped(track, timestamp);
    if (step > 0 && step <= AHEAD) track.step = step;
    return this.#give(track, epoch, next);
  }

  /** The time of a tag that carries none of its own, such as metadata, which many origins send with a zero. */
  timeBeside(timestamp: number): number {
    const current = this.#current;
    if (current === undefined) return this.#latestGiven;
    const at = nearest(timestamp, current.latest);
    const near = Math.abs(at - current.latest) <= TOGETHER;
    return near ? Math.max(0, at + current.offset) : this.#latestGiven;
  }

  /**
   * The origin is a new connection, whose clock may have begun anew.
   * @param elapsed - milliseconds since the last tag, which is how much later the next one is shown
   */
  restart(elapsed: number): void {
    if (this.#current === undefined) return;
    this.#current = undefined;
    this.#pause = Math.max(1, elapsed);
    for (const track of this.#tracks.values()) track.epoch = undefined;
  }

  /**
   * Another source goes on: all its tracks have one offset, which its first tag says.
   * @param timestamp - of that source, in milliseconds, modulo 2^32
   * @param time - where it lies at the destinations, in milliseconds
   */
  join(timestamp: number, time: number): void {
    this.#current = { offset: Math.round(time) - timestamp, latest: timestamp };
    this.#pause = 0;
    for (const track of this.#tracks.values()) track.epoch = undefined;
  }

  /** The time that was last given on a track; undefined where none was. */
  given(kind: TrackKind): number | undefined {
    return this.#tracks.get(kind)?.given;
  }

  /** Whether a tag of a source that joined lies where its track has been already; its time goes on without it. */
  overlaps(kind: TrackKind, timestamp: number): boolean {
    const given = this.given(kind);
    const current = this.#current;
    if (given === undefined || current === undefined) return false;
    const at = nearest(timestamp, current.latest);
    if (Math.abs(at - current.latest) > TOGETHER || at + current.offset > given) return false;
    current.latest = Math.max(current.latest, at);
    return true;
  }

  #first(kind: TrackKind, timestamp: number): number {
    const current = this.#current;
    const at = current === undefined ? timestamp : nearest(timestamp, current.latest);
    const track: Track = { epoch: undefined, last: at, step: USUAL_STEP, stride: 0, given: 0 };
    this.#tracks.set(kind, track);
    if (current !== undefined && Math.abs(at - current.latest) <= 2 * TOGETHER) return this.#give(track, current, at);
    // A track that counts from elsewhere is put where the others are, and leaves them their stretch.
    const epoch = { offset: this.#latestGiven + this.#pause - timestamp, latest: timestamp };
    this.#current ??= epoch;
    this.#pause = 0;
    return this.#give(track, epoch, timestamp);
  }

  #jumped(track: Track, timestamp: number): number {
    const current = this.#current;
    // Another track went there first, or has never left: the same offset keeps their distance.
    for (const epoch of this.#stretches()) {
      if (epoch === track.epoch) continue;
      const at = nearest(timestamp, epoch.latest);
      if (Math.abs(at - epoch.latest) > TOGETHER) continue;
      this.#current = epoch;
      return this.#give(track, epoch, at);
    }
    if (current !== undefined) this.jumps += 1;
    const pause = current === undefined ? this.#pause : track.step;
    this.#pause = 0;
    const epoch = { offset: this.#latestGiven + pause - timestamp, latest: timestamp };
    this.#current = epoch;
    return this.#give(track, epoch, timestamp);
  }

  /** The stretches that the origin is in: the one that it entered last, and those in which other tracks still are. */
  #stretches(): Set<Epoch> {
    const all = new Set<Epoch>();
    for (const epoch of [this.#current, ...[...this.#tracks.values()].map((track) => track.epoch)])
      if (epoch !== undefined) all.add(epoch);
    return all;
  }

  #give(track: Track, epoch: Epoch, at: number): number {
    track.epoch = epoch;
    track.last = at;
    epoch.latest = Math.max(epoch.latest, at);
    track.given = Math.max(track.given, at + epoch.offset);
    this.#latestGiven = Math.max(this.#latestGiven, track.given);
    return track.given;
  }
}

/** Whether a time goes on where its track is, or where the others are. */
function continues(epoch: Epoch, next: number, step: number): boolean {
  if (step >= -BACK && step <= AHEAD) return true;
  const beside = next - epoch.latest;
  return step > 0 && beside >= -TOGETHER && beside <= AHEAD;
}

/** The time that a wrapped timestamp means, nearest to another one. Who wraps at 2^24 is recognised by where it lands. */
function nearest(timestamp: number, last: number): number {
  const wrapped = closest(timestamp, last, WRAP);
  if (timestamp >= 2 ** 24 || Math.abs(wrapped - last) <= AHEAD) return wrapped;
  const short = closest(timestamp, last, 2 ** 24);
  return short - last >= -BACK && short - last <= AHEAD ? short : wrapped;
}

function closest(timestamp: number, last: number, wrap: number): number {
  return timestamp + Math.round((last - timestamp) / wrap) * wrap;
}
