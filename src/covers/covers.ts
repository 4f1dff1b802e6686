// Covers of videos: a pool of warm workers, or the caller's own thread for a one-shot command.
import {
  argumentError,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions as checkObject,
  checkSize,
  type CallOptions,
} from '../base/index.js';
import type { VideoStreamInfo } from '../av/index.js';
import { resolveSource, type MediaInput, type SourceOptions } from '../sources/index.js';
import {
  jobModule,
  runDirect,
  runJob,
  WorkerPool,
  type JobCall,
  type JobModule,
  type PoolOptions,
} from '../workers/index.js';
import type { Cover } from './cover-job.js';
import { MAX_SIDE, type CoverFit, type CoverParams, type CoverPlace } from './cover-params.js';

const COVER_JOB: JobModule = {
  native: jobModule(import.meta.url, './cover-job.js'),
  spawned: jobModule(import.meta.url, './spawned/cover-job.js'),
};

/** Which frame becomes the cover, and in what form. */
export interface CoverOptions extends CallOptions, SourceOptions {
  /** Seconds, `'12.5%'` of the duration, or `'middle'`; the keyframe at or before it is used. @defaultValue 'middle' */
  readonly at?: number | string | undefined;
  /** Columns and rows, 1 to 4096. @defaultValue the size of the video as a person sees it, within 4096 */
  readonly size?: readonly [number, number] | undefined;
  /** `cover` cuts what sticks out of the size, `contain` adds borders. @defaultValue 'cover' */
  readonly fit?: CoverFit | undefined;
  /** JPEG quality, 1 to 100, on libjpeg's scale in 31 steps. @defaultValue 85 */
  readonly quality?: number | undefined;
  /** Red, green and blue of the borders, 0 to 255. @defaultValue [0, 0, 0] */
  readonly background?: readonly [number, number, number] | undefined;
  /** The number of the video stream. @defaultValue the one that ffmpeg picks */
  readonly stream?: VideoStreamInfo['index'] | undefined;
}

/** Makes covers; close it to stop its workers. */
export class Covers {
  readonly #pool: WorkerPool;

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
   * Makes one cover. Rejects with FR_INPUT_*, FR_DECODE_*, FR_TIME_BEYOND_END, FR_WORKER_*, FR_TIMEOUT or FR_ABORTED.
   * @param input - a path, a file: URL, bytes, or a source of blocks; a string is never a protocol
   * @param options - which frame, in what form
   */
  async make(input: MediaInput, options: CoverOptions = {}): Promise<Cover> {
    const params = checkOptions(options);
    const source = await resolveSource(input, options);
    const call: JobCall = { module: COVER_JOB.native, params, options, what: `Making a cover of ${source.spec.name}` };
    if (this.#pool.backend === 'inline') return runDirect<Cover>(source, call);
    return (await runJob<Cover>(this.#pool, source, call)).result;
  }

  /** Stops the workers and ends what still runs with FR_CLOSED. */
  async close(): Promise<void> {
    await this.#pool.close();
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

function checkOptions(options: CoverOptions): CoverParams {
  checkObject(options);
  const background = options.background ?? [0, 0, 0];
  if (!(background instanceof Array) || background.length !== 3)
    throw argumentError('background', 'red, green and blue', background);
  for (const [i, part] of background.entries()) checkInteger(`background[${String(i)}]`, part, 0, 255);
  return {
    at: checkPlace(options.at ?? 'middle'),
    size: options.size === undefined ? null : checkSize('size', options.size, MAX_SIDE),
    fit: checkOneOf('fit', options.fit ?? 'cover', ['cover', 'contain'] as const),
    quality: checkInteger('quality', options.quality ?? 85, 1, 100),
    background,
    stream: options.stream === undefined ? null : checkInteger('stream', options.stream, 0, 1000),
  };
}

function checkPlace(at: number | string): CoverPlace {
  if (typeof at === 'number') return { kind: 'seconds', seconds: checkNumber('at', at, 0, 'seconds') };
  if (at === 'middle') return { kind: 'fraction', fraction: 0.5 };
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(at)?.[1] ?? Number.NaN);
  if (!(percent <= 100)) throw argumentError('at', "seconds, a percentage such as '50%', or 'middle'", at);
  return { kind: 'fraction', fraction: percent / 100 };
}
