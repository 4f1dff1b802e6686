// One destination of a relay: a connection of its own, a queue of its own, and its own way back after a loss.
import { Backoff, FramerailError, monotonicNow } from '../base/index.js';
import { KIND, TAG } from './flv/tag.js';
import type { Feed, FeedNews, FeedTarget } from './feed.js';
import { metadataMessage } from './metadata.js';
import { parseRtmp, type RtmpAddress } from './rtmp/address.js';
import { RtmpDial } from './rtmp/dial.js';
import type { ClientMarks } from './rtmp/client.js';

/** Where a destination stands. */
export type DestinationState = 'idle' | 'connecting' | 'accepted' | 'live' | 'slow' | 'waiting' | 'failed' | 'closed';

/** How a destination is fed. */
export interface DestinationOptions {
  /** Milliseconds until it must have accepted. */
  readonly connectTimeout: number;
  /** Milliseconds in which it must take something while bytes wait. */
  readonly stallTimeout: number;
  /** Bytes that may wait for it; beyond, it is taken back to the next keyframe. */
  readonly queueBytes: number;
  readonly verify: boolean;
  /** What is done for a stream that appears when the relay has begun. */
  readonly lateStream: LateStream;
}

/** `announce` on the same connection; `republish` on a new one, for servers that fix their tracks; or `ignore` it. */
export type LateStream = 'announce' | 'republish' | 'ignore';

/** What is heard of a destination. */
export interface DestinationHandlers {
  readonly onState: (state: DestinationState) => void;
  readonly onAccepted: () => void;
  readonly onFirstTag: () => void;
  readonly onFirstPicture: () => void;
  /** It was lost, or refused; `retryIn` milliseconds until the next attempt, or undefined when there is none. */
  readonly onLost: (error: FramerailError, retryIn: number | undefined) => void;
}

/** At once, then up to a quarter of a minute. Milliseconds. */
const RETRY = { first: 0, second: 500, longest: 15_000 };
/** Who holds a name lets go of it in its own time: 4 to 60 seconds have been seen. Milliseconds. */
const RETRY_BUSY = { first: 1000, second: 2000, longest: 15_000 };
/** Milliseconds of a healthy connection after which the next loss is the first one again. */
const HEALTHY = 30_000;
/** Refusals in a row after which it is given up; one may be a server that is just starting. */
const MOST_REFUSALS = 3;
/** A destination that was taken back begins again once this part of its queue has drained. */
const DRAINED = 0.25;

/** Feeds one destination. */
export class Destination implements FeedTarget {
  readonly address: RtmpAddress;
  /** Tags that were sent, their bytes, and tags that were dropped since the destination was slow. */
  readonly counts = { tags: 0, bytes: 0, dropped: 0, connections: 0 };
  state: DestinationState = 'idle';
  /** What it was lost for last; undefined while it was never lost. */
  lastError: FramerailError | undefined;
  /** When the first tag of its last connection was sent, by the monotonic clock in milliseconds. */
  firstTag: number | undefined;
  firstPicture: number | undefined;
  readonly #feed: Feed;
  readonly #options: DestinationOptions;
  readonly #handlers: DestinationHandlers;
  readonly #backoff = new Backoff(RETRY);
  readonly #busy = new Backoff(RETRY_BUSY);
  #refusals = 0;
  #dial: RtmpDial | undefined;
  /** Those of a connection that is over. */
  #marks: ClientMarks | undefined;
  #held = true;
  #retry: NodeJS.Timeout | undefined;
  #begun = false;
  /** Types of the tags that it is sent: the streams that it was told of. */
  readonly #carried = new Set<number>();
  #awaitsKeyframe = true;
  #draining = false;
  #acceptedAt = 0;
  /** For the watch: what it had taken when it was last seen to take something. */
  #taken = 0;
  #takenAt = 0;

  constructor(url: string, name: string, feed: Feed, options: DestinationOptions, handlers: DestinationHandlers) {
    this.address = parseRtmp(name, url);
    this.#feed = feed;
    this.#options = options;
    this.#handlers = handlers;
  }

  /** When the steps of its last connection were done. */
  get marks(): ClientMarks | undefined {
    return this.#dial?.marks ?? this.#marks;
  }

  /** Bytes that wait for it. */
  get queued(): number {
    return this.#dial?.queued ?? 0;
  }

  /** Dials; publishing waits for `release()`. */
  open(): void {
    const { connectTimeout, verify } = this.#options;
    this.#begun = false;
    this.#awaitsKeyframe = true;
    this.#draining = false;
    this.firstTag = this.firstPicture = undefined;
    this.#setState('connecting');
    this.counts.connections += 1;
    this.#dial = new RtmpDial({
      ...{ address: this.address, purpose: 'publish', held: this.#held, timeout: connectTimeout, verify },
      onAccepted: () => {
        this.#accepted();
      },
      onMedia: () => undefined,
      onEnd: (error) => {
        this.#lost(error ?? new FramerailError('FR_RELAY_LOST', `${this.address.shown} closed the connection.`));
      },
    });
  }

  /** The origin has answered: publish. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#dial?.release();
  }

  /** The streams are known: begin, if it has accepted. */
  begin(): void {
    if (this.#begun || this.state !== 'accepted' || this.#feed.ready === undefined) return;
    const { gop, metadata, clock, codecs } = this.#feed;
    this.#begun = true;
    this.#carried.clear();
    if (codecs.audio !== undefined) this.#carried.add(TAG.audio);
    if (codecs.video !== undefined) this.#carried.add(TAG.video);
    this.#setState('live');
    const { tags } = gop;
    const time = tags[0]?.time ?? clock.latest;
    if (metadata !== undefined) this.#send(TAG.data, time, metadataMessage(metadata));
    for (const { type, payload } of gop.setups) if (this.#carried.has(type)) this.#send(type, time, payload);
    for (const tag of tags) this.media(tag.type, tag.kind, tag.time, tag.payload);
    this.flush();
  }

  announce({ kind, time, late, setup, breaks }: FeedNews): void {
    if (!this.#begun) return;
    const { lateStream } = this.#options;
    if (late && lateStream === 'ignore') return;
    if (late && lateStream === 'republish') {
      this.#republish();
      return;
    }
    const { metadata } = this.#feed;
    if (late) this.#carried.add(kind === 'video' ? TAG.video : TAG.audio);
    if (metadata !== undefined && (late || kind === 'metadata')) this.#send(TAG.data, time, metadataMessage(metadata));
    if (setup !== undefined && this.#carried.has(setup.type)) this.#send(setup.type, time, setup.payload);
    if (kind === 'video' && breaks) this.#awaitsKeyframe = true;
  }

  media(type: number, kind: number, time: number, payload: Buffer): void {
    if (!this.#begun || !this.#carried.has(type)) return;
    const keyframe = type === TAG.video && (kind & KIND.key) !== 0;
    if (this.#draining && !this.#mayGoOn(keyframe)) {
      this.#drop();
      return;
    }
    if (type === TAG.video) {
      if (keyframe) this.#awaitsKeyframe = false;
      else if (this.#awaitsKeyframe) return;
    }
    if (this.queued + payload.byteLength > this.#options.queueBytes && this.queued > 0) {
      this.#draining = true;
      this.#setState('slow');
      this.#drop();
      return;
    }
    this.#send(type, time, payload);
    if (keyframe && this.firstPicture === undefined) {
      this.firstPicture = monotonicNow();
      this.#handlers.onFirstPicture();
    }
  }

  data(time: number, payload: Buffer): void {
    if (this.#begun && !this.#draining) this.#send(TAG.data, time, payload);
  }

  /** Sends what was gathered, in one write. */
  flush(): void {
    this.#dial?.flush();
  }

  /** Looks whether it still takes what it is sent; called now and then. */
  watch(now: number): void {
    const dial = this.#dial;
    if (dial === undefined || (this.state !== 'live' && this.state !== 'slow')) return;
    if (now - this.#acceptedAt > HEALTHY && this.state === 'live') this.#healthy();
    if (dial.queued === 0 || dial.sent !== this.#taken) {
      this.#taken = dial.sent;
      this.#takenAt = now;
      return;
    }
    const { stallTimeout } = this.#options;
    if (now - this.#takenAt < stallTimeout) return;
    dial.fail(
      new FramerailError('FR_RELAY_TIMEOUT', `${this.address.shown} took nothing for ${String(stallTimeout)} ms.`, {
        details: { queued: dial.queued },
      }),
    );
  }

  /** Says goodbye; nothing is tried any more. */
  close(): void {
    clearTimeout(this.#retry);
    this.#marks = this.marks;
    this.#dial?.close();
    this.#dial = undefined;
    this.#setState('closed');
  }

  #accepted(): void {
    this.#acceptedAt = monotonicNow();
    this.#takenAt = this.#acceptedAt;
    this.#refusals = 0;
    this.#setState('accepted');
    this.#handlers.onAccepted();
    this.begin();
  }

  #lost(error: FramerailError): void {
    this.#marks = this.marks;
    this.#dial = undefined;
    this.#begun = false;
    this.lastError = error;
    if (monotonicNow() - this.#acceptedAt > HEALTHY && this.#acceptedAt > 0) this.#healthy();
    this.#acceptedAt = 0;
    if (!error.retryable) this.#refusals += 1;
    const given = error.code === 'FR_RELAY_AUTH' || this.#refusals >= MOST_REFUSALS;
    const wait = given ? undefined : (error.code === 'FR_RELAY_BUSY' ? this.#busy : this.#backoff).next();
    this.#setState(given ? 'failed' : 'waiting');
    this.#handlers.onLost(error, wait);
    if (wait === undefined || this.state !== 'waiting') return;
    this.#retry = setTimeout(() => {
      this.open();
    }, wait);
  }

  #healthy(): void {
    this.#backoff.reset();
    this.#busy.reset();
    this.#refusals = 0;
  }

  /** A connection of its own says all streams at its beginning. */
  #republish(): void {
    this.#dial?.close();
    this.open();
  }

  /** Whether a slow destination may go on: at a keyframe, or with any sound where there is no video. */
  #mayGoOn(keyframe: boolean): boolean {
    if (this.queued > this.#options.queueBytes * DRAINED) return false;
    if (!keyframe && this.#carried.has(TAG.video)) return false;
    this.#draining = false;
    this.#setState('live');
    return true;
  }

  #drop(): void {
    this.counts.dropped += 1;
    this.#awaitsKeyframe = true;
  }

  #send(type: number, time: number, payload: Uint8Array): void {
    this.#dial?.send(type, time, payload);
    this.counts.tags += 1;
    this.counts.bytes += payload.byteLength;
    if (this.firstTag !== undefined) return;
    this.firstTag = monotonicNow();
    this.#handlers.onFirstTag();
  }

  #setState(state: DestinationState): void {
    if (this.state === state) return;
    this.state = state;
    this.#handlers.onState(state);
  }
}
