// The first tags of a connection: they wait until each stream has come, so that the earliest goes first. Whoever counts from
// the first tag on would otherwise have no time for pictures that are decoded, or sound that is heard, ahead of it.
import type { TagSink } from '../elementary/video-tagger.js';
import { audioKind, KIND, TAG, videoKind } from '../flv/tag.js';

/** A tag that waits. */
interface Waiting {
  readonly type: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

/** Milliseconds until it goes on with what is there: a relay waits longer than that for a stream that was announced. */
const PATIENCE = 250;
/** Bytes that wait at most. */
const MOST_BYTES = 8 * 1024 * 1024;

/** Lets tags pass once their beginning is known. */
export class Opening {
  readonly #emit: TagSink;
  readonly #onTurn: () => void;
  /** Types of tags that are still to come. */
  readonly #missing: Set<number>;
  #waiting: Waiting[] | undefined = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param types - of the tags of all streams
   * @param onTurn - all that waited was given, without anything new having come
   */
  constructor(types: Iterable<number>, emit: TagSink, onTurn: () => void) {
    this.#missing = new Set(types);
    this.#emit = emit;
    this.#onTurn = onTurn;
  }

  /** Takes a tag; it is copied where it must wait. */
  push(type: number, timestamp: number, payload: Buffer): void {
    if (this.#waiting === undefined) {
      this.#emit(type, timestamp, payload);
      return;
    }
    this.#waiting.push({ type, timestamp, payload: Buffer.from(payload) });
    this.#bytes += payload.byteLength;
    this.#timer ??= setTimeout(() => {
      this.#open();
      this.#onTurn();
    }, PATIENCE);
    // What a decoder is set up with has no time of its own.
    const kind = type === TAG.video ? videoKind(payload) : audioKind(payload);
    if ((kind & KIND.media) !== 0) this.#missing.delete(type);
    if (this.#missing.size === 0 || this.#bytes > MOST_BYTES) this.#open();
  }

  /** Forgets what waits. */
  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = undefined;
  }

  #open(): void {
    clearTimeout(this.#timer);
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    const first = waiting[0];
    if (first === undefined) return;
    // Stable, and by differences of 32 bits: each stream keeps its order, and headers stay ahead of what they are for.
    const streams = [...new Set(waiting.map(({ type }) => type))].map((type) =>
      waiting.filter((tag) => tag.type === type),
    );
    for (;;) {
      let next: Waiting[] | undefined;
      for (const stream of streams) {
        const tag = stream[0];
        if (tag === undefined) continue;
        const least = next?.[0];
        if (least === undefined || ((tag.timestamp - least.timestamp) | 0) < 0) next = stream;
      }
      const tag = next?.shift();
      if (tag === undefined) return;
      this.#emit(tag.type, tag.timestamp, tag.payload);
    }
  }
}
