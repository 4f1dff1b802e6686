// Writes a video from frames that are made in JavaScript: the mirror of `video.frames()`.
import {
  argumentError,
  checkNumber,
  FramerailError,
  startDeadline,
  toFramerailError,
  type Deadline,
} from '../../base/index.js';
import type { PictureLayout } from '../../pixels/index.js';
import { jobModule, type JobModule, type JobRun, type LeasedItem, type WorkerPool } from '../../workers/index.js';
import { isLayout } from '../frame-facts.js';
import { hardwareDesk } from '../hardware/index.js';
import { openDestination, type Destination, type MediaDestination } from './destination.js';
import { DrawnFrame } from './drawn-frame.js';
import { checkContainer, checkUpdate } from './process-options.js';
import type { ProcessUpdate } from './running-process.js';
import type { ProcessCommand, ProcessEvent } from './process-params.js';
import { checkSink, type VideoSinkOptions } from './sink-options.js';
import type { DrawnFacts, SinkJobResult, SinkParams } from './sink-params.js';

/** The module of the sink job. */
export const SINK_JOB: JobModule = {
  native: jobModule(import.meta.url, './sink-job.js'),
  spawned: jobModule(import.meta.url, './spawned/sink-job.js'),
};

/** When a frame is shown. */
export interface FrameTimes {
  /** Seconds from the start. @defaultValue where the frame before it ends */
  readonly pts?: number | undefined;
  /** Seconds that it is shown. @defaultValue one by the frame rate */
  readonly duration?: number | undefined;
}

/** What came of writing a video. */
export interface VideoSinkResult extends SinkJobResult {
  /** Seconds from the start to the end of the last frame. */
  readonly duration: number;
}

/** A video that is being written. `finish()` publishes it; closing it before leaves no file. */
export class VideoSink {
  readonly #destination: Destination;
  readonly #run: JobRun;
  readonly #cancel: (error: FramerailError) => void;
  readonly #deadline: Deadline;
  readonly #params: SinkParams;
  readonly #layoutOf: () => PictureLayout | undefined;
  readonly #empty: LeasedItem[] = [];
  /** What was given out and has not come back: it ends with the video. */
  readonly #given = new Set<LeasedItem>();
  /** Calls of `frame()` go one after another. */
  #turn: Promise<unknown> = Promise.resolve();
  /** The last of the writes that wait for an empty frame; undefined when none does. */
  #writing: Promise<void> | undefined;
  /** Settles when the job gives no more empty frames; never rejects. */
  #collected: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #next = 0n;
  #lastStart = -1n;
  /** Whether `finish()` was called: what was begun goes on, and nothing new begins. */
  #sealed = false;
  #over: FramerailError | undefined;
  #ending: Promise<void> | undefined;

  private constructor(setup: {
    destination: Destination;
    run: JobRun;
    cancel: (error: FramerailError) => void;
    deadline: Deadline;
    params: SinkParams;
    layoutOf: () => PictureLayout | undefined;
  }) {
    this.#destination = setup.destination;
    this.#run = setup.run;
    this.#cancel = setup.cancel;
    this.#deadline = setup.deadline;
    this.#params = setup.params;
    this.#layoutOf = setup.layoutOf;
  }

  /** Opens the encoder and waits until it takes frames. @internal */
  static async open(pool: WorkerPool, output: MediaDestination, options: VideoSinkOptions): Promise<VideoSink> {
    const { params, slots } = checkSink(options);
    const deadline = startDeadline(options, 'Writing a video');
    let destination: Destination | undefined;
    let layout: PictureLayout | undefined;
    const hardware = hardwareDesk().admit();
    const waiting: ProcessCommand[] = [];
    let command = (one: ProcessCommand): void => {
      waiting.push(one);
    };
    const hear = (event: ProcessEvent): void => {
      if (event.kind === 'encoder') hardware.runs(event.encoder.backend);
      if (event.kind !== 'hardware') return;
      void hardware.answer(event.ask).then((answer) => {
        command({ kind: 'hardware', answer });
      });
    };
    try {
      const opened = await openDestination(output, checkContainer(options.container));
      destination = opened;
      const { run, cancel } = await pool.run({
        request: {
          module: SINK_JOB.native,
          params: { ...params, output: opened.spec } satisfies SinkParams,
          source: undefined,
          batch: { size: 1, delay: 0 },
          slots,
        },
        signal: deadline.signal,
        onEvent: (payload) => {
          if (isLayout(payload)) ({ layout } = payload);
          else hear(payload as ProcessEvent);
        },
        onChunk: async (bytes) => {
          try {
            await opened.write(bytes);
          } catch (error) {
            cancel(toFramerailError(error));
          }
        },
      });
      command = (one) => {
        run.command(one);
      };
      for (const one of waiting) run.command(one);
      void run.settled.then(() => {
        hardware.leave();
      });
      const setup = { destination: opened, run, cancel, deadline, params: { ...params, output: opened.spec } };
      const sink = new VideoSink({ ...setup, layoutOf: () => layout });
      try {
        sink.#empty.push(...((await run.next())?.items ?? []));
        sink.#collected = sink.#collect();
      } catch (error) {
        await sink.#abandon(error);
        throw error;
      }
      return sink;
    } catch (error) {
      hardware.leave();
      await destination?.discard(toFramerailError(error));
      deadline.done();
      throw error;
    }
  }

  /** An empty frame to draw on; waits while the encoder has them all. What it held before is undefined. */
  async frame(): Promise<DrawnFrame> {
    if (this.#closed) await this.#refuse();
    return this.#nextEmpty();
  }

  #nextEmpty(): Promise<DrawnFrame> {
    const turn = this.#turn.then(() => this.#takeEmpty());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #takeEmpty(): Promise<DrawnFrame> {
    for (;;) {
      if (this.#over !== undefined) await this.#refuse();
      const item = this.#empty.shift();
      const layout = this.#layoutOf();
      if (item !== undefined && layout !== undefined) {
        this.#given.add(item);
        return new DrawnFrame(this, item, layout);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Takes what comes empty until the job is over. A failure ends the video, also while nobody waits for a frame. */
  async #collect(): Promise<void> {
    try {
      for (let batch = await this.#run.next(); batch !== undefined; batch = await this.#run.next()) {
        this.#empty.push(...batch.items);
        this.#wake?.();
      }
    } catch (error) {
      await this.#abandon(error);
    }
  }

  /**
   * Encodes a frame as the next one; its memory goes on to the encoder. Pixels of your own are copied into one first.
   * @param frame - from `frame()`, or tightly packed pixels of the sink's size and format, as `ImageData` of a canvas has
   * @param times - when it is shown; frames come in order of time
   */
  async write(frame: DrawnFrame | Uint8Array | Uint8ClampedArray, times: FrameTimes = {}): Promise<void> {
    if (this.#closed) await this.#refuse();
    checkObject('times', times);
    if (frame instanceof DrawnFrame && this.#writing === undefined) {
      this.#hand(frame, this.#ticks(times));
      return;
    }
    // Frames keep the order of the calls, also where nobody waits for the one before.
    const writing = (this.#writing ?? Promise.resolve()).then(async () => {
      const ticks = this.#ticks(times);
      this.#hand(frame instanceof DrawnFrame ? frame : await this.#filled(frame), ticks);
    });
    const settled: Promise<void> = writing
      .catch(() => undefined)
      .then(() => {
        if (this.#writing === settled) this.#writing = undefined;
      });
    this.#writing = settled;
    await writing;
  }

  #hand(drawn: DrawnFrame, facts: DrawnFacts): void {
    if (this.#over !== undefined) throw this.#over;
    this.#given.delete(drawn.handBack(this, facts));
    this.#lastStart = facts.timestamp;
    this.#next = facts.timestamp + facts.duration;
  }

  async #filled(given: Uint8Array | Uint8ClampedArray): Promise<DrawnFrame> {
    const isClamped = given instanceof Uint8ClampedArray;
    const pixels = isClamped ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength) : given;
    if (!(pixels instanceof Uint8Array)) throw argumentError('frame', 'a frame of this sink or a Uint8Array', pixels);
    const frame = await this.#nextEmpty();
    // The video may have ended while the frame was on its way here, and taken its memory along.
    if (this.#over !== undefined) throw this.#over;
    try {
      frame.fill(pixels);
      return frame;
    } catch (error) {
      // It is still empty for somebody else.
      const item = frame.takeBack();
      this.#given.delete(item);
      this.#empty.unshift(item);
      throw error;
    }
  }

  #ticks({ pts, duration }: FrameTimes): DrawnFacts {
    const { timeBase, frameRate } = this.#params;
    const toTicks = (seconds: number): bigint => BigInt(Math.round((seconds * timeBase.den) / timeBase.num));
    const timestamp = pts === undefined ? this.#next : toTicks(checkNumber('pts', pts, 0, 'seconds'));
    if (timestamp <= this.#lastStart) throw argumentError('pts', 'a time after that of the frame before', pts);
    const habit = BigInt(Math.round((frameRate.den * timeBase.den) / (frameRate.num * timeBase.num)));
    return {
      timestamp,
      duration: duration === undefined ? habit : toTicks(checkNumber('duration', duration, 0, 'seconds')),
    };
  }

  /** Changes the running encode from the next frame on; throws FR_ARG_INVALID for wrong values. */
  update(change: ProcessUpdate): void {
    this.#run.command({ kind: 'update', change: checkUpdate(change) } satisfies ProcessCommand);
  }

  /** Encodes what is left and publishes the output. */
  async finish(): Promise<VideoSinkResult> {
    if (this.#closed) await this.#refuse();
    this.#sealed = true;
    try {
      await this.#writing;
      this.#run.command({ kind: 'finish' } satisfies ProcessCommand);
      await this.#collected;
      const result = (await this.#run.result) as SinkJobResult;
      await this.#destination.publish(this.#deadline.signal);
      this.#end(closedError());
      this.#ending = Promise.resolve();
      const { timeBase } = this.#params;
      return { ...result, duration: (Number(this.#next) * timeBase.num) / timeBase.den };
    } catch (error) {
      await this.#abandon(error);
      throw error;
    }
  }

  /** Gives up what was not finished: no file is left. */
  async close(): Promise<void> {
    await this.#abandon(new FramerailError('FR_CLOSED', 'The video was closed before it was finished.'));
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #abandon(cause: unknown): Promise<void> {
    this.#ending ??= this.#giveUp(toFramerailError(cause));
    return this.#ending;
  }

  async #giveUp(error: FramerailError): Promise<void> {
    this.#cancel(error);
    this.#end(error);
    await this.#run.settled;
    await this.#destination.discard(error);
  }

  /** Nothing goes in any more: what was drawn and not written loses its memory. */
  #end(error: FramerailError): void {
    this.#over = error;
    for (const item of this.#empty.splice(0)) item.lease.release();
    for (const item of this.#given) item.lease.release();
    this.#given.clear();
    this.#deadline.done();
    this.#wake?.();
  }

  get #closed(): boolean {
    return this.#sealed || this.#over !== undefined;
  }

  /** Says why nothing goes in any more, once what is to be removed is gone. */
  async #refuse(): Promise<never> {
    await this.#ending;
    throw this.#over ?? closedError();
  }
}

function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw argumentError(name, 'an object', value);
}

function closedError(): FramerailError {
  return new FramerailError('FR_CLOSED', 'This video takes no more frames.');
}
