// The stream of frames of one call: batches with back-pressure, and an end that always cleans up.
import { deadlineError, FramerailError, startDeadline, type CallOptions } from '../base/index.js';
import type { PictureLayout } from '../pixels/index.js';
import type { ResolvedSource } from '../sources/index.js';
import { jobModule, type JobModule, type LeasedItem, type WorkerPool } from '../workers/index.js';
import type { LayoutEvent } from './frame-facts.js';
import type { CheckedFrames } from './options.js';
import type { FrameFacts, FramesResult } from './selection.js';
import { FrameBatch, VideoFrame } from './video-frame.js';

/** The frames job. */
export const FRAMES_JOB: JobModule = {
  native: jobModule(import.meta.url, './frames-job.js'),
  spawned: jobModule(import.meta.url, './spawned/frames-job.js'),
};

/** Milliseconds after which the event loop gets a turn between two batches. */
const TURN_INTERVAL = 20;

/** What a stream of frames works on. */
export interface FrameCall {
  readonly pool: WorkerPool;
  readonly source: ResolvedSource;
  readonly checked: CheckedFrames;
  readonly options: CallOptions;
  /** Aborts when the video is closed; its reason is FR_CLOSED. */
  readonly closed: AbortSignal;
}

/**
 * Batches of frames, to be read with `for await`. Reading starts with the first batch that is asked for;
 * leaving the loop stops the worker. It can be read once.
 */
export class FrameStream implements AsyncIterableIterator<FrameBatch> {
  /** What the whole call came to: settles when the stream has ended; rejects when it failed or was left early. */
  readonly result: Promise<FramesResult>;
  readonly #batches: AsyncGenerator<FrameBatch, void, undefined>;
  #resolve!: (result: FramesResult) => void;
  #reject!: (error: unknown) => void;

  /** @internal */
  constructor(call: FrameCall) {
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.result.catch(() => undefined);
    this.#batches = this.#read(call);
  }

  /** The next batch; the one before it is released first. */
  next(): Promise<IteratorResult<FrameBatch, void>> {
    return this.#batches.next();
  }

  /** Stops early: releases the last batch and has the worker stop. */
  async return(): Promise<IteratorResult<FrameBatch, void>> {
    this.#reject(new FramerailError('FR_ABORTED', 'The frames were left before their end.'));
    return await this.#batches.return();
  }

  /** The stream itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The same as `return()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async *#read(call: FrameCall): AsyncGenerator<FrameBatch, void, undefined> {
    const { pool, source, checked, options, closed } = call;
    const deadline = startDeadline(options, `Reading frames of ${source.spec.name}`);
    const signal = AbortSignal.any([deadline.signal, closed]);
    let layout: PictureLayout | undefined;
    try {
      const { run, cancel } = await pool.run({
        request: {
          module: FRAMES_JOB.native,
          params: checked.params,
          source: source.spec,
          batch: checked.batch,
          slots: checked.slots,
        },
        blocks: source.blocks,
        signal,
        onEvent: (payload) => {
          ({ layout } = payload as LayoutEvent);
        },
      });
      // Who only waits for the result hears of a failure too, even while nobody asks for batches.
      run.result.catch(this.#reject);
      let batch: FrameBatch | undefined;
      let lastTurn = performance.now();
      try {
        for (;;) {
          // Batches of a thread can follow each other without a turn of the event loop: timers and signals need one.
          if (performance.now() - lastTurn > TURN_INTERVAL) {
            await new Promise((resolve) => setImmediate(resolve));
            lastTurn = performance.now();
          }
          const items = await run.next();
          if (items === undefined) break;
          batch = new FrameBatch(toFrames(items, layout));
          yield batch;
          batch.release();
          // A batch that was already waiting must not hide an abort.
          if (signal.aborted) throw deadlineError(signal);
        }
        this.#resolve((await run.result) as FramesResult);
      } finally {
        batch?.release();
        cancel(new FramerailError('FR_ABORTED', 'The frames were left before their end.'));
      }
    } catch (error) {
      this.#reject(error);
      throw error;
    } finally {
      deadline.done();
    }
  }
}

function toFrames(items: readonly LeasedItem[], layout: PictureLayout | undefined): VideoFrame[] {
  if (layout === undefined) throw new FramerailError('FR_INTERNAL', 'Frames arrived before their layout.');
  return items.map(({ lease, facts }) => new VideoFrame(lease, layout, facts as FrameFacts));
}
