// What of a feed somebody is given who joins it: an opening first, then no picture that refers to one that was not given.
import type { AmfObject } from './amf0.js';
import type { Feed, FeedNews } from './feed.js';
import { KIND, TAG } from './flv/tag.js';

/** Who is given a feed: a destination, a recording, a viewer. */
export interface GateTaker {
  /** How metadata is said there; undefined where it has no place. */
  describe(metadata: AmfObject): Buffer | undefined;
  /** Takes a tag that is no media: metadata, or what decoders must be told. */
  write(type: number, time: number, payload: Buffer): void;
}

/** Stands between a feed and one who takes it. */
export class FeedGate {
  readonly #feed: Feed;
  readonly #taker: GateTaker;
  #open = false;
  /** Types of the tags that it gives: the streams that its taker was told of. */
  readonly #carried = new Set<number>();
  #awaitsKeyframe = true;

  constructor(feed: Feed, taker: GateTaker) {
    this.#feed = feed;
    this.#taker = taker;
  }

  /** Whether the opening was given, so that media may follow. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Whether its taker was told of pictures. */
  get hasVideo(): boolean {
    return this.#carried.has(TAG.video);
  }

  /** Opens, once the streams are known; false when they are not, or it is open already. `begin()` comes next. */
  open(): boolean {
    if (this.#open || this.#feed.ready === undefined) return false;
    const { codecs } = this.#feed;
    this.#open = true;
    this.#awaitsKeyframe = true;
    this.#carried.clear();
    if (codecs.audio !== undefined) this.#carried.add(TAG.audio);
    if (codecs.video !== undefined) this.#carried.add(TAG.video);
    return true;
  }

  /** Gives the opening: metadata, what decoders must be told, and everything since the last keyframe. */
  begin(media: (type: number, kind: number, time: number, payload: Buffer) => void): void {
    const { gop, clock } = this.#feed;
    const { tags } = gop;
    const time = tags[0]?.time ?? clock.latest;
    this.#describe(time);
    for (const { type, payload } of gop.setups) if (this.#carried.has(type)) this.#taker.write(type, time, payload);
    for (const tag of tags) media(tag.type, tag.kind, tag.time, tag.payload);
  }

  /** Closes: the next opening is one from its beginning. */
  close(): void {
    this.#open = false;
  }

  /** Passes on what has become known. */
  announce({ kind, time, late, setup, breaks }: FeedNews): void {
    if (!this.#open) return;
    const type = kind === 'video' ? TAG.video : TAG.audio;
    if (late) this.#carried.add(type);
    if (late || kind === 'metadata') this.#describe(time);
    if (setup !== undefined && this.#carried.has(setup.type)) this.#taker.write(setup.type, time, setup.payload);
    if (kind === 'video' && breaks) this.#awaitsKeyframe = true;
  }

  /** Whether a tag of this type is given at all. */
  carries(type: number): boolean {
    return this.#open && this.#carried.has(type);
  }

  /**
   * Whether a tag of media that it carries may be given now: a picture has to be a keyframe, or to follow one.
   * @param kind - bits of `KIND`
   */
  admits(type: number, kind: number): boolean {
    if (type !== TAG.video) return true;
    if ((kind & KIND.key) !== 0) this.#awaitsKeyframe = false;
    return !this.#awaitsKeyframe;
  }

  /** Tags were left out: the next picture has to be a keyframe. */
  tear(): void {
    this.#awaitsKeyframe = true;
  }

  #describe(time: number): void {
    const { metadata } = this.#feed;
    const payload = metadata && this.#taker.describe(metadata);
    if (payload !== undefined) this.#taker.write(TAG.data, time, payload);
  }
}
