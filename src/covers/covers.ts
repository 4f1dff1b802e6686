// Covers of videos: a pool of warm workers, or the caller's own thread for a one-shot command.
import { checkOptions, invariant, type CallOptions } from '../base/index.js';
import type { MediaInput, ResolvedSource } from '../sources/index.js';
import { Machine, type Telemetry } from '../telemetry/index.js';
import {
  jobModule,
  runDirect,
  runJob,
  WorkerPool,
  type JobCall,
  type JobModule,
  type PoolOptions,
  type PoolStats,
  type QuarantinedInput,
  type UsageLimits,
} from '../workers/index.js';
import {
  COVER_TIMEOUT,
  coverParams,
  coverSetParams,
  usageLimits,
  type AskedCover,
  type CoverFormOptions,
  type CoverOptions,
  type CoverSetOptions,
} from './cover-options.js';
import type { CoverParams } from './cover-params.js';
import type { Cover, CoverSet } from './cover.js';
import { DeviceOffers, type DeviceOffer } from './device/index.js';
import { InputUser } from './input-user.js';
import { makePreview, PREVIEW_JOB, type Preview, type PreviewOptions } from './preview/index.js';
import { makeStoryboard, STORYBOARD_JOB, type Storyboard, type StoryboardOptions } from './storyboard/index.js';

const COVER_JOB: JobModule = {
  native: jobModule(import.meta.url, './cover-job.js'),
  spawned: jobModule(import.meta.url, './spawned/cover-job.js'),
};

const NO_OFFER: DeviceOffer = { codecs: {}, reason: 'No device was asked for.' };

/** Memory of its own that a worker may keep between covers: decoders and encoders of large pictures leave gaps in it. */
const KEPT_BYTES = 512 * 1024 * 1024;

/** Covers of one video at once: a video that is slow, or whose server is, leaves workers to others. */
const PER_SOURCE = 4;
/** The first worker may have died of something else. */
const QUARANTINE_AFTER = 2;

/** Makes covers; close it to stop its workers. */
export class Covers {
  readonly #pool: WorkerPool;
  readonly #user: InputUser;
  #devices: DeviceOffers | undefined;

  /** @internal */
  constructor(options: PoolOptions) {
    checkOptions(options);
    const cores = new Machine().cores();
    this.#pool = new WorkerPool(
      {
        ...options,
        workers: options.workers ?? 2 * cores,
        workerBytes: options.workerBytes ?? KEPT_BYTES,
        perSource: options.perSource ?? PER_SOURCE,
        quarantineAfter: options.quarantineAfter ?? QUARANTINE_AFTER,
      },
      [COVER_JOB, STORYBOARD_JOB, PREVIEW_JOB],
      cores,
    );
    this.#user = new InputUser(this.#pool);
  }

  /** What it knows about itself: metrics, alerts, text for Prometheus. */
  get telemetry(): Telemetry {
    return this.#pool.telemetry;
  }

  /** The processes of its live workers. */
  get pids(): number[] {
    return this.#pool.pids;
  }

  /** How busy its workers are, and how covers were handed to them. */
  get stats(): PoolStats {
    return this.#pool.stats;
  }

  /** Videos that ended two workers: they are refused with FR_INPUT_POISON until they change. */
  quarantined(): Promise<QuarantinedInput[]> {
    return this.#pool.quarantined();
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

  async #run(input: MediaInput, asked: AskedCover, given: CoverFormOptions): Promise<CoverSet> {
    const usage = usageLimits(given);
    const params: CoverParams = { ...asked, offer: this.#offerFor(asked) };
    const options = { ...given, timeout: given.timeout ?? COVER_TIMEOUT };
    return this.#user.use(input, options, 'Making a cover', (source, call) => this.#runOn(source, params, usage, call));
  }

  /** What devices there are, for who would take one. */
  #offerFor({ decoder }: AskedCover): DeviceOffer {
    if (decoder !== 'auto') return NO_OFFER;
    this.#devices ??= new DeviceOffers();
    return this.#devices.current;
  }

  async #runOn(
    source: ResolvedSource,
    params: CoverParams,
    usage: UsageLimits,
    options: CallOptions,
  ): Promise<CoverSet> {
    const what = `Making a cover of ${source.spec.name}`;
    const call: JobCall = { module: COVER_JOB.native, params, usage, options, what, again: true };
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
export function createCovers(options: PoolOptions = {}): Covers {
  return new Covers(options);
}
