// Covers of videos: a pool of warm workers, or the caller's own thread for a one-shot command.
import { checkOptions, invariant, type CallOptions } from '../base/index.js';
import type { MediaInput, ResolvedSource } from '../sources/index.js';
import {
  jobModule,
  runDirect,
  runJob,
  WorkerPool,
  type JobCall,
  type JobModule,
  type LockedPoolOptions,
  type SandboxReport,
  type UsageLimits,
} from '../workers/index.js';
import {
  COVER_TIMEOUT,
  coverParams,
  coverSetParams,
  usageLimits,
  type CoverFormOptions,
  type CoverOptions,
  type CoverSetOptions,
} from './cover-options.js';
import type { CoverParams } from './cover-params.js';
import type { Cover, CoverSet } from './cover.js';
import { InputUser } from './input-user.js';
import { makePreview, PREVIEW_JOB, type Preview, type PreviewOptions } from './preview/index.js';
import { makeStoryboard, STORYBOARD_JOB, type Storyboard, type StoryboardOptions } from './storyboard/index.js';

const COVER_JOB: JobModule = {
  native: jobModule(import.meta.url, './cover-job.js'),
  spawned: jobModule(import.meta.url, './spawned/cover-job.js'),
};

/** How covers are made: where, by how many workers, and how far those are locked down. */
export type CoversOptions = LockedPoolOptions;

/** Memory of its own that a worker may keep between covers: decoders and encoders of large pictures leave gaps in it. */
const KEPT_BYTES = 512 * 1024 * 1024;

/** Makes covers; close it to stop its workers. */
export class Covers {
  readonly #pool: WorkerPool;
  readonly #user: InputUser;

  /** @internal */
  constructor(options: CoversOptions) {
    checkOptions(options);
    const { workerBytes = KEPT_BYTES, sandbox = 'auto', roots } = options;
    this.#pool = new WorkerPool({ ...options, workerBytes, sandbox }, [COVER_JOB, STORYBOARD_JOB, PREVIEW_JOB]);
    this.#user = new InputUser(this.#pool, roots);
  }

  /**
   * How far the worker that is locked down least has proved to be so, of those that are ready; undefined where no worker is, and
   * where workers have no sandbox: with `sandbox: 'off'`, another backend than `process`, or another system than Linux.
   */
  get sandbox(): SandboxReport | undefined {
    return this.#pool.sandbox;
  }

  /**
   * Starts workers before they are needed.
   * @param count - how many
   */
  async warm(count = 1): Promise<void> {
    await this.#pool.warm(count);
  }

  /**
   * Makes one cover. Rejects with FR_INPUT_*, FR_DECODE_*, FR_ENCODE_FAILED, FR_IMAGE_GOAL, FR_TIME_BEYOND_END,
   * FR_WORKER_*, FR_TIMEOUT or FR_ABORTED, and for an address of HTTP with FR_REMOTE_* or FR_ADDRESS_REFUSED.
   * @param input - a path, a file: URL, bytes, a source of blocks, or an address of HTTP, of which the needed parts are
   *   fetched; another string is never a protocol
   * @param options - which frame, in what form
   */
  async make(input: MediaInput, options: CoverOptions = {}): Promise<Cover> {
    const { images, shots, ...work } = await this.#run(input, coverParams(options), options);
    const [image, shot] = [images[0], shots[0]];
    invariant(image !== undefined && shot !== undefined, 'a cover job makes what it was asked for');
    const { shot: _, ...made } = image;
    return { ...made, ...shot, ...work };
  }

  /**
   * Makes several covers of one video, which is opened once; each picture is decoded once for all sizes. Rejects as
   * `make()` does, and makes all or none.
   * @param input - as for `make()`
   * @param options - which frames, in what sizes
   */
  async makeAll(input: MediaInput, options: CoverSetOptions = {}): Promise<CoverSet> {
    return this.#run(input, coverSetParams(options), options);
  }

  /**
   * Makes a storyboard: sheets of small pictures in a folder, with WebVTT and JSON that say which part of which sheet
   * belongs to which time, an HLS image media playlist, and a BIF file where one is wanted. Rejects with FR_ARG_INVALID,
   * FR_INPUT_*, FR_DECODE_*, FR_ENCODE_FAILED, FR_OUTPUT_FAILED, FR_WORKER_*, FR_TIMEOUT or FR_ABORTED, for an address of
   * HTTP with FR_REMOTE_* or FR_ADDRESS_REFUSED, and with FR_ENGINE_LOAD where the backend is `spawn`; nothing is left in
   * the folder then.
   * @param input - as for `make()`
   * @param options - the folder, how far tiles are apart, in what form
   */
  async storyboard(input: MediaInput, options: StoryboardOptions): Promise<Storyboard> {
    return makeStoryboard(this.#user, input, options);
  }

  /**
   * Makes a preview: some seconds of a video, small, as an animated WebP or GIF or as a muted H.264 video. Rejects with
   * FR_ARG_INVALID, FR_INPUT_*, FR_DECODE_*, FR_TIME_BEYOND_END, FR_ENCODE_FAILED, FR_IMAGE_GOAL, FR_MEMORY_BUDGET,
   * FR_WORKER_*, FR_TIMEOUT or FR_ABORTED, for an address of HTTP with FR_REMOTE_* or FR_ADDRESS_REFUSED, and with FR_ENGINE_LOAD where
   * the backend is `spawn`.
   * @param input - as for `make()`
   * @param options - which seconds, in what form
   */
  async preview(input: MediaInput, options: PreviewOptions = {}): Promise<Preview> {
    return makePreview(this.#user, input, options);
  }

  async #run(input: MediaInput, params: CoverParams, given: CoverFormOptions): Promise<CoverSet> {
    const usage = usageLimits(given);
    const options = { ...given, timeout: given.timeout ?? COVER_TIMEOUT };
    return this.#user.use(input, options, 'Making a cover', (source, call) => this.#runOn(source, params, usage, call));
  }

  async #runOn(
    source: ResolvedSource,
    params: CoverParams,
    usage: UsageLimits,
    options: CallOptions,
  ): Promise<CoverSet> {
    const what = `Making a cover of ${source.spec.name}`;
    const call: JobCall = { module: COVER_JOB.native, params, usage, options, what };
    if (this.#pool.backend === 'inline') return runDirect<CoverSet>(source, call);
    return (await runJob<CoverSet>(this.#pool, source, call)).result;
  }

  /** Stops the workers and ends what still runs with FR_CLOSED. */
  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#user.close()]);
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Makes a cover engine; its workers start with the first cover, or with `warm()`.
 * @param options - where covers are made and how many at once; by default in worker processes
 */
export function createCovers(options: CoversOptions = {}): Covers {
  return new Covers(options);
}
