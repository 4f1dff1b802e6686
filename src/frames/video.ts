// A video that was opened: facts about it, and frames out of it.
import { FramerailError } from '../base/index.js';
import type { ResolvedSource } from '../sources/index.js';
import { runJob, type WorkerPool } from '../workers/index.js';
import { FRAMES_JOB, FrameStream } from './frame-stream.js';
import type { LayoutEvent } from './frame-facts.js';
import type { MediaInfo } from './media-info.js';
import { checkFrames, checkFramesAt, type FramesAtOptions, type FramesOptions } from './options.js';
import type { FrameFacts, FramesResult } from './selection.js';
import { FrameTensor } from './video-frame.js';

/** An opened video. Each call reads the file anew in a worker, so a crash costs one call and no more. */
export class Video {
  /** What its headers say. */
  readonly info: MediaInfo;
  readonly #pool: WorkerPool;
  readonly #source: ResolvedSource;
  readonly #closing = new AbortController();

  /** @internal */
  constructor(pool: WorkerPool, source: ResolvedSource, info: MediaInfo) {
    this.#pool = pool;
    this.#source = source;
    this.info = info;
  }

  /**
   * Frames in batches, in order of time. Views live until the next batch is asked for, unless a frame is retained.
   * Throws FR_ARG_INVALID at once for wrong options; the stream rejects with FR_INPUT_*, FR_DECODE_*, FR_WORKER_*,
   * FR_TIMEOUT, FR_ABORTED or FR_CLOSED.
   * @param options - which frames, in what form
   */
  frames(options: FramesOptions = {}): FrameStream {
    const checked = checkFrames(options, this.#pool.settings);
    this.#throwIfClosed();
    return new FrameStream({
      pool: this.#pool,
      resolve: () => this.#source,
      name: this.info.name,
      checked,
      options,
      closed: this.#closing.signal,
    });
  }

  /**
   * The frames on display at some times, in one piece of shared memory: a batch for a model.
   * @param times - seconds, in any order; the result keeps it
   * @param options - the form of the frames and the order of the dimensions
   * @returns a tensor that the caller releases
   */
  async framesAt(times: readonly number[], options: FramesAtOptions = {}): Promise<FrameTensor> {
    const checked = checkFramesAt(times, options);
    this.#throwIfClosed();
    let layout: LayoutEvent['layout'] | undefined;
    const { items } = await runJob<FramesResult>(this.#pool, this.#source, {
      module: FRAMES_JOB.native,
      params: checked.params,
      options,
      closed: this.#closing.signal,
      what: `Reading frames of ${this.info.name}`,
      onEvent: (payload) => {
        ({ layout } = payload as LayoutEvent);
      },
    });
    const item = items[0];
    if (item === undefined || layout === undefined)
      throw new FramerailError('FR_INTERNAL', 'A tensor job gave no tensor.');
    const facts = item.facts as FrameFacts[];
    return new FrameTensor(item.lease, shapeOf(layout, facts.length, options), facts);
  }

  /** Ends every call that still runs on this video with FR_CLOSED. */
  close(): void {
    this.#closing.abort(new FramerailError('FR_CLOSED', `${this.info.name} was closed.`));
  }

  /** The same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #throwIfClosed(): void {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
  }
}

function shapeOf(
  { width, height, format, byteLength }: LayoutEvent['layout'],
  count: number,
  options: FramesAtOptions,
): number[] {
  const channels = { rgb24: 3, rgba: 4, gray: 1 }[format];
  // Formats with smaller chroma planes have no channels to count: a frame is a row of bytes.
  if (channels === undefined) return [count, byteLength];
  return options.layout === 'nchw' ? [count, channels, height, width] : [count, height, width, channels];
}
