// The viewers of one relay: they wait together until its stream flows, and each tag is made for all of them once.
import { monotonicNow } from '../../base/index.js';
import type { Feed, FeedNews } from '../feed.js';
import { flvTag } from '../flv/bytes.js';
import { TAG } from '../flv/tag.js';
import type { Listener } from '../listener.js';
import { Viewer, type ViewerLimits } from './viewer.js';
import { endSoon, type Visitor } from './visitor.js';

/** Milliseconds between two looks at the viewers. */
const WATCH_INTERVAL = 500;

/** A stream whose last tag is no older flows. Milliseconds. */
const FLOWS = 3000;

/** How an audience is treated. */
export interface AudienceOptions extends ViewerLimits {
  /** Milliseconds for which a stream is waited for that does not flow. */
  readonly patience: number;
  /** Milliseconds without media after which viewers are sent away. */
  readonly silence: number;
}

/** Somebody who waits for the stream to flow. */
interface Waiting {
  readonly visitor: Visitor;
  readonly until: number;
}

/** Everybody who watches one relay over HTTP; it outlives the runs of that relay. */
export class Audience implements Listener {
  readonly #options: () => AudienceOptions;
  readonly #onChange: () => void;
  readonly #viewers = new Set<Viewer>();
  readonly #waiting = new Set<Waiting>();
  #feed: Feed | undefined;
  /** When the last tag came. */
  #lastAt = Number.NEGATIVE_INFINITY;
  #watch: NodeJS.Timeout | undefined;
  /** For those who have left. */
  #dropped = 0;
  /** Tags of the cache as bytes: viewers who come within one group share them. */
  readonly #kept = new WeakMap<Buffer, Buffer>();
  readonly #keptTag = (type: number, time: number, payload: Buffer): Buffer => {
    let tag = this.#kept.get(payload);
    if (tag === undefined) this.#kept.set(payload, (tag = flvTag(type, time, payload)));
    return tag;
  };

  /** @param onChange - somebody came or left */
  constructor(options: () => AudienceOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  /** Viewers, and those who wait to become some. */
  get size(): number {
    return this.#viewers.size + this.#waiting.size;
  }

  /** Tags that were left out for those who were slow. */
  get dropped(): number {
    let sum = this.#dropped;
    for (const viewer of this.#viewers) sum += viewer.dropped;
    return sum;
  }

  /** Takes somebody in: the stream is sent as soon as it flows, or a refusal when it does not. */
  enter(visitor: Visitor): void {
    const { stream } = visitor;
    if (stream.destroyed) return;
    const waiting: Waiting = { visitor, until: monotonicNow() + this.#options().patience };
    this.#waiting.add(waiting);
    stream.once('close', () => {
      this.#waiting.delete(waiting);
      this.#left();
    });
    this.#watch ??= setInterval(() => {
      this.#look();
    }, WATCH_INTERVAL);
    this.#onChange();
    if (monotonicNow() - this.#lastAt < FLOWS) this.#admit();
  }

  /** A relay runs. */
  attach(feed: Feed): this {
    this.#feed = feed;
    return this;
  }

  /** It is over: whoever watches is sent away, and whoever waits goes on to wait. */
  detach(): void {
    this.#feed = undefined;
    this.#lastAt = Number.NEGATIVE_INFINITY;
    this.#dismiss();
  }

  /** The streams are known: whoever waits begins. */
  begin(): void {
    this.#lastAt = monotonicNow();
    this.#admit();
  }

  announce(news: FeedNews): void {
    for (const viewer of this.#viewers) viewer.announce(news);
  }

  media(type: number, kind: number, time: number, payload: Buffer): void {
    this.#lastAt = monotonicNow();
    const watching = this.#waiting.size === 0 ? this.#viewers : this.#admitAt();
    if (watching.size === 0) return;
    const tag = flvTag(type, time, payload);
    for (const viewer of watching) viewer.media(type, kind, tag);
  }

  data(time: number, payload: Buffer): void {
    if (this.#viewers.size === 0) return;
    const tag = flvTag(TAG.data, time, payload);
    for (const viewer of this.#viewers) viewer.data(tag);
  }

  /** Sends everybody away. */
  close(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
    this.detach();
    for (const { visitor } of this.#waiting) visitor.refuse(503, 'The relay was stopped.');
    this.#waiting.clear();
  }

  /** Whoever waits becomes a viewer, from what is kept of the stream on. */
  #admit(): void {
    const feed = this.#feed;
    if (feed?.ready === undefined) return;
    for (const waiting of this.#waiting) {
      const { visitor } = waiting;
      this.#waiting.delete(waiting);
      if (visitor.stream.destroyed) continue;
      const viewer = new Viewer(visitor.stream, feed, this.#options(), monotonicNow());
      this.#viewers.add(viewer);
      visitor.stream.once('close', () => {
        this.#viewers.delete(viewer);
        this.#dropped += viewer.dropped;
        this.#left();
      });
      visitor.accept();
      viewer.begin(this.#keptTag);
    }
  }

  /** The same amid a tag, which lies in the cache already, unless that is too small for it; gives who lacks it. */
  #admitAt(): ReadonlySet<Viewer> {
    const before = new Set(this.#viewers);
    this.#admit();
    return this.#feed?.gop.tags.length === 0 ? this.#viewers : before;
  }

  #dismiss(): void {
    for (const viewer of this.#viewers) if (!viewer.stream.writableEnded) endSoon(viewer.stream);
  }

  #left(): void {
    if (this.size === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
    this.#onChange();
  }

  #look(): void {
    const now = monotonicNow();
    for (const viewer of this.#viewers) viewer.watch(now);
    for (const waiting of this.#waiting) {
      if (now < waiting.until) continue;
      this.#waiting.delete(waiting);
      waiting.visitor.refuse(503, 'The origin does not play now.');
    }
    // A player that gets nothing for long would wait for ever: it may ask again, and is told then.
    if (now - this.#lastAt > this.#options().silence) this.#dismiss();
  }
}
