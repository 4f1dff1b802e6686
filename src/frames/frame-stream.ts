// The stream of frames of one call: batches with back-pressure, and an end that always cleans up.
import { deadlineError, FramerailError, startDeadline, type CallOptions } from '../base/index.js';
import type { PictureLayout } from '../pixels/index.js';
import type { ResolvedSource } from '../sources/index.js';
import {
  BatchPacer,
  jobModule,
  type BatchStats,
  type JobModule,
  type JobRun,
  type LeasedItem,
  type WorkerPool,
} from '../workers/index.js';
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
  readonly resolve: () => ResolvedSource | Promise<ResolvedSource>;
  /** What is read, for messages. */
  readonly name: string;
  readonly checked: CheckedFrames;
  readonly options: CallOptions;
  /** Aborts when the video is closed; its reason is FR_CLOSED. */
  readonly closed: AbortSignal | undefined;
}

/**
 * Batches of frames, to be read with `for await`. Reading starts with the first batch that is asked for;
 * leaving the loop stops the worker. It can be read once.
 */
export class FrameStream implements AsyncIterableIterator<FrameBatch> {
  /** What the whole call came to: settles when the stream has ended; rejects when it failed or was left early. */
  readonly result: Promise<FramesResult>;
  readonly #batches: AsyncGenerator<FrameBatch, void, undefined>;
  readonly #pacer: BatchPacer;
  #run: JobRun | undefined;
  #resolve!: (result: FramesResult) => void;
  #reject!: (error: unknown) => void;

  /** @internal */
  constructor(call: FrameCall) {
    this.#pacer = new BatchPacer(call.checked.batches, call.pool.telemetry, call.name);
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

  /** The batches so far: their size now, what sent them, and how long frames waited for their consumer. */
  get stats(): BatchStats {
    return this.#pacer.stats;
  }

  /** Has the frames that wait for their batch to fill sent at once. */
  flush(): void {
    this.#run?.flush();
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
    const { pool, checked, options, closed } = call;
    const pacer = this.#pacer;
    const deadline = startDeadline(options, `Reading frames of ${call.name}`);
    const signal = closed === undefined ? deadline.signal : AbortSignal.any([deadline.signal, closed]);
    let layout: PictureLayout | undefined;
    try {
      const source = await call.resolve();
      const { run, cancel } = await pool.run({
        request: {
          module: FRAMES_JOB.native,
          params: checked.params,
          source: source.spec,
          batch: pacer.first,
          slots: checked.batches.slots,
        },
        blocks: source.blocks,
        signal,
        onEvent: (payload) => {
          ({ layout } = payload as LayoutEvent);
        },
      });
      pacer.start(run);
      this.#run = run;
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
          pacer.asked();
          const next = await run.next();
          if (next === undefined) break;
          batch = new FrameBatch(toFrames(next.items, layout));
          pacer.gave(next);
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
      pacer.close();
      deadline.done();
    }
  }
}

function toFrames(items: readonly LeasedItem[], layout: PictureLayout | undefined): VideoFrame[] {
  if (layout === undefined) throw new FramerailError('FR_INTERNAL', 'Frames arrived before their layout.');
  return items.map(({ lease, facts }) => new VideoFrame(lease, layout, facts as FrameFacts));
}
