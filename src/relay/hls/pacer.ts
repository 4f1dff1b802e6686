// An even flow out of whole segments: each tag is let go when its time has come, and the first one at once.
import { monotonicNow } from '../../base/index.js';
import { tagTime } from '../elementary/tag-time.js';
import { audioKind, KIND, TAG, videoKind } from '../flv/tag.js';

/** Who takes what is let go. */
export interface PacerHandlers {
  readonly onTag: (type: number, timestamp: number, payload: Buffer) => void;
  /** All that was due was handed over. */
  readonly onTurn: () => void;
}

/** One tag that waits. */
interface Waiting {
  readonly type: number;
  /** Milliseconds, not wrapped. */
  readonly time: number;
  readonly payload: Buffer;
}

/** Milliseconds between two looks at the queues at least: what becomes due meanwhile goes together. */
const TICK = 10;
/** A gap in all renditions that is not waited for. Milliseconds of the stream. */
const GAP = 10_000;
/** How much faster than time it goes while something is made up for. */
const HASTE = 0.05;
/** Milliseconds until a stream begins whose header goes ahead. */
const SOON = 1000;
/** Milliseconds ahead of its beginning at which a second rendition may begin. */
const EARLY = 200;

/**
 * Lets tags go at the pace of the wall clock: the first picture at once, or the first sound where there is none, each other one
 * as much later as it lies behind it in the stream. What comes too late moves the whole schedule, so that one wait is not followed by many; `catchUp` makes up
 * for such waits, and for clocks that run apart, by going a twentieth faster.
 */
export class Pacer {
  readonly #handlers: PacerHandlers;
  readonly #queues = new Set<PacerQueue>();
  /** When the tag of time zero is or was due. */
  #origin: number | undefined;
  /** The time of the first tag of all. */
  #first = 0;
  /** Whether a picture has come. */
  #pictured = false;
  #released: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires. */
  #wakesAt = 0;
  #lastRun = 0;
  /** Milliseconds that are to be made up for. */
  #behind = 0;
  #drained: (() => void) | undefined;
  #running = false;
  /** Whether something was handed over since the last turn. */
  #gave = false;
  #closed = false;

  constructor(handlers: PacerHandlers) {
    this.#handlers = handlers;
  }

  /**
   * A queue for one rendition.
   * @param mostBytes - that may wait in it
   */
  queue(mostBytes: number): PacerQueue {
    const queue: PacerQueue = new PacerQueue(mostBytes, (tag) => this.#arrived(queue, tag), this.#begun);
    this.#queues.add(queue);
    return queue;
  }

  /** Makes up for so many milliseconds; replaces what was said before. */
  catchUp(milliseconds: number): void {
    this.#behind = Math.max(0, milliseconds);
  }

  /** Resolves when all queues have ended and nothing waits any more. */
  async drained(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      this.#run();
    });
  }

  /** Lets nothing go any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const queue of this.#queues) queue.close();
  }

  /** Whether a tag of a rendition lies ahead of the beginning, where nobody needs it. */
  readonly #begun = (queue: PacerQueue, time: number): boolean =>
    this.#origin === undefined || queue.isFirst || time >= this.#first - EARLY;

  #arrived(queue: PacerQueue, { type, time, payload }: Waiting): boolean {
    const now = monotonicNow();
    if (this.#origin === undefined) {
      this.#origin = now - time;
      this.#first = time;
      this.#lastRun = now;
      queue.isFirst = true;
    }
    // What decoders must be told is waited for by all at the beginning; a stream that begins later is announced then.
    if (isHeader(type, payload) && !queue.hasOf(type) && this.#origin + time - now <= SOON) {
      this.#handlers.onTag(type, tagTime(time), payload);
      this.#gave = true;
      this.#wake(now);
      return false;
    }
    if (type === TAG.video && !this.#pictured) this.#anchor(time, now);
    const due = this.#origin + time;
    if (due < now) this.#origin += now - due;
    this.#wake(Math.max(now, due));
    return true;
  }

  /** The first picture is what is waited for: where sound lies a little ahead of it, that goes with it at once. */
  #anchor(time: number, now: number): void {
    this.#pictured = true;
    const wait = (this.#origin ?? now) + time - now;
    if (wait > 0 && time - this.#first <= EARLY) this.#origin = now - time;
  }

  /** Looks at the queues at a time, or earlier. */
  #wake(at: number): void {
    if (this.#closed || this.#running || (this.#timer !== undefined && this.#wakesAt <= at)) return;
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#run();
      },
      Math.max(0, at - monotonicNow()),
    );
  }

  #run(): void {
    if (this.#closed) return;
    const now = monotonicNow();
    this.#hurry(now);
    this.#running = true;
    for (let head = this.#head(); head !== undefined; head = this.#head()) {
      const due = this.#due(head.tag.time, now);
      if (due > now) break;
      this.#released = head.tag.time;
      head.queue.shift(head.tag);
      this.#handlers.onTag(head.tag.type, tagTime(head.tag.time), head.tag.payload);
      this.#gave = true;
      if (this.isClosed()) return;
    }
    this.#running = false;
    if (this.#gave) this.#handlers.onTurn();
    this.#gave = false;
    for (const queue of this.#queues) queue.offer();
    this.#next(now);
  }

  /** A method, as what it tells changes while handlers run. */
  isClosed(): boolean {
    return this.#closed;
  }

  #next(now: number): void {
    const head = this.#head();
    if (head !== undefined) {
      this.#wake(Math.max(now + TICK, this.#due(head.tag.time, now)));
      return;
    }
    if (this.#drained !== undefined && [...this.#queues].every(({ ended }) => ended)) this.#drained();
  }

  #hurry(now: number): void {
    if (this.#origin === undefined) return;
    const gained = Math.min(this.#behind, Math.max(0, now - this.#lastRun) * HASTE);
    this.#behind -= gained;
    this.#origin -= gained;
    this.#lastRun = now;
  }

  /** When a tag is due; a gap that is in everything that will come is passed over. */
  #due(time: number, now: number): number {
    const origin = this.#origin ?? 0;
    const due = origin + time;
    const gap = this.#released !== undefined && time - this.#released > GAP;
    if (!gap || due <= now || [...this.#queues].some((queue) => queue.isEmpty && !queue.ended)) return due;
    this.#origin = now - time;
    return now;
  }

  /** The tag that is due first. */
  #head(): { readonly queue: PacerQueue; readonly tag: Waiting } | undefined {
    let first: { readonly queue: PacerQueue; readonly tag: Waiting } | undefined;
    for (const queue of this.#queues)
      for (const tag of queue.heads()) if (first === undefined || tag.time < first.tag.time) first = { queue, tag };
    return first;
  }
}

/** What waits of one rendition, in the order of each of its tracks. */
export class PacerQueue {
  /** Whether the first tag of all came from here. */
  isFirst = false;
  /** Whether nothing more will come. */
  ended = false;
  readonly #mostBytes: number;
  readonly #onPush: (tag: Waiting) => boolean;
  readonly #isWanted: (queue: PacerQueue, time: number) => boolean;
  readonly #tracks = new Map<number, Track>();
  #bytes = 0;
  #waiting: { readonly span: number; readonly resolve: () => void }[] = [];
  #closed = false;

  /** Made by {@link Pacer.queue}. */
  constructor(
    mostBytes: number,
    onPush: (tag: Waiting) => boolean,
    isWanted: (queue: PacerQueue, time: number) => boolean,
  ) {
    this.#mostBytes = mostBytes;
    this.#onPush = onPush;
    this.#isWanted = isWanted;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Milliseconds of the stream that wait. */
  get span(): number {
    let [from, to] = [Infinity, -Infinity];
    for (const track of this.#tracks.values()) {
      const [first, last] = [track.head(), track.tags.at(-1)];
      if (first === undefined || last === undefined) continue;
      from = Math.min(from, first.time);
      to = Math.max(to, last.time);
    }
    return Math.max(0, to - from);
  }

  /** Adds a tag, whose payload is copied. */
  push(type: number, time: number, payload: Buffer): void {
    if (this.#closed || (!this.#isWanted(this, time) && !isHeader(type, payload))) return;
    const tag = { type, time, payload: Buffer.from(payload) };
    if (!this.#onPush(tag)) return;
    const track = this.#tracks.get(type) ?? new Track();
    this.#tracks.set(type, track);
    track.tags.push(tag);
    this.#bytes += sizeOf(tag);
  }

  /** Nothing more will come. */
  end(): void {
    this.ended = true;
  }

  /** Whether a tag of a type waits. */
  hasOf(type: number): boolean {
    return this.#tracks.get(type)?.head() !== undefined;
  }

  /** The first tag of each track. */
  *heads(): Generator<Waiting> {
    for (const track of this.#tracks.values()) {
      const head = track.head();
      if (head !== undefined) yield head;
    }
  }

  /** Takes out a tag that is the first one of its track. */
  shift(tag: Waiting): void {
    this.#tracks.get(tag.type)?.shift();
    this.#bytes -= sizeOf(tag);
  }

  /**
   * Resolves when there is room for more.
   * @param span - milliseconds of the stream that may wait
   */
  async room(span = Infinity): Promise<void> {
    if (this.#closed || this.#hasRoom(span)) return;
    await new Promise<void>((resolve) => this.#waiting.push({ span, resolve }));
  }

  /** Tells those who wait for room that there is some. */
  offer(): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter(({ span }) => this.#closed || this.#hasRoom(span));
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => !ready.includes(one));
    for (const { resolve } of ready) resolve();
  }

  close(): void {
    this.#closed = true;
    this.#tracks.clear();
    this.#bytes = 0;
    this.offer();
  }

  #hasRoom(span: number): boolean {
    return this.#bytes < this.#mostBytes && (span === Infinity || this.span < span);
  }
}

/** Tags of one kind; what was taken out in front is dropped now and then, all at once. */
class Track {
  readonly tags: Waiting[] = [];
  #at = 0;

  head(): Waiting | undefined {
    return this.tags[this.#at];
  }

  shift(): void {
    this.#at += 1;
    if (this.#at < this.tags.length && this.#at < 1024) return;
    this.tags.splice(0, this.#at);
    this.#at = 0;
  }
}

/** Bytes that a tag takes, with what it costs to keep it. */
function sizeOf({ payload }: Waiting): number {
  return payload.byteLength + 100;
}

function isHeader(type: number, payload: Buffer): boolean {
  const kind = type === TAG.video ? videoKind(payload) : type === TAG.audio ? audioKind(payload) : 0;
  return (kind & (KIND.header | KIND.about)) !== 0;
}
