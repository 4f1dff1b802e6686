// One viewer over HTTP: what waits for it has a budget, and one that takes nothing is not waited for.
import type { Writable } from 'node:stream';
import type { AmfObject } from '../amf0.js';
import type { Feed, FeedNews } from '../feed.js';
import { FeedGate, type GateTaker } from '../feed-gate.js';
import { flvHeader, flvTag } from '../flv/bytes.js';
import { KIND, TAG } from '../flv/tag.js';
import { METADATA_TIME, metadataTag } from '../metadata.js';

/** How much is borne of a viewer. */
export interface ViewerLimits {
  /** Bytes that may wait; beyond, it is taken back to the next keyframe. */
  readonly queueBytes: number;
  /** Milliseconds in which it must take something of what waits. */
  readonly stallTimeout: number;
}

/** A viewer that was taken back begins again once this part of its queue has drained. */
const DRAINED = 0.25;
/** What must be said in any case, such as headers, may go beyond the queue by this factor. */
const MOST_BEYOND = 2;

/** Writes the stream to one viewer. */
export class Viewer implements GateTaker {
  /** Tags that were left out since it was slow. */
  dropped = 0;
  readonly stream: Writable;
  readonly #gate: FeedGate;
  readonly #limits: ViewerLimits;
  #draining = false;
  #corked = false;
  #written = 0;
  /** For the watch: what it had taken when it was last seen to take something. */
  #taken = 0;
  #takenAt: number;

  /** @param now - the monotonic clock in milliseconds */
  constructor(stream: Writable, feed: Feed, limits: ViewerLimits, now: number) {
    this.stream = stream;
    this.#gate = new FeedGate(feed, this);
    this.#limits = limits;
    this.#takenAt = now;
  }

  /** Bytes that wait for it. */
  get queued(): number {
    return this.stream.writableLength;
  }

  /**
   * Begins with what is kept of the stream.
   * @param tagOf - gives a tag that is kept as bytes
   */
  begin(tagOf: (type: number, time: number, payload: Buffer) => Buffer): void {
    if (!this.#gate.open()) return;
    // A stream that comes later is a tag like any other: who plays it must not rule it out.
    this.#write(flvHeader({ audio: true, video: true }));
    this.#gate.begin((type, kind, time, payload) => {
      this.media(type, kind, tagOf(type, time, payload));
    });
  }

  announce(news: FeedNews): void {
    this.#gate.announce(news);
  }

  /**
   * A tag of media.
   * @param kind - bits of `KIND`
   * @param tag - the whole of it, whose bytes must stay as they are
   */
  media(type: number, kind: number, tag: Buffer): void {
    if (!this.#gate.carries(type)) return;
    if (this.#draining && !this.#mayGoOn(type, kind)) this.dropped += 1;
    else if (this.#gate.admits(type, kind)) this.#offer(tag);
  }

  /** A tag of data that is no metadata. */
  data(tag: Buffer): void {
    if (this.#gate.isOpen && !this.#draining) this.#offer(tag);
  }

  describe(metadata: AmfObject): Buffer {
    return metadataTag(metadata);
  }

  write(type: number, time: number, payload: Uint8Array): void {
    if (this.queued > this.#limits.queueBytes * MOST_BEYOND) this.stream.destroy();
    else this.#write(flvTag(type, type === TAG.data ? METADATA_TIME : time, payload));
  }

  /** Breaks off with a viewer that has taken nothing for too long; called now and then. */
  watch(now: number): void {
    const taken = this.#written - this.queued;
    if (this.queued === 0 || taken !== this.#taken) {
      this.#taken = taken;
      this.#takenAt = now;
    } else if (now - this.#takenAt >= this.#limits.stallTimeout) this.stream.destroy();
  }

  /** Whether one who is slow may go on: at a keyframe, or with any sound where there is no video. */
  #mayGoOn(type: number, kind: number): boolean {
    if (this.queued > this.#limits.queueBytes * DRAINED) return false;
    if (this.#gate.hasVideo && !(type === TAG.video && (kind & KIND.key) !== 0)) return false;
    this.#draining = false;
    return true;
  }

  #offer(tag: Buffer): void {
    if (this.queued > 0 && this.queued + tag.byteLength > this.#limits.queueBytes) {
      this.#draining = true;
      this.dropped += 1;
    } else this.#write(tag);
  }

  #write(bytes: Buffer): void {
    if (this.stream.destroyed || this.stream.writableEnded) return;
    // All that came together leaves in one write.
    if (!this.#corked) {
      this.#corked = true;
      this.stream.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.stream.uncork();
      });
    }
    this.#written += bytes.byteLength;
    this.stream.write(bytes);
  }
}
