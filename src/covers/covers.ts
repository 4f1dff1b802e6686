// Covers of videos: a pool of warm workers, or the caller's own thread for a one-shot command.
import { argumentError, checkOptions, checkSwitch, invariant, optionNames, type CallOptions } from '../base/index.js';
import type { PreheatReport, TierState } from '../cache/index.js';
import type { MediaInput, ResolvedSource } from '../sources/index.js';
import { Machine, type Telemetry } from '../telemetry/index.js';
import {
  jobModule,
  MOST_WORKERS,
  POOL_NAMES,
  runDirect,
  runJob,
  WorkerPool,
  type JobCall,
  type JobModule,
  type LockedPoolOptions,
  type PoolStats,
  type QuarantinedInput,
  type SandboxReport,
} from '../workers/index.js';
import {
  makeBatch,
  MOST_AT_ONCE,
  type CoverBatchItem,
  type CoverBatchOptions,
  type CoverBatchResult,
} from './batch/batch.js';
import { checkCache, type CacheWish, type CoverCacheOptions, type PreheatOptions } from './cached/cache-options.js';
import type { CoverCache } from './cached/index.js';
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
import type { CoverJobParams, CoverParams } from './cover-params.js';
import type { Cover, CoverSet, MadeCovers } from './cover.js';
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

/** What a likeness is seen by, of a video or a picture: large enough to have the figures of its covers. */
const LIKENESS = ['16:9@160'] as const;

/** How an engine of covers is set up. */
export interface CoversOptions extends LockedPoolOptions {
  /**
   * Keeps what `make()` and `makeAll()` make, as long as the input is the same version of the same one: a file by its path,
   * size, time of change and inode; bytes by their hash, up to 16 MiB; an address of HTTP by its strong ETag or its date,
   * for which the server is asked; a source of blocks by its `identity`. `true` is memory alone. @defaultValue false
   */
  readonly cache?: boolean | CoverCacheOptions | undefined;
}

const COVERS_NAMES = optionNames<CoversOptions>({ ...POOL_NAMES, sandbox: true, roots: true, cache: true });

/** Makes covers; close it to stop its workers. */
export class Covers {
  readonly #pool: WorkerPool;
  readonly #user: InputUser;
  #devices: DeviceOffers | undefined;
  readonly #cacheWish: CacheWish | undefined;
  /** Comes with the first call. */
  #cache: Promise<CoverCache> | undefined;
  #loadedCache: CoverCache | undefined;
  /** Covers that are made at a time. */
  readonly #atOnce: number;
  #batches = 0;

  /** @internal */
  constructor(options: CoversOptions) {
    checkOptions(options, COVERS_NAMES);
    this.#cacheWish = checkCache(options.cache);
    const cores = new Machine().cores();
    this.#pool = new WorkerPool(
      {
        ...options,
        sandbox: options.sandbox ?? 'auto',
        workers: options.workers ?? Math.min(MOST_WORKERS, 2 * cores),
        workerBytes: options.workerBytes ?? KEPT_BYTES,
        perSource: options.perSource ?? PER_SOURCE,
        quarantineAfter: options.quarantineAfter ?? QUARANTINE_AFTER,
      },
      [COVER_JOB, STORYBOARD_JOB, PREVIEW_JOB],
      cores,
    );
    this.#user = new InputUser(this.#pool, options.roots);
    this.#atOnce = this.#pool.backend === 'inline' ? 1 : Math.min(MOST_AT_ONCE, 2 * (options.workers ?? cores));
  }

  /** What it knows about itself: metrics of its workers and of its cache, alerts, text for Prometheus. */
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

  /** The tiers of its cache, the fastest first, and why those that are absent are; empty before the first call. */
  get cacheTiers(): readonly TierState[] {
    return this.#loadedCache?.tiers ?? [];
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
   * Makes covers of many videos. Results come as they are finished; a failure is a result too, and the others go on.
   * Nothing is pulled that is further ahead than the `window`, so items may be endless and memory stays flat. Who leaves
   * the loop, or aborts its signal, calls off what runs. Throws FR_ARG_INVALID at once for wrong options; the iteration
   * rejects with FR_ABORTED, or with what the items rejected with.
   * @param items - what to make covers of, at once or asynchronously
   * @param options - what holds for all of them, and how many at a time
   */
  batch<Item extends CoverBatchItem>(
    items: Iterable<Item> | AsyncIterable<Item>,
    options: CoverBatchOptions = {},
  ): AsyncGenerator<CoverBatchResult<Item>, void, undefined> {
    this.#batches += 1;
    // A lane of its own: single calls do not wait behind it.
    const lane = `batch ${String(this.#batches)}`;
    const make = (input: MediaInput, wanted: CoverSetOptions): Promise<CoverSet> =>
      this.#run(input, coverSetParams(wanted), wanted, lane);
    return makeBatch(make, this.#atOnce, items, options);
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

  /**
   * Brings covers up that will probably be asked for: those that were used in such surroundings (the `use` of earlier
   * calls), and those that look alike. Small ones (2 MiB) come from the disk into memory for a while, larger ones onto a
   * device where there is one. Calls that somebody waits for go first. Rejects with FR_ARG_INVALID (without a cache, too),
   * FR_ABORTED, FR_TIMEOUT, and as `make()` where `like` is an input.
   * @param options - the surroundings, and what it may take
   */
  async preheat(options: PreheatOptions = {}): Promise<PreheatReport> {
    const cache = await this.#loadCache();
    if (cache === undefined) throw argumentError('cache', 'a cache of the engine for `preheat()`', undefined);
    return cache.preheat(options, (like, call) => this.makeAll(like, { ...call, sizes: LIKENESS }));
  }

  async #run(input: MediaInput, asked: AskedCover, given: CoverFormOptions, lane?: string): Promise<CoverSet> {
    const usage = usageLimits(given);
    const params: CoverParams = { ...asked, offer: this.#offerFor(asked) };
    const options = { ...given, timeout: given.timeout ?? COVER_TIMEOUT };
    const isCached = checkSwitch('cache', given.cache, true);
    checkSwitch('refresh', given.refresh, false);
    // No turn of the event loop more than needed: what memory has takes less than that.
    const cache = isCached ? (this.#loadedCache ?? (await this.#loadCache())) : undefined;
    const run = (source: ResolvedSource, wanted: CoverJobParams, call: CallOptions): Promise<MadeCovers> =>
      this.#runOn(source, wanted, call, { usage, lane });
    if (cache !== undefined) return cache.covers(input, params, options, run);
    return this.#user.use(input, options, 'Making a cover', (source, call) => run(source, params, call));
  }

  /** What devices there are, for who would take one. */
  #offerFor({ decoder }: AskedCover): DeviceOffer {
    if (decoder !== 'auto') return NO_OFFER;
    this.#devices ??= new DeviceOffers();
    return this.#devices.current;
  }

  async #runOn(
    source: ResolvedSource,
    params: CoverJobParams,
    options: CallOptions,
    { usage, lane }: Pick<JobCall, 'usage' | 'lane'>,
  ): Promise<MadeCovers> {
    const what = `Making a cover of ${source.spec.name}`;
    const call: JobCall = { module: COVER_JOB.native, params, usage, lane, options, what, again: true };
    if (this.#pool.backend === 'inline') return runDirect<MadeCovers>(source, call);
    return (await runJob<MadeCovers>(this.#pool, source, call)).result;
  }

  /** Its code is read with the first call that may use it. */
  #loadCache(): Promise<CoverCache | undefined> {
    const wish = this.#cacheWish;
    if (wish === undefined) return Promise.resolve(undefined);
    this.#cache ??= import('./cached/index.js').then(({ CoverCache }) => {
      this.#loadedCache = new CoverCache(wish, this.#pool.telemetry, this.#user);
      return this.#loadedCache;
    });
    return this.#cache;
  }

  /** Stops the workers and ends what still runs with FR_CLOSED. */
  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#user.close()]);
    await (await this.#cache)?.close();
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Makes a cover engine; its workers start with the first cover, or with `warm()`.
 * @param options - where covers are made and how many at once, by default in worker processes; and whether they are kept
 */
export function createCovers(options: CoversOptions = {}): Covers {
  return new Covers(options);
}
