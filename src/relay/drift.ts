// How the times of a stream move against the clock on the wall, and its sound against its pictures, over days.
import type { TrackKind } from './clock.js';

/** Milliseconds over which the quickest tag is taken: what came later was held up by the network. */
const WINDOW = 10_000;

/** The quickest tags of one track: how much later than its time one came, in milliseconds. */
class Lag {
  #window = Number.POSITIVE_INFINITY;
  #last: number | undefined;
  /** That of the first whole window, which later ones are compared with. */
  #first: number | undefined;

  take(lag: number): void {
    if (lag < this.#window) this.#window = lag;
  }

  close(): void {
    if (this.#window === Number.POSITIVE_INFINITY) return;
    this.#last = this.#window;
    this.#first ??= this.#window;
    this.#window = Number.POSITIVE_INFINITY;
  }

  /** By how much it is later than it was first; undefined before the first window is over. */
  get growth(): number | undefined {
    return this.#last === undefined || this.#first === undefined ? undefined : this.#last - this.#first;
  }
}

/** Measures one stream. */
export class DriftMeter {
  readonly #audio = new Lag();
  readonly #video = new Lag();
  #closesAt: number | undefined;

  /**
   * Takes a tag.
   * @param time - at the destinations, in milliseconds
   * @param now - when it came, by the monotonic clock in milliseconds
   */
  take(kind: TrackKind, time: number, now: number): void {
    this.#closesAt ??= now + WINDOW;
    if (now >= this.#closesAt) {
      this.#audio.close();
      this.#video.close();
      this.#closesAt = now + WINDOW;
    }
    (kind === 'audio' ? this.#audio : this.#video).take(now - time);
  }

  /** Milliseconds by which sound has moved against pictures since the first seconds (later: positive); undefined while unknown. */
  get soundAgainstPictures(): number | undefined {
    const { growth: audio } = this.#audio;
    const { growth: video } = this.#video;
    return audio === undefined || video === undefined ? undefined : audio - video;
  }

  /** Milliseconds by which media has run ahead of the wall since the first seconds (behind: negative); undefined while unknown. */
  get againstWall(): number | undefined {
    const growth = this.#video.growth ?? this.#audio.growth;
    return growth === undefined ? undefined : 0 - growth;
  }
}
