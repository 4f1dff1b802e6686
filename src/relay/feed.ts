// The stream of a relay between its origin and its destinations: known, timed, and kept since its last keyframe.
import { monotonicNow } from '../base/index.js';
import type { AmfObject } from './amf0.js';
import { RelayClock, type TrackKind } from './clock.js';
import { audioCodec, audioKind, KIND, needsHeader, TAG, videoCodec, videoKind } from './flv/tag.js';
import { GopCache, type Setup } from './gop-cache.js';
import { DriftMeter } from './drift.js';
import { describePictures, describeSound } from './elementary/describe.js';
import { completeMetadata, readMetadata } from './metadata.js';
import type { OriginHints } from './origin.js';
import { Readiness, type ReadyReason, type Waits } from './readiness.js';
import { Silence } from './silence.js';
import { FeedStatistics } from './statistics.js';

/** Who takes what the feed gives. */
export interface FeedTarget {
  /** The streams are known, or another one was found, or one changed: what a destination must be told. */
  announce(news: FeedNews): void;
  /**
   * A tag of media.
   * @param kind - bits of `KIND`
   * @param time - at the destinations, in milliseconds, not wrapped
   * @param payload - valid until it returns
   */
  media(type: number, kind: number, time: number, payload: Buffer): void;
  /** A tag of data that is no metadata, as subtitles are. */
  data(time: number, payload: Buffer): void;
}

/** What has become known. */
export interface FeedNews {
  readonly kind: 'metadata' | TrackKind;
  readonly time: number;
  /** What decoders must be told; undefined for metadata, and for streams that need nothing. */
  readonly setup: Setup | undefined;
  /** Whether pictures that came before cannot be gone on with: the next one must be a keyframe. */
  readonly breaks: boolean;
  /** Whether the stream was not there when the relay began. */
  readonly late: boolean;
}

/** What is heard of a feed. */
export interface FeedHandlers {
  /** A connection of the origin has brought the first tag of a stream. */
  readonly onFirst: (kind: TrackKind) => void;
  readonly onReady: (reason: ReadyReason) => void;
  /** A stream appeared after the relay had begun, or changed. */
  readonly onStream: (change: {
    readonly kind: TrackKind;
    readonly codec: string | undefined;
    readonly late: boolean;
  }) => void;
}

/** What was last given of a track: its time at the destinations, and when it came by the monotonic clock. Milliseconds. */
export interface Shown {
  readonly time: number;
  readonly at: number;
}

/** How a source goes on for another one. */
export interface Joining {
  /** A moment of its own clock, in milliseconds, modulo 2^32: that of the first tag that it gives. */
  readonly timestamp: number;
  /** Where that moment lies at the destinations, in milliseconds. */
  readonly time: number;
  /** Whether its pictures are those of the source before: they go on amid a group. Otherwise a keyframe is next. */
  readonly continues: boolean;
}

/** What is kept and how long is waited. */
export interface FeedOptions {
  readonly waits: Waits;
  /** Frames of a stream that must have come until it counts as known; with 0 its sequence header is enough. */
  readonly frames: Readonly<Record<TrackKind, number>>;
  /** Whether streams without sound are given silence. */
  readonly fillAudio: boolean;
  /** Bytes of the last group of pictures at most. */
  readonly gopBytes: number;
}

/** What tells the two kinds of media apart. */
const TRACKS = {
  audio: { type: TAG.audio, kindOf: audioKind, codecOf: audioCodec },
  video: { type: TAG.video, kindOf: videoKind, codecOf: videoCodec },
} as const;

/** One stream of media. */
export class Feed {
  readonly clock = new RelayClock();
  readonly gop: GopCache;
  readonly statistics = new FeedStatistics();
  readonly drift = new DriftMeter();
  /** Names of the codecs, as far as they are known. */
  readonly codecs: { audio?: string | undefined; video?: string | undefined } = {};
  #metadata: AmfObject | undefined;
  readonly #handlers: FeedHandlers;
  readonly #targets: () => Iterable<FeedTarget>;
  readonly #readiness: Readiness;
  readonly #frames: Readonly<Record<TrackKind, number>>;
  readonly #silence: Silence | undefined;
  /** The last timestamps of the origin, by the type of their tags. */
  readonly #last = new Map<number, number>();
  /** When the last tag of media came, by the monotonic clock in milliseconds. */
  #lastAt = 0;
  #firstAt: number | undefined;
  /** What was last given of each track. */
  readonly #shown = new Map<TrackKind, Shown>();
  /** Whether the origin is a new connection, until its first tag says where it goes on. */
  #restarted = false;
  /** Tracks of a source that joined, until they are beyond what the source before has brought. */
  readonly #overlapping = new Set<TrackKind>();
  /** Tracks whose beginning an earlier connection has brought already. */
  readonly #replayed = new Set<number>();
  /** Streams of which this connection has brought something. */
  readonly #seen = new Set<TrackKind>();
  /** Frames so far, up to those that are waited for. */
  readonly #counted: Record<TrackKind, number> = { audio: 0, video: 0 };
  /** Whether its only sound so far is silence. */
  #silent = false;
  /** Whether pictures are missing: those that follow refer to them, until the next keyframe. */
  #torn = false;

  constructor(options: FeedOptions, handlers: FeedHandlers, targets: () => Iterable<FeedTarget>) {
    this.gop = new GopCache(options.gopBytes);
    this.#handlers = handlers;
    this.#targets = targets;
    this.#frames = options.frames;
    this.#readiness = new Readiness(options.waits, (reason) => {
      if (this.codecs.audio === undefined) this.#fallSilent();
      handlers.onReady(reason);
    });
    if (options.fillAudio)
      this.#silence = new Silence((time, payload) => {
        this.#pass(TAG.audio, KIND.media | KIND.key, time, time, payload);
      });
  }

  /** What the origin says of its streams, with those that it does not mention; undefined where it said nothing. */
  get metadata(): AmfObject | undefined {
    return this.#metadata && completeMetadata(this.#metadata, this.codecs);
  }

  /** Whether its only sound so far is silence that was filled in. */
  get silent(): boolean {
    return this.#silent;
  }

  /** Why the relay began; undefined while it has not. */
  get ready(): ReadyReason | undefined {
    return this.#readiness.reason;
  }

  hint(hints: OriginHints): void {
    this.#readiness.hint(hints);
  }

  /** Takes a tag of the origin. */
  push(type: number, timestamp: number, payload: Buffer): void {
    if (type === TAG.video) this.#media('video', timestamp, payload);
    else if (type === TAG.audio) this.#media('audio', timestamp, payload);
    else this.#data(timestamp, payload);
  }

  /** The origin is a new connection: its time goes on by as much as passes until its first tag. */
  restart(): void {
    this.#restarted = true;
    this.#seen.clear();
  }

  /**
   * Another source goes on, whose tags are pushed next: one offset for all its tracks, and nothing goes back. What lies
   * before what was given already is left out, track by track.
   */
  join({ timestamp, time, continues }: Joining): void {
    this.#restarted = false;
    this.#seen.clear();
    this.#replayed.clear();
    this.clock.join(timestamp, time);
    for (const kind of ['audio', 'video'] as const) this.#overlapping.add(kind);
    if (!continues) this.#torn = true;
  }

  /** What was last given of a track; undefined where nothing was. */
  shown(kind: TrackKind): Shown | undefined {
    return this.#shown.get(kind);
  }

  /** When the last tag of media came, by the monotonic clock in milliseconds; 0 when none has. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** When the very first one came; undefined before. */
  get firstAt(): number | undefined {
    return this.#firstAt;
  }

  stop(): void {
    this.#readiness.stop();
  }

  #see(kind: TrackKind): void {
    if (this.#seen.has(kind)) return;
    this.#seen.add(kind);
    this.#handlers.onFirst(kind);
  }

  #media(name: TrackKind, timestamp: number, payload: Buffer): void {
    const { type, kindOf, codecOf } = TRACKS[name];
    const { statistics } = this;
    const kind = kindOf(payload);
    this.#see(name);
    statistics[name].count(payload.byteLength);
    if ((kind & (KIND.header | KIND.about)) !== 0) {
      this.#setup(name, kind, timestamp, payload);
      return;
    }
    if ((kind & KIND.media) === 0) return;
    if (this.codecs[name] === undefined) {
      const codec = codecOf(payload);
      if (needsHeader(codec)) {
        statistics.undecodable += 1;
        return;
      }
      this.#found(name, codec, timestamp);
    }
    if (this.#silent && name === 'audio') this.#endSilence(payload);
    this.#count(name);
    if (!this.#isNew(name, timestamp, payload)) return;
    const keyframe = name === 'video' && (kind & KIND.key) !== 0;
    if (keyframe) this.#torn = false;
    else if (name === 'video' && this.#torn) {
      statistics.undecodable += 1;
      return;
    }
    const time = this.clock.time(name, timestamp);
    this.#shown.set(name, { time, at: this.#lastAt });
    this.drift.take(name, time, this.#lastAt);
    if (keyframe) statistics.keyframe(time);
    if (this.#silence !== undefined && !this.#besideSilence(this.#silence, name, time)) return;
    const began = this.ready !== undefined;
    this.gop.media({ type, kind, time, timestamp }, payload);
    if (keyframe) this.#readiness.keyframe();
    // Who begins with this very keyframe has taken it from the cache, unless it is too large for that.
    if (began || this.gop.tags.length === 0) this.#give(type, kind, time, payload);
  }

  /** Where silence is filled in: whether a tag may still go on, as there may be silence at its time already. */
  #besideSilence(silence: Silence, name: TrackKind, time: number): boolean {
    if (name === 'audio') return silence.sound(time);
    if (this.ready !== undefined) silence.picture(time);
    return true;
  }

  /** A stream that has no sound is given silence, from its beginning on. */
  #fallSilent(): void {
    if (this.#silence === undefined) return;
    this.codecs.audio = 'aac';
    this.#silent = true;
    this.gop.setup(TAG.audio, KIND.header, Silence.header());
    // Who begins with the pictures that are kept begins with silence, too.
    for (const tag of [...this.gop.tags]) if (tag.type === TAG.video) this.#silence.picture(tag.time);
  }

  /** There is sound, of a codec that may need no header. */
  #endSilence(payload: Buffer): void {
    const codec = audioCodec(payload);
    this.#silent = false;
    if (codec === this.codecs.audio) return;
    this.#silence?.follow(payload);
    this.codecs.audio = codec ?? 'unknown';
    this.#handlers.onStream({ kind: 'audio', codec, late: false });
  }

  #count(name: TrackKind): void {
    const needed = this.#frames[name];
    if (this.#counted[name] >= needed) return;
    this.#counted[name] += 1;
    if (this.#counted[name] === needed) this.#known(name);
  }

  #known(name: TrackKind): void {
    if (this.#counted[name] < this.#frames[name]) return;
    if (name === 'video') this.#readiness.videoKnown();
    else this.#readiness.audioKnown();
  }

  /** Passes a tag on that has its time already. */
  #pass(type: number, kind: number, time: number, timestamp: number, payload: Buffer): void {
    this.gop.media({ type, kind, time, timestamp }, payload);
    this.#give(type, kind, time, payload);
  }

  /** Whether an earlier connection has not brought it: origins begin with what they have since their last keyframe. */
  #isNew(kind: TrackKind, timestamp: number, payload: Buffer): boolean {
    const { type } = TRACKS[kind];
    const now = monotonicNow();
    if (this.#overlapping.has(kind)) {
      if (this.clock.overlaps(kind, timestamp)) {
        this.statistics.replayed += 1;
        return false;
      }
      this.#overlapping.delete(kind);
    }
    if (this.#restarted) {
      if (this.gop.has(type, timestamp, payload)) for (const seen of this.#last.keys()) this.#replayed.add(seen);
      else {
        this.clock.restart(now - this.#lastAt);
        this.#torn = true;
      }
      this.#restarted = false;
    }
    this.#lastAt = now;
    this.#firstAt ??= now;
    const last = this.#last.get(type) ?? 0;
    if (this.#replayed.has(type)) {
      // A difference of 32 bits, as timestamps wrap there.
      if (((timestamp - last) | 0) <= 0) {
        this.statistics.replayed += 1;
        return false;
      }
      this.#replayed.delete(type);
    }
    this.#last.set(type, timestamp);
    return true;
  }

  #setup(name: TrackKind, kind: number, timestamp: number, payload: Buffer): void {
    const { type, codecOf } = TRACKS[name];
    const codec = codecOf(payload);
    const setup = this.gop.setup(type, kind, payload);
    const header = (kind & KIND.header) !== 0;
    if (header) this.#describe(name, payload);
    if (header && this.codecs[name] === undefined) this.#found(name, codec, timestamp, setup);
    else if (setup !== undefined && this.codecs[name] !== undefined) {
      if (header) {
        this.codecs[name] = codec ?? 'unknown';
        this.#handlers.onStream({ kind: name, codec, late: false });
      }
      this.#tell({ kind: name, time: this.clock.timeBeside(timestamp), late: false, setup, breaks: header });
    }
  }

  #found(kind: TrackKind, codec: string | undefined, timestamp: number, setup?: Setup): void {
    const late = this.ready !== undefined;
    this.codecs[kind] = codec ?? 'unknown';
    if (late) {
      this.#handlers.onStream({ kind, codec, late });
      this.#tell({ kind, time: this.clock.timeBeside(timestamp), late, setup, breaks: true });
    }
    this.#known(kind);
  }

  #describe(name: TrackKind, header: Buffer): void {
    const { statistics } = this;
    if (name === 'video') statistics.pictures = describePictures(header) ?? statistics.pictures;
    else {
      statistics.sound = describeSound(header) ?? statistics.sound;
      this.#silence?.follow(header);
    }
  }

  #data(timestamp: number, payload: Buffer): void {
    const metadata = readMetadata(payload);
    const time = this.clock.timeBeside(timestamp);
    if (metadata === undefined) {
      if (this.ready !== undefined) for (const target of this.#targets()) target.data(time, payload);
      return;
    }
    this.#metadata = metadata.values;
    this.statistics.describe(metadata);
    this.#readiness.hint(metadata.hints);
    this.#tell({ kind: 'metadata', time, late: false, setup: undefined, breaks: false });
  }

  #tell(news: FeedNews): void {
    if (this.ready === undefined) return;
    for (const target of this.#targets()) target.announce(news);
  }

  #give(type: number, kind: number, time: number, payload: Buffer): void {
    if (this.ready === undefined) return;
    for (const target of this.#targets()) target.media(type, kind, time, payload);
  }
}
