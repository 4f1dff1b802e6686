// One viewer over HTTP: what waits for it has a budget, and one that takes nothing is not waited for.
import type { Writable } from 'node:stream';
import { KIND, TAG } from '../flv/tag.js';

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

/** Writes tags to one viewer. */
export class Viewer {
  /** Tags that were left out since it was slow. */
  dropped = 0;
  readonly stream: Writable;
  readonly #limits: ViewerLimits;
  #awaitsKeyframe = true;
  #draining = false;
  #corked = false;
  #written = 0;
  /** For the watch: what it had taken when it was last seen to take something. */
  #taken = 0;
  #takenAt: number;

  /** @param now - the monotonic clock in milliseconds */
  constructor(stream: Writable, limits: ViewerLimits, now: number) {
    this.stream = stream;
    this.#limits = limits;
    this.#takenAt = now;
  }

  /** Bytes that wait for it. */
  get queued(): number {
    return this.stream.writableLength;
  }

  /** What must be known in any case: the beginning of the stream, and what changes about it. */
  tell(bytes: Buffer): void {
    if (this.queued > this.#limits.queueBytes * MOST_BEYOND) this.stream.destroy();
    else this.#write(bytes);
  }

  /** Pictures that follow are no use until the next keyframe. */
  tear(): void {
    this.#awaitsKeyframe = true;
  }

  /**
   * A whole tag of media, whose bytes must stay as they are.
   * @param kind - bits of `KIND`
   * @param hasVideo - whether the stream has pictures, as sound alone may go on anywhere
   */
  media(type: number, kind: number, tag: Buffer, hasVideo: boolean): void {
    const keyframe = type === TAG.video && (kind & KIND.key) !== 0;
    if (this.#draining) {
      if (this.queued > this.#limits.queueBytes * DRAINED || (hasVideo && !keyframe)) {
        this.dropped += 1;
        return;
      }
      this.#draining = false;
    }
    if (type === TAG.video) {
      if (keyframe) this.#awaitsKeyframe = false;
      else if (this.#awaitsKeyframe) return;
    }
    if (this.queued > 0 && this.queued + tag.byteLength > this.#limits.queueBytes) {
      this.#draining = true;
      this.dropped += 1;
      return;
    }
    this.#write(tag);
  }

  /** Breaks off with a viewer that has taken nothing for too long; called now and then. */
  watch(now: number): void {
    const taken = this.#written - this.queued;
    if (this.queued === 0 || taken !== this.#taken) {
      this.#taken = taken;
      this.#takenAt = now;
    } else if (now - this.#takenAt >= this.#limits.stallTimeout) this.stream.destroy();
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
