// The engine: a pool of workers, and what can be opened with it.
import { checkInteger, checkOptions, checkSwitch, holdErrors, optionNames, type CallOptions } from '../base/index.js';
import type { MemoryStats } from '../memory/index.js';
import {
  isLive,
  nameOf,
  resolveAny,
  resolveSource,
  type AnyInput,
  type MediaInput,
  type ResolvedSource,
  type SourceOptions,
  type StreamOptions,
} from '../sources/index.js';
import type { Telemetry } from '../telemetry/index.js';
import {
  jobModule,
  POOL_NAMES,
  runJob,
  WorkerPool,
  type Backend,
  type JobModule,
  type PoolOptions,
} from '../workers/index.js';
import { FRAMES_JOB, FrameStream } from './frame-stream.js';
import { checkFrames, type FramesOptions } from './options.js';
import { toMediaInfo, type MediaInfo } from './media-info.js';
import type { ProbeParams, ProbeResult } from './probe-job.js';
import {
  checkProcess,
  PROCESS_JOB,
  ProcessSession,
  SINK_JOB,
  VideoSink,
  type MediaDestination,
  type ProcessOptions,
  type ProcessResult,
  type VideoSinkOptions,
} from './process/index.js';
import { Video } from './video.js';

const ENGINE_OPTIONS = optionNames<PoolOptions>(POOL_NAMES);

const PROBE_JOB: JobModule = {
  native: jobModule(import.meta.url, './probe-job.js'),
  spawned: jobModule(import.meta.url, './spawned/probe-job.js'),
};

/** How an input is opened. */
export interface OpenVideoOptions extends CallOptions, SourceOptions {
  /** The number of the video stream. @defaultValue the one that ffmpeg picks */
  readonly stream?: number | undefined;
}

/** Which frames of an input that may be read only once. */
export type ReadFramesOptions = FramesOptions & StreamOptions;

/** How an input is probed. */
export interface ProbeOptions extends OpenVideoOptions {
  /** Read every packet, to list keyframes and to find damage; nothing is decoded. @defaultValue true */
  readonly scan?: boolean | undefined;
}

/** Workers of one kind, started on demand and kept warm. Close it to stop them; they never outlive their parent. */
export class Engine {
  readonly #pool: WorkerPool;

  /**
   * Makes an engine; no worker is started yet.
   * @param options - where jobs run and how many at once
   */
  constructor(options: PoolOptions = {}) {
    checkOptions(options, ENGINE_OPTIONS);
    this.#pool = new WorkerPool(options, [FRAMES_JOB, PROBE_JOB, PROCESS_JOB, SINK_JOB]);
  }

  /** Where its jobs run now: what was asked for, or `spawn` where native code could not be loaded. */
  get backend(): Backend {
    return this.#pool.backend;
  }

  /** The processes of its live workers; with the backend `spawn` the commands that run now. */
  get pids(): number[] {
    return this.#pool.pids;
  }

  /** What it knows about itself: metrics, alerts, text for Prometheus. */
  get telemetry(): Telemetry {
    return this.#pool.telemetry;
  }

  /** What the frames of its workers hold of its memory budget; undefined before the first worker. */
  get memory(): MemoryStats | undefined {
    return this.#pool.memory;
  }

  /**
   * Starts workers before they are needed.
   * @param count - how many
   */
  async warm(count = 1): Promise<void> {
    await this.#pool.warm(count);
  }

  /**
   * Opens a video: reads its headers in a worker.
   * @param input - a path, a file: URL, bytes, or a source of blocks; a string is never a protocol
   * @param options - roots that paths must stay in, and the caller's deadline
   */
  async open(input: MediaInput, options: OpenVideoOptions = {}): Promise<Video> {
    const stream = checkStream(options);
    const source = await resolveSource(input, options);
    const result = await this.#probe(source, { scan: false, stream }, options);
    return new Video(this.#pool, source, toMediaInfo(source.spec.name, result));
  }

  /**
   * Reports what a file holds and what is wrong with it.
   * @param input - as for `open`
   * @param options - whether every packet is read, and the caller's deadline
   */
  async probe(input: MediaInput, options: ProbeOptions = {}): Promise<MediaInfo> {
    const stream = checkStream(options, [...OPEN_OPTIONS, 'scan']);
    const scan = checkSwitch('scan', options.scan, true);
    const source = await resolveSource(input, options);
    const result = await this.#probe(source, { scan, stream }, options);
    return toMediaInfo(source.spec.name, result);
  }

  async #probe(source: ResolvedSource, params: ProbeParams, options: CallOptions): Promise<ProbeResult> {
    const what = `Reading the headers of ${source.spec.name}`;
    return (await runJob<ProbeResult>(this.#pool, source, { module: PROBE_JOB.native, params, options, what })).result;
  }

  /**
   * Frames of an input in one go, without opening it first: the only way for what can be read once, a stream or a live
   * input, and the shortest one to the first frame. Throws FR_ARG_INVALID at once for wrong options.
   * @param input - as for `open`, or a stream of bytes, or a live input such as `{ live: 'rtsp://camera/1' }`
   * @param options - which frames, in what form
   */
  readFrames(input: AnyInput, options: ReadFramesOptions = {}): FrameStream {
    const checked = checkFrames(options, this.#pool.settings, isLive(input));
    holdErrors(input);
    return new FrameStream({
      pool: this.#pool,
      resolve: () => resolveAny(input, options),
      name: nameOf(input),
      checked,
      options,
      closed: undefined,
    });
  }

  /**
   * Starts to process a video; `session.result` settles when the output is published, or failed and left nothing.
   * Throws FR_ARG_INVALID at once for wrong options.
   * @param input - as for `open`, or a stream of bytes, or a live input such as `{ live: 'rtsp://camera/1' }`
   * @param output - a path, a file: URL, a Node or a web stream; null for a transform that only looks
   * @param options - filters, the transform, how to encode
   */
  process(input: AnyInput, output: MediaDestination | null, options: ProcessOptions = {}): ProcessSession {
    const checked = checkProcess(options, isLive(input), this.#pool.settings);
    holdErrors(input);
    holdErrors(output);
    return new ProcessSession({
      pool: this.#pool,
      resolve: () => resolveAny(input, options),
      name: nameOf(input),
      output,
      checked,
      options,
    });
  }

  /**
   * Opens a video for frames that are made in JavaScript. Rejects with FR_ARG_INVALID, FR_ENCODE_FAILED or
   * FR_OUTPUT_FAILED; `finish()` publishes it.
   * @param output - a path, a file: URL, a Node or a web stream
   * @param options - the size of the frames, how fast they come, how to encode
   */
  async createVideo(output: MediaDestination, options: VideoSinkOptions): Promise<VideoSink> {
    return VideoSink.open(this.#pool, output, options);
  }

  /** Stops its workers and ends what still runs with FR_CLOSED; resolves when every process is gone. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  /** The same as `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

const OPEN_OPTIONS = optionNames<OpenVideoOptions>({ signal: true, timeout: true, roots: true, stream: true });

function checkStream(options: OpenVideoOptions, known = OPEN_OPTIONS): number | null {
  checkOptions(options, known);
  return options.stream === undefined ? null : checkInteger('stream', options.stream, 0, 1000);
}

let shared: Engine | undefined;

/** The engine of calls that name none: worker processes, started on demand, gone with this process. */
function defaultEngine(): Engine {
  shared ??= new Engine();
  return shared;
}

/**
 * Opens a video with the default engine.
 * @param input - a path, a file: URL, bytes, or a source of blocks; a string is never a protocol
 * @param options - roots that paths must stay in, and the caller's deadline
 */
export function open(input: MediaInput, options: OpenVideoOptions = {}): Promise<Video> {
  return defaultEngine().open(input, options);
}

/**
 * Reports what a file holds and what is wrong with it, with the default engine.
 * @param input - as for `open`
 * @param options - whether every packet is read, and the caller's deadline
 */
export function probe(input: MediaInput, options: ProbeOptions = {}): Promise<MediaInfo> {
  return defaultEngine().probe(input, options);
}

/**
 * Decodes a video, changes it with filters and in JavaScript, encodes it and publishes the output, with the default
 * engine. Rejects as {@link ProcessSession.result} does; no file is left then.
 * @param input - a path, a file: URL, bytes, a source of blocks, a stream, or a live input; a string is never a protocol
 * @param output - a path, a file: URL, a Node or a web stream; null for a transform that only looks
 * @param options - filters, the transform, how to encode
 */
export async function processVideo(
  input: AnyInput,
  output: MediaDestination | null,
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  return defaultEngine().process(input, output, options).result;
}

/**
 * Starts to process a video with the default engine, for those who want to look at its progress or change it on its way.
 * @param input - as for `processVideo`
 * @param output - as for `processVideo`
 * @param options - as for `processVideo`
 */
export function startProcess(
  input: AnyInput,
  output: MediaDestination | null,
  options: ProcessOptions = {},
): ProcessSession {
  return defaultEngine().process(input, output, options);
}

/**
 * Opens a video for frames that are made in JavaScript, with the default engine; `finish()` publishes it.
 * @param output - a path, a file: URL, a Node or a web stream
 * @param options - the size of the frames, how fast they come, how to encode
 */
export function createVideo(output: MediaDestination, options: VideoSinkOptions): Promise<VideoSink> {
  return defaultEngine().createVideo(output, options);
}

/**
 * Frames of an input in one go, with the default engine: for streams, live inputs, and whoever needs no facts first.
 * @param input - a path, a file: URL, bytes, a source of blocks, a stream, or a live input; a string is never a protocol
 * @param options - which frames, in what form
 */
export function readFrames(input: AnyInput, options: ReadFramesOptions = {}): FrameStream {
  return defaultEngine().readFrames(input, options);
}
