// What a relay counts of its stream: rates over the last second, keyframes, and what was lost.
import { monotonicNow } from '../base/index.js';
import type { PictureFacts, SoundFacts } from './elementary/describe.js';
import type { StreamMetadata } from './metadata.js';

/** Over how many milliseconds rates are taken at least. */
const WINDOW = 1000;

/** Counts tags and bytes, and knows their rates. */
export class RateCount {
  tags = 0;
  bytes = 0;
  #sampled = monotonicNow();
  #tagsThen = 0;
  #bytesThen = 0;
  #rates = { tags: 0, bits: 0 };

  count(bytes: number): void {
    this.tags += 1;
    this.bytes += bytes;
  }

  /** Tags and bits a second, over a second or more. */
  rates(now: number): { readonly tags: number; readonly bits: number } {
    const elapsed = now - this.#sampled;
    if (elapsed < WINDOW) return this.#rates;
    this.#rates = {
      tags: ((this.tags - this.#tagsThen) * 1000) / elapsed,
      bits: ((this.bytes - this.#bytesThen) * 8000) / elapsed,
    };
    this.#sampled = now;
    this.#tagsThen = this.tags;
    this.#bytesThen = this.bytes;
    return this.#rates;
  }
}

/** What is counted of the stream that comes in. */
export class FeedStatistics {
  readonly audio = new RateCount();
  readonly video = new RateCount();
  /** Tags that came ahead of their sequence header, or of a keyframe where the origin had been lost. */
  undecodable = 0;
  /** Tags that a new connection brought a second time. */
  replayed = 0;
  /** Seconds between the last two keyframes; undefined until there were two. */
  gop: number | undefined;
  /** What the last sequence headers say; undefined of codecs that are not read. */
  pictures: PictureFacts | undefined;
  sound: SoundFacts | undefined;
  #lastKeyframe: number | undefined;
  #size: readonly [number, number] | undefined;
  #frameRate: number | undefined;

  /** Columns and rows, as the sequence header says, else the metadata. */
  get size(): readonly [number, number] | undefined {
    return this.pictures?.size ?? this.#size;
  }

  /** Frames a second, as the metadata says. */
  get frameRate(): number | undefined {
    return this.#frameRate;
  }

  /** A keyframe came, at a time in milliseconds. */
  keyframe(time: number): void {
    if (this.#lastKeyframe !== undefined && time > this.#lastKeyframe) this.gop = (time - this.#lastKeyframe) / 1000;
    this.#lastKeyframe = time;
  }

  describe({ width, height, frameRate }: StreamMetadata): void {
    this.#frameRate = frameRate;
    if (width !== undefined && height !== undefined) this.#size = [width, height];
  }
}
