// Whether media still comes over a connection, track by track: what counts is that it flows, not that a peer is there.
import type { TrackKind } from '../clock.js';
import { Lead, Pace } from './pace.js';

/** What is wrong: nothing comes, or one track stopped while the other goes on. */
export type Trouble = 'silent' | 'stalled';

/** How much more patience one track is given than all: what else there is goes on meanwhile, and tracks do pause. */
const STALLED = 2;
/** The share of a patience after which trouble is near: 400 ms of the 2 s that a cold standby has. */
const DOUBT = 1 / 5;
/** Tags after which the pace of a track is known. */
const STEADY = 16;
/** Milliseconds after which a track that stopped is no part of the stream any more: nobody has another one to offer. */
const FORGOTTEN = 60_000;
/** Milliseconds within which a burst is recognised: what was kept comes faster than time passes. */
const BURST_WINDOW = 40;
/** Milliseconds of media beyond the time that passed, from which on it is one; what is more is a clock that jumps. */
const BURST = { least: 100, most: 60_000 };

/** Watches one connection. Times are of the monotonic clock, in milliseconds. */
export class Progress {
  /** Since when media flows without trouble; undefined while it does not. */
  flowingSince: number | undefined;
  readonly #tracks = new Map<TrackKind, Pace>();
  readonly #all: Pace;
  readonly #lead = new Lead(BURST_WINDOW);

  /** @param now - when the connection was begun: it counts as silent from then on */
  constructor(now: number) {
    this.#all = new Pace(now);
  }

  /** Whether anything has come. */
  get begun(): boolean {
    return this.#all.tags > 0;
  }

  /** When media came last; where none has, when the connection was begun. */
  get lastAt(): number {
    return this.#all.lastAt;
  }

  /** Whether a track has brought anything. */
  has(kind: TrackKind): boolean {
    return this.#tracks.has(kind);
  }

  /** A tag of media has come. */
  tag(kind: TrackKind, timestamp: number, now: number): void {
    let track = this.#tracks.get(kind);
    if (track === undefined) this.#tracks.set(kind, (track = new Pace(now)));
    track.tag(timestamp, now);
    this.#all.tag(timestamp, now);
    this.#lead.tag(timestamp, now);
    this.flowingSince ??= now;
  }

  /** Whether more media comes than time passes, as when a server sends what it kept, or a link what it held up. */
  bursts(now: number): boolean {
    const { ahead } = this.#lead;
    return now - this.lastAt < BURST_WINDOW && ahead > BURST.least && ahead < BURST.most;
  }

  /**
   * What is wrong now, if anything.
   * @param patience - milliseconds of silence that are none yet
   * @param first - the same, for the first media of the connection
   */
  trouble(now: number, patience: number, first: number): Trouble | undefined {
    const trouble = this.#wrong(now, patience, first);
    if (trouble !== undefined) this.flowingSince = undefined;
    return trouble;
  }

  /** Whether it has fallen quiet, though not for as long as would be trouble, which has the same patience. */
  doubtful(now: number, patience: number): boolean {
    return this.begun && this.#wrong(now, patience * DOUBT, patience) !== undefined;
  }

  #wrong(now: number, patience: number, first: number): Trouble | undefined {
    const quiet = now - this.lastAt;
    if (quiet > (this.begun ? this.#all.allowed(patience) : first)) return 'silent';
    return this.stalled(now, patience) === undefined ? undefined : 'stalled';
  }

  /** A track that stopped while another goes on; undefined when none has. */
  stalled(now: number, patience: number): TrackKind | undefined {
    for (const [kind, pace] of this.#tracks) {
      const allowed = pace.allowed(STALLED * patience);
      // Where all is silent no track is at fault: others must have gone on without it.
      const alone = this.lastAt - pace.lastAt > allowed / 2;
      const quiet = now - pace.lastAt;
      if (pace.tags >= STEADY && alone && quiet > allowed && quiet < FORGOTTEN) return kind;
    }
    return undefined;
  }

  /**
   * This process itself slept: nobody else was silent meanwhile.
   * @param now - what has come since then is not moved beyond it
   */
  forgive(milliseconds: number, now: number): void {
    for (const pace of [this.#all, ...this.#tracks.values()]) pace.lastAt = Math.min(now, pace.lastAt + milliseconds);
  }
}
