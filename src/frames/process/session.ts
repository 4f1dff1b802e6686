// A running `processVideo()`: frames out of the worker into the transform and back, until the output is published.
import { deadlineError, FramerailError, startDeadline, toFramerailError, type CallOptions } from '../../base/index.js';
import type { PictureLayout } from '../../pixels/index.js';
import { closeBlocks, type ResolvedSource } from '../../sources/index.js';
import {
  BatchPacer,
  jobModule,
  type BatchStats,
  type JobModule,
  type JobRun,
  type WorkerPool,
} from '../../workers/index.js';
import { isLayout } from '../frame-facts.js';
import { hardwareDesk, type HardwareCustomer } from '../hardware/index.js';
import { openDestination, type Destination, type MediaDestination } from './destination.js';
import { checkUpdate, type CheckedProcess } from './process-options.js';
import type { ProcessCommand, ProcessEvent, ProcessJobResult } from './process-params.js';
import type { ProcessUpdate, RunningProcess } from './running-process.js';
import { ProgressMeter, type ProcessProgress } from './progress.js';
import { TransformPump } from './transform-pump.js';

/** The module of the process job. */
export const PROCESS_JOB: JobModule = {
  native: jobModule(import.meta.url, './process-job.js'),
  spawned: jobModule(import.meta.url, './spawned/process-job.js'),
};

/** What came of processing a video. */
export interface ProcessResult extends ProcessJobResult {
  /** Milliseconds from the call to the published output. */
  readonly elapsed: number;
  /** How frames were grouped for the transform, and how long they waited for it. */
  readonly batches: BatchStats;
  /** Bytes of pixels that were copied between processes; 0 where memory is shared. */
  readonly copiedBytes: number;
}

/** What a session works on. */
export interface SessionCall {
  readonly pool: WorkerPool;
  readonly resolve: () => Promise<ResolvedSource>;
  readonly name: string;
  readonly output: MediaDestination | null;
  readonly checked: CheckedProcess;
  readonly options: CallOptions;
}

/** A video that is being processed. */
export class ProcessSession implements RunningProcess {
  /**
   * What came of it, once the output is published. Rejects with FR_INPUT_*, FR_DECODE_*, FR_FILTER_FAILED,
   * FR_TRANSFORM_*, FR_ENCODE_FAILED, FR_OUTPUT_FAILED, FR_WORKER_*, FR_TIMEOUT or FR_ABORTED; no file is left then.
   */
  readonly result: Promise<ProcessResult>;
  readonly #meter: ProgressMeter;
  readonly #pacer: BatchPacer;
  readonly #commands: ProcessCommand[] = [];
  #run: JobRun | undefined;
  #endSource = (): void => undefined;
  #started = false;
  #stopped = false;

  /** @internal */
  constructor(call: SessionCall) {
    this.#meter = new ProgressMeter(call.checked.onProgress);
    this.#pacer = new BatchPacer(call.checked.batches, call.pool.telemetry, call.name);
    this.result = this.#process(call);
    this.result.catch(() => undefined);
  }

  /** The batches so far: their size now, what sent them, and how long frames waited for the transform. */
  get batches(): BatchStats {
    return this.#pacer.stats;
  }

  /** Has the frames that wait for their batch to fill sent at once. */
  flush(): void {
    this.#run?.flush();
  }

  /** How far it is. */
  get progress(): ProcessProgress {
    return this.#meter.now();
  }

  /**
   * Changes the running encode from the next frame on, as {@link RunningProcess.update} says.
   * @param change - bit rate in bits per second, quality from 0 to 100, seconds between keyframes
   */
  update(change: ProcessUpdate): void {
    this.#command({ kind: 'update', change: checkUpdate(change) });
  }

  /** Ends the input here, as {@link RunningProcess.stop} says: `result` resolves with what was read. */
  stop(): void {
    this.#command({ kind: 'finish' });
    this.#stopped = true;
    if (this.#started) this.#endSource();
  }

  #command(command: ProcessCommand): void {
    if (this.#run === undefined) this.#commands.push(command);
    else this.#run.command(command);
  }

  async #process(call: SessionCall): Promise<ProcessResult> {
    const deadline = startDeadline(call.options, `Processing ${call.name}`);
    try {
      const source = await call.resolve();
      this.#endSource = source.end ?? this.#endSource;
      let destination: Destination | undefined;
      try {
        if (call.output !== null) destination = await openDestination(call.output, call.checked.container);
        const result = await this.#work(call, source, destination, deadline.signal);
        await destination?.publish(deadline.signal);
        return result;
      } catch (error) {
        await destination?.discard(toFramerailError(error));
        // Where no worker ever asked for blocks, nobody else lets go of them.
        if (this.#run === undefined) closeBlocks(source.blocks);
        throw error;
      }
    } finally {
      this.#meter.end();
      this.#pacer.close();
      deadline.done();
    }
  }

  async #work(
    { pool, checked }: SessionCall,
    source: ResolvedSource,
    destination: Destination | undefined,
    signal: AbortSignal,
  ): Promise<ProcessResult> {
    const started = performance.now();
    let layout: PictureLayout | undefined;
    let copiedBytes = 0;
    if (signal.aborted) throw deadlineError(signal);
    const hardware = hardwareDesk().admit();
    const { run, cancel } = await pool.run({
      request: {
        module: PROCESS_JOB.native,
        params: { ...checked.params, output: destination?.spec ?? null },
        source: source.spec,
        batch: this.#pacer.first,
        slots: checked.batches.slots,
      },
      blocks: source.blocks,
      signal,
      onEvent: (payload) => {
        if (isLayout(payload)) ({ layout } = payload);
        else this.#hear(payload as ProcessEvent, hardware);
      },
      onChunk: async (bytes) => {
        try {
          await destination?.write(bytes);
        } catch (error) {
          cancel(toFramerailError(error));
        }
      },
    });
    this.#run = run;
    this.#pacer.start(run);
    for (const command of this.#commands) run.command(command);
    const pump = new TransformPump(checked, this, signal, (error) => {
      cancel(toFramerailError(error));
    });
    try {
      for (let batch = await run.next(); batch !== undefined; batch = await run.next()) {
        const { items } = batch;
        this.#pacer.gave(batch);
        if (layout === undefined) throw new FramerailError('FR_INTERNAL', 'Frames arrived before their layout.');
        if (run.copies) copiedBytes += 2 * items.length * layout.byteLength;
        await pump.take(items, layout);
        this.#pacer.asked();
      }
      await pump.finish();
      const result = (await run.result) as ProcessJobResult;
      return { ...result, batches: this.#pacer.stats, elapsed: performance.now() - started, copiedBytes };
    } catch (error) {
      cancel(toFramerailError(error));
      pump.stop();
      // A worker that still writes must not find the file gone and a new one in its place.
      await run.settled;
      throw error;
    } finally {
      hardware.leave();
    }
  }

  #hear(event: ProcessEvent, hardware: HardwareCustomer): void {
    if (event.kind === 'hardware') {
      void hardware.answer(event.ask).then((answer) => {
        this.#command({ kind: 'hardware', answer });
      });
      return;
    }
    if (event.kind === 'started') {
      this.#started = true;
      // A stream that ended before its first picture would be no video.
      if (this.#stopped) this.#endSource();
    }
    if (event.kind !== 'progress' && event.encoder !== undefined) hardware.runs(event.encoder.backend);
    this.#meter.hear(event);
  }
}
