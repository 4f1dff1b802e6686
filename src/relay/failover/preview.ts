// What is known of a source that does not feed the relay: its headers, its last group of pictures, its last sound.
import type { TrackKind } from '../clock.js';
import { audioKind, KIND, TAG, videoKind } from '../flv/tag.js';
import { GopCache, type Setup } from '../gop-cache.js';
import { readMetadata } from '../metadata.js';
import type { OriginHints } from '../origin.js';

/** A tag of media as it came. */
export interface SeenTag {
  readonly kind: TrackKind;
  /** A picture that a decoder may begin with. */
  readonly keyframe: boolean;
  /** At the origin, in milliseconds, modulo 2^32. */
  readonly timestamp: number;
  /** When it came, by the monotonic clock in milliseconds. */
  readonly at: number;
  readonly payload: Buffer;
}

/** Bytes that a tag takes beside its payload, about. */
const TAG_COST = 100;
/** Milliseconds between two looks for what is too old. */
const TRIM_EVERY = 250;

/** Keeps one source's beginning, within a budget. */
export class Preview {
  /** What it said of its streams last; undefined where it said nothing. */
  metadata: Buffer | undefined;
  hints: OriginHints = { audio: undefined, video: undefined };
  readonly #limit: number;
  readonly #kept: number;
  /** Its headers; it keeps no media. */
  #headers = new GopCache(0);
  #tags: SeenTag[] = [];
  #bytes = 0;
  /** Whether pictures lie here from a keyframe on. */
  #whole = false;
  #trimmedAt = 0;
  readonly #last = new Map<TrackKind, SeenTag>();

  /**
   * @param limit - bytes of media at most
   * @param kept - milliseconds of media that are kept at least, within the limit
   */
  constructor(limit: number, kept: number) {
    this.#limit = limit;
    this.#kept = kept;
  }

  /** What decoders must be told, video first. */
  get setups(): readonly Setup[] {
    return this.#headers.setups;
  }

  /** Sound of the last moments, and pictures from a keyframe on; in the order in which they came. */
  get tags(): readonly SeenTag[] {
    return this.#tags;
  }

  /** Bytes of media that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The last tag of a kind, also where it was too large to be kept. */
  last(kind: TrackKind): SeenTag | undefined {
    return this.#last.get(kind);
  }

  /**
   * Takes a tag, whose payload is copied.
   * @returns what the tag is, as bits of `KIND`
   */
  push(type: number, timestamp: number, payload: Buffer, at: number): number {
    const bits = this.note(type, payload);
    if ((bits & KIND.media) === 0) return bits;
    const kind = type === TAG.video ? 'video' : 'audio';
    const keyframe = kind === 'video' && (bits & KIND.key) !== 0;
    const tag = { kind, keyframe, timestamp, at, payload: Buffer.from(payload) } as const;
    this.#last.set(kind, tag);
    this.#keep(tag);
    return bits;
  }

  /**
   * Takes headers and metadata alone: the source feeds the relay, and may have to do so again.
   * @returns what the tag is, as bits of `KIND`
   */
  note(type: number, payload: Buffer): number {
    if (type === TAG.data) {
      const read = readMetadata(payload);
      if (read === undefined) return 0;
      this.metadata = Buffer.from(payload);
      this.hint(read.hints);
      return 0;
    }
    const bits = type === TAG.video ? videoKind(payload) : audioKind(payload);
    if ((bits & (KIND.header | KIND.about)) !== 0) this.#setup(type, bits, payload);
    return bits;
  }

  /** Takes what an origin says of itself; what was said more clearly stays. */
  hint({ audio, video }: OriginHints): void {
    this.hints = { audio: audio ?? this.hints.audio, video: video ?? this.hints.video };
  }

  /** Forgets everything: what comes next is of a new connection. */
  clear(): void {
    this.metadata = undefined;
    this.hints = { audio: undefined, video: undefined };
    this.#headers = new GopCache(0);
    this.clearMedia();
  }

  /** Forgets pictures and sound: they were given. */
  clearMedia(): void {
    this.#tags = [];
    this.#bytes = 0;
    this.#whole = false;
    this.#last.clear();
  }

  #setup(type: number, bits: number, payload: Buffer): void {
    const news = this.#headers.setup(type, bits, payload);
    if (news === undefined || type !== TAG.video || (bits & KIND.header) === 0) return;
    // Pictures that came before a header cannot be decoded with it.
    this.#drop((tag) => tag.kind === 'video');
    this.#whole = false;
  }

  #keep(tag: SeenTag): void {
    if (tag.keyframe) this.#whole = true;
    // Pictures amid a group are of no use to anybody.
    if (tag.kind === 'video' && !this.#whole) return;
    this.#tags.push(tag);
    this.#bytes += tag.payload.byteLength + TAG_COST;
    if (tag.keyframe || tag.at - this.#trimmedAt > TRIM_EVERY) this.#trim(tag.at);
    if (this.#bytes <= this.#limit) return;
    // A group that is too large is not kept, but for a keyframe that has just come.
    this.#whole = tag.keyframe;
    this.#drop((one) => one.kind === 'video' && (one !== tag || !tag.keyframe));
    if (this.#bytes > this.#limit) this.#drop((one) => one !== tag);
  }

  /** Drops what is older than needed: the group that was running then stays, as who takes over may go back that far. */
  #trim(now: number): void {
    this.#trimmedAt = now;
    const old = now - this.#kept;
    const from = this.#tags.findLastIndex(({ keyframe, at }) => keyframe && at <= old);
    this.#drop(({ kind, at }, i) => (kind === 'video' ? i < from : at < old));
  }

  #drop(which: (tag: SeenTag, i: number) => boolean): void {
    const rest = this.#tags.filter((tag, i) => !which(tag, i));
    this.#tags = rest;
    this.#bytes = rest.reduce((sum, { payload }) => sum + payload.byteLength + TAG_COST, 0);
  }
}
