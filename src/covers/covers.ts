// Covers of videos: a pool of warm workers, or the caller's own thread for a one-shot command.
import { invariant, startDeadline, type CallOptions } from '../base/index.js';
import type { RemoteFiles } from '../net/index.js';
import {
  isHttpAddress,
  resolveSource,
  withoutSecrets,
  type MediaInput,
  type ResolvedSource,
} from '../sources/index.js';
import {
  jobModule,
  runDirect,
  runJob,
  WorkerPool,
  type JobCall,
  type JobModule,
  type PoolOptions,
} from '../workers/index.js';
import {
  COVER_TIMEOUT,
  coverParams,
  coverSetParams,
  type CoverFormOptions,
  type CoverOptions,
  type CoverSetOptions,
} from './cover-options.js';
import type { CoverParams } from './cover-params.js';
import type { Cover, CoverSet } from './cover.js';

const COVER_JOB: JobModule = {
  native: jobModule(import.meta.url, './cover-job.js'),
  spawned: jobModule(import.meta.url, './spawned/cover-job.js'),
};

/** Options with the time that a call may take. */
type TimedOptions = CoverFormOptions & { readonly timeout: number };

/** Makes covers; close it to stop its workers. */
export class Covers {
  readonly #pool: WorkerPool;
  #remote: Promise<RemoteFiles> | undefined;

  /** @internal */
  constructor(options: PoolOptions) {
    this.#pool = new WorkerPool(options, [COVER_JOB]);
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

  async #run(input: MediaInput, params: CoverParams, given: CoverFormOptions): Promise<CoverSet> {
    const options = { ...given, timeout: given.timeout ?? COVER_TIMEOUT };
    if (isHttpAddress(input)) return this.#runRemote(String(input), params, options);
    return this.#runOn(await resolveSource(input, options), params, options);
  }

  async #runRemote(address: string, params: CoverParams, options: TimedOptions): Promise<CoverSet> {
    const started = performance.now();
    const deadline = startDeadline(options, `Making a cover of ${withoutSecrets(address)}`);
    const { signal } = deadline;
    const endsAt = started + options.timeout;
    try {
      this.#remote ??= openRemoteFiles();
      const files = await this.#remote;
      const { result, receipt } = await files.use(address, options, { signal, endsAt }, async (file) =>
        this.#runOn(await resolveSource(file), params, { signal }),
      );
      return { ...result, receipt };
    } finally {
      deadline.done();
    }
  }

  async #runOn(source: ResolvedSource, params: CoverParams, options: CallOptions): Promise<CoverSet> {
    const call: JobCall = { module: COVER_JOB.native, params, options, what: `Making a cover of ${source.spec.name}` };
    if (this.#pool.backend === 'inline') return runDirect<CoverSet>(source, call);
    return (await runJob<CoverSet>(this.#pool, source, call)).result;
  }

  /** Stops the workers and ends what still runs with FR_CLOSED. */
  async close(): Promise<void> {
    const remote = this.#remote?.then((files) => {
      files.close();
    });
    await Promise.all([this.#pool.close(), remote]);
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Their code is read with the first address: it is much, and covers of files never need it. */
async function openRemoteFiles(): Promise<RemoteFiles> {
  const { loadRemote } = await import('../net/index.js');
  const { RemoteFiles } = await loadRemote();
  return new RemoteFiles();
}

/**
 * Makes a cover engine; its workers start with the first cover, or with `warm()`.
 * @param options - where covers are made and how many at once; by default in worker processes
 */
export function createCovers(options: PoolOptions = {}): Covers {
  return new Covers(options);
}
