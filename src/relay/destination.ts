// One destination of a relay: a link of its own, a queue of its own, and its own way back after a loss.
import { FramerailError, monotonicNow } from '../base/index.js';
import type { AmfObject } from './amf0.js';
import { Attempts } from './attempts.js';
import type { DestinationLink, DestinationMarks, DestinationPlace, LinkOptions } from './destination-link.js';
import { KIND, TAG } from './flv/tag.js';
import type { Feed, FeedNews, FeedTarget } from './feed.js';
import { FeedGate, type GateTaker } from './feed-gate.js';

/** Where a destination stands. */
export type DestinationState = 'idle' | 'connecting' | 'accepted' | 'live' | 'slow' | 'waiting' | 'failed' | 'closed';

/** How a destination is fed. */
export interface DestinationOptions extends LinkOptions {
  /** Milliseconds in which it must take something while bytes wait. */
  readonly stallTimeout: number;
  /** Bytes that may wait for it; beyond, it is taken back to the next keyframe. */
  readonly queueBytes: number;
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
  /** Something went wrong that does not end the connection, in one sentence. */
  readonly onWarning: (message: string) => void;
}

/** A destination that was taken back begins again once this part of its queue has drained. */
const DRAINED = 0.25;

/** Feeds one destination. */
export class Destination implements FeedTarget, GateTaker {
  /** Tags that were sent, their bytes, and tags that were dropped since the destination was slow. */
  readonly counts = { tags: 0, bytes: 0, dropped: 0, connections: 0 };
  state: DestinationState = 'idle';
  /** What it was lost for last; undefined while it was never lost. */
  lastError: FramerailError | undefined;
  /** When the first tag of its last connection was sent, by the monotonic clock in milliseconds. */
  firstTag: number | undefined;
  firstPicture: number | undefined;
  readonly #place: DestinationPlace;
  readonly #gate: FeedGate;
  readonly #options: DestinationOptions;
  readonly #handlers: DestinationHandlers;
  readonly #attempts = new Attempts();
  #link: DestinationLink | undefined;
  /** Those of a connection that is over. */
  #marks: DestinationMarks | undefined;
  #held = true;
  #retry: NodeJS.Timeout | undefined;
  #draining = false;
  /** For the watch: what it had taken when it was last seen to take something. */
  #taken = 0;
  #takenAt = 0;

  constructor(place: DestinationPlace, feed: Feed, options: DestinationOptions, handlers: DestinationHandlers) {
    this.#place = place;
    this.#gate = new FeedGate(feed, this);
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Its address without secrets. */
  get shown(): string {
    return this.#place.shown;
  }

  /** When the steps of its last connection were done. */
  get marks(): DestinationMarks | undefined {
    return this.#link?.marks ?? this.#marks;
  }

  /** Bytes that wait for it. */
  get queued(): number {
    return this.#link?.queued ?? 0;
  }

  /** Dials; publishing waits for `release()`. */
  open(): void {
    this.#gate.close();
    this.#draining = false;
    this.firstTag = this.firstPicture = undefined;
    this.#setState('connecting');
    this.counts.connections += 1;
    this.#link = this.#place.dial(this.#options, {
      held: this.#held,
      onAccepted: () => {
        this.#accepted();
      },
      onWarning: this.#handlers.onWarning,
      onEnd: (error) => {
        this.#lost(error ?? new FramerailError('FR_RELAY_LOST', `${this.shown} closed the connection.`));
      },
    });
  }

  /** The origin has answered: publish. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#link?.release();
  }

  /** The streams are known: begin, if it has accepted. */
  begin(): void {
    if (this.state !== 'accepted' || !this.#gate.open()) return;
    this.#setState('live');
    this.#gate.begin((type, kind, time, payload) => {
      this.media(type, kind, time, payload);
    });
    this.flush();
  }

  announce(news: FeedNews): void {
    const { lateStream } = this.#options;
    if (news.late && lateStream === 'ignore') return;
    if (news.late && lateStream === 'republish' && this.#place.takesLate !== true) {
      if (this.#gate.isOpen) this.#republish();
      return;
    }
    this.#gate.announce(news);
  }

  media(type: number, kind: number, time: number, payload: Buffer): void {
    if (!this.#gate.carries(type)) return;
    const keyframe = type === TAG.video && (kind & KIND.key) !== 0;
    if (this.#draining && !this.#mayGoOn(keyframe)) {
      this.#drop();
      return;
    }
    if (!this.#gate.admits(type, kind)) return;
    if (this.queued + payload.byteLength > this.#options.queueBytes && this.queued > 0) {
      this.#draining = true;
      this.#setState('slow');
      this.#drop();
      return;
    }
    this.write(type, time, payload);
    if (keyframe && this.firstPicture === undefined) {
      this.firstPicture = monotonicNow();
      this.#handlers.onFirstPicture();
    }
  }

  data(time: number, payload: Buffer): void {
    if (this.#gate.isOpen && !this.#draining) this.write(TAG.data, time, payload);
  }

  describe(metadata: AmfObject): Buffer | undefined {
    return this.#link?.describe(metadata);
  }

  write(type: number, time: number, payload: Buffer): void {
    this.#link?.send(type, time, payload);
    this.counts.tags += 1;
    this.counts.bytes += payload.byteLength;
    if (this.firstTag !== undefined) return;
    this.firstTag = monotonicNow();
    this.#handlers.onFirstTag();
  }

  /** Sends what was gathered, in one write. */
  flush(): void {
    this.#link?.flush();
  }

  /** Looks whether it still takes what it is sent; called now and then. */
  watch(now: number): void {
    const link = this.#link;
    if (link === undefined || (this.state !== 'live' && this.state !== 'slow')) return;
    if (link.queued === 0 || link.sent !== this.#taken) {
      this.#taken = link.sent;
      this.#takenAt = now;
      return;
    }
    const { stallTimeout } = this.#options;
    if (now - this.#takenAt < stallTimeout) return;
    link.fail(
      new FramerailError('FR_RELAY_TIMEOUT', `${this.shown} took nothing for ${String(stallTimeout)} ms.`, {
        details: { queued: link.queued },
      }),
    );
  }

  /** Says goodbye; nothing is tried any more. What it gives, if anything, resolves when all is written. */
  close(): Promise<void> | undefined {
    clearTimeout(this.#retry);
    this.#marks = this.marks;
    this.#gate.close();
    const closing = this.#link?.close();
    this.#link = undefined;
    this.#setState('closed');
    return closing;
  }

  #accepted(): void {
    this.#attempts.accepted();
    this.#takenAt = monotonicNow();
    this.#setState('accepted');
    this.#handlers.onAccepted();
    this.begin();
  }

  #lost(error: FramerailError): void {
    this.#marks = this.marks;
    this.#link = undefined;
    this.#gate.close();
    this.lastError = error;
    const wait = this.#attempts.failed(error, this.#place.listens);
    this.#setState(wait === undefined ? 'failed' : 'waiting');
    this.#handlers.onLost(error, wait);
    if (wait === undefined || this.state !== 'waiting') return;
    this.#retry = setTimeout(() => {
      this.open();
    }, wait);
  }

  /** A connection of its own says all streams at its beginning. */
  #republish(): void {
    void this.#link?.close();
    this.open();
  }

  /** Whether a slow destination may go on: at a keyframe, or with any sound where there is no video. */
  #mayGoOn(keyframe: boolean): boolean {
    if (this.queued > this.#options.queueBytes * DRAINED) return false;
    if (!keyframe && this.#gate.hasVideo) return false;
    this.#draining = false;
    this.#setState('live');
    return true;
  }

  #drop(): void {
    this.counts.dropped += 1;
    this.#gate.tear();
  }

  #setState(state: DestinationState): void {
    if (this.state === state) return;
    this.state = state;
    this.#handlers.onState(state);
  }
}
