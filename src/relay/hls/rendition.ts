// One rendition of an HLS stream: from its playlist to tags with their times.
import { isFramerailError, type FramerailError } from '../../base/index.js';
import { KIND, TAG, videoKind } from '../flv/tag.js';
import type { Notices } from '../mpegts/notices.js';
import type { OriginHints } from '../origin.js';
import type { Pacer, PacerQueue } from './pacer.js';
import type { Next, PlaylistFollower } from './playlist-follower.js';
import { SegmentDemuxer } from './segment-demuxer.js';
import type { SegmentLoader } from './segment-loader.js';
import type { RenditionTime, Timeline } from './timeline.js';

/** What a rendition goes by. */
export interface RenditionOptions {
  readonly follower: PlaylistFollower;
  readonly loader: SegmentLoader;
  readonly timeline: Timeline;
  readonly pacer: Pacer;
  readonly notices: Notices;
  /** Types of tags that are taken from it. */
  readonly types: ReadonlySet<number>;
  /** A segment is answered for. */
  readonly onOpen: () => void;
  readonly onHints: (hints: OriginHints) => void;
}

const MIB = 1024 * 1024;
/** Bytes that may wait of one rendition. */
const MOST_BYTES = 16 * MIB;
/** Target durations that may wait: as many as a live playlist is begun ahead of its end, and one. */
const MOST_SEGMENTS = 4;
/** Segments in a row that fail until it is given up. */
const MOST_FAILURES = 5;

/** Plays one rendition. */
export class RenditionPlayer {
  readonly #options: RenditionOptions;
  readonly #queue: PacerQueue;
  readonly #time: RenditionTime;
  readonly #demuxer: SegmentDemuxer;
  /** Seconds that were listed ahead when it was begun. */
  readonly #lead: number;
  /** Segments that were begun. */
  #segments = 0;
  #failures = 0;
  #stretch: string | undefined;
  /** Whether pictures are missing: those that follow refer to them, until the next keyframe. */
  #torn = false;

  constructor(options: RenditionOptions) {
    const { timeline, pacer, notices, follower } = options;
    this.#options = options;
    this.#queue = pacer.queue(MOST_BYTES);
    this.#time = timeline.rendition();
    this.#lead = follower.ahead ?? 0;
    this.#demuxer = new SegmentDemuxer(timeline, {
      onHints: (hints) => {
        // What is read ahead says nothing of now.
        if (this.#segments <= 1) options.onHints(hints);
      },
      onTag: (type, timestamp, payload) => {
        this.#tag(type, timestamp, payload);
      },
      onWarning: (message) => {
        notices.once(message);
      },
    });
  }

  /** Plays until the playlist has ended; throws FR_RELAY_* and FR_ADDRESS_REFUSED. */
  async play(): Promise<void> {
    const { follower } = this.#options;
    for (;;) {
      await this.#queue.room(MOST_SEGMENTS * follower.targetDuration * 1000);
      const next = await follower.next();
      if (next === undefined) break;
      this.#hurry();
      await this.#load(next);
    }
    this.#queue.end();
  }

  async #load(next: Next): Promise<void> {
    const { loader, onOpen } = this.#options;
    const { segment, generation, skipped } = next;
    const stretch = `${String(generation)}:${String(segment.discontinuity)}`;
    this.#segments += 1;
    if (skipped > 0) this.#miss(skipped);
    if (stretch !== this.#stretch) this.#torn = this.#stretch !== undefined;
    this.#stretch = stretch;
    try {
      const map = await loader.map(next);
      this.#time.enter(stretch);
      this.#demuxer.begin({ stretch, map, offset: segment.range?.offset ?? 0 });
      await loader.load(next, {
        onOpen,
        onBytes: (bytes) => {
          this.#demuxer.push(bytes);
        },
        room: async () => {
          await this.#queue.room();
        },
      });
      this.#demuxer.end();
      this.#failures = 0;
    } catch (error) {
      this.#failed(error, segment.duration * 1000);
    }
  }

  /** A segment that cannot be had, or not to its end, is left out: the stream goes on with the next one. */
  #failed(error: unknown, duration: number): void {
    this.#failures += 1;
    if (!isFramerailError(error) || isFatal(error) || this.#failures >= MOST_FAILURES) throw error;
    this.#options.notices.count('segment', (times) => `A segment was left out ${times}: ${error.message}`);
    try {
      this.#demuxer.end();
    } catch (broken) {
      if (!isFramerailError(broken)) throw broken;
    }
    this.#miss(duration);
  }

  #miss(milliseconds: number): void {
    this.#time.skip(milliseconds);
    this.#torn = true;
  }

  #tag(type: number, timestamp: number, payload: Buffer): void {
    if (!this.#options.types.has(type)) return;
    const time = this.#time.place(type, timestamp);
    if (type === TAG.video && this.#torn) {
      const kind = videoKind(payload);
      if ((kind & KIND.media) !== 0 && (kind & KIND.key) === 0) return;
      if ((kind & KIND.key) !== 0) this.#torn = false;
    }
    this.#queue.push(type, time, payload);
  }

  /** Goes a little faster while more lies ahead than at the beginning: after a wait, or where clocks run apart. */
  #hurry(): void {
    const { follower, pacer } = this.#options;
    // One of them says it for all.
    if (!this.#queue.isFirst) return;
    const { ahead } = follower;
    const spare = ahead === undefined ? 0 : ahead + this.#queue.span / 1000 - this.#lead - follower.targetDuration;
    pacer.catchUp(spare * 1000);
  }
}

/** Whether it is not this one segment that fails. */
function isFatal(error: FramerailError): boolean {
  if (['FR_RELAY_AUTH', 'FR_ADDRESS_REFUSED', 'FR_CLOSED', 'FR_INTERNAL'].includes(error.code)) return true;
  // Encryption that is not read here is that of all segments.
  return error.code === 'FR_RELAY_REFUSED' && error.details['status'] === undefined;
}
