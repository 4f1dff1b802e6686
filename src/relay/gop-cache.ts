// What a destination needs that comes later: metadata, sequence headers, and everything since the last keyframe.
import { isSameSound } from './elementary/describe.js';
import { audioTrack, KIND, TAG, videoTrack } from './flv/tag.js';

/** What a decoder must be told ahead of media: a sequence header, or something about its pictures or sound. */
export interface Setup {
  readonly type: number;
  readonly payload: Buffer;
}

/** A tag that is kept. */
export interface KeptTag {
  readonly type: number;
  /** At the destinations, in milliseconds, not wrapped. */
  readonly time: number;
  /** At the origin, as it came. */
  readonly timestamp: number;
  readonly payload: Buffer;
  /** Bits of `KIND`. */
  readonly kind: number;
}

/** Keeps what is needed to begin. */
export class GopCache {
  /** Tags that were left out since the group was larger than the cache. */
  overflows = 0;
  readonly #limit: number;
  /** By their kind and track, in the order in which they came first. */
  readonly #setups = new Map<string, Setup>();
  #tags: KeptTag[] = [];
  #bytes = 0;
  /** Whether the group lies here from its keyframe on. */
  #whole = false;
  #hasVideo = false;

  /** @param limit - bytes of media at most, with a little for each tag; a group that is larger is not kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes of media that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Everything since the last keyframe, or the last sound where there is no video; empty when it was too large. */
  get tags(): readonly KeptTag[] {
    return this.#whole ? this.#tags : [];
  }

  /** What decoders must be told ahead of the tags, video first. */
  get setups(): readonly Setup[] {
    return [...this.#setups.values()].sort((a, b) => b.type - a.type);
  }

  /**
   * Takes a sequence header, or something about media.
   * @param kind - bits of `KIND`
   * @returns what is kept of it, or undefined when it is the same as before
   */
  setup(type: number, kind: number, payload: Buffer): Setup | undefined {
    const track = type === TAG.video ? videoTrack(payload) : audioTrack(payload);
    const name = `${String(type)}/${String(kind)}/${String(track)}`;
    const before = this.#setups.get(name);
    if (before !== undefined && isSame(before, payload)) return undefined;
    // A peer may name 256 tracks of each type, and does not.
    if (before === undefined && this.#setups.size >= MOST_SETUPS) return undefined;
    const setup = { type, payload: Buffer.from(payload) };
    this.#setups.set(name, setup);
    // What came before a header cannot be decoded with it.
    if (type === TAG.video && (kind & KIND.header) !== 0) this.#clear();
    return setup;
  }

  /** Whether this very tag is kept. */
  has(type: number, timestamp: number, payload: Buffer): boolean {
    return this.tags.some((tag) => tag.type === type && tag.timestamp === timestamp && tag.payload.equals(payload));
  }

  /** Takes a tag of media, whose payload is copied. */
  media(tag: Omit<KeptTag, 'payload'>, payload: Uint8Array): void {
    const { type, kind, time } = tag;
    const keyframe = type === TAG.video && (kind & KIND.key) !== 0;
    // Sound that was kept for itself is no beginning of a group.
    if (keyframe || (type === TAG.video && !this.#hasVideo)) this.#clear();
    if (type === TAG.video) this.#hasVideo = true;
    // Sound alone needs no beginning: the last of it is as good as any.
    if (keyframe || !this.#hasVideo) this.#whole = true;
    if (!this.#hasVideo) this.#clearOld(time);
    if (!this.#whole) return;
    if (this.#bytes + payload.byteLength + (this.#tags.length + 1) * TAG_COST > this.#limit) {
      if (this.#limit > 0) this.overflows += 1;
      this.#clear();
      return;
    }
    this.#bytes += payload.byteLength;
    this.#tags.push({ ...tag, payload: Buffer.from(payload) });
  }

  #clearOld(time: number): void {
    let count = 0;
    for (const tag of this.#tags) {
      if (time - tag.time <= SOUND_KEPT) break;
      this.#bytes -= tag.payload.byteLength;
      count += 1;
    }
    this.#tags.splice(0, count);
  }

  #clear(): void {
    this.#tags = [];
    this.#bytes = 0;
    this.#whole = false;
  }
}

/** Headers that are kept at most. */
const MOST_SETUPS = 32;
/** What a tag takes beside its payload, in bytes, about: many small ones are not for free. */
const TAG_COST = 100;
/** Milliseconds of sound that a late destination begins with, where there is no video. */
const SOUND_KEPT = 500;

function isSame({ type, payload }: Setup, other: Buffer): boolean {
  return type === TAG.audio ? isSameSound(payload, other) : payload.equals(other);
}
