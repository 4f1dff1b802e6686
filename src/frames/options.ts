// The options of `frames()` and `framesAt()`: checked once at the door, then plain data for the job.
import {
  argumentError,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkSize,
  checkSwitch,
  optionNames,
  parseSeconds,
  type CallOptions,
} from '../base/index.js';

import type { PresetName } from '../config/index.js';
import type { StreamOptions } from '../sources/index.js';
import type { BatchPlan } from '../workers/index.js';
import {
  BATCH_NAMES,
  checkBatches,
  type BatchDefaults,
  type BatchOptions,
  type BatchSettings,
} from './batch-options.js';
import type { FramesParams, Selection } from './selection.js';

/** The pixel formats that frames can be asked for; `native` is what the decoder gives, untouched. */
export const FRAME_FORMATS = ['native', 'rgb24', 'rgba', 'gray8', 'yuv420p', 'nv12'] as const;

/**
 * A pixel format. RGB and gray are full range; yuv420p and nv12 are limited range with the matrix of the video;
 * `native` keeps the range and depth of the video.
 */
export type FrameFormat = (typeof FRAME_FORMATS)[number];

/** How close a frame must be to the time it was wanted for. */
export const PRECISIONS = ['exact', 'keyframe'] as const;

/**
 * What is delivered for a time: `exact`, the frame on display then; `keyframe`, the last keyframe at or before it, which
 * is found by seeking and decoded alone.
 */
export type Precision = (typeof PRECISIONS)[number];

/** What the pixels of a frame look like. */
export interface PictureOptions extends CallOptions {
  /** The pixel format. @defaultValue 'rgb24' */
  readonly format?: FrameFormat | undefined;
  /** Columns and rows to scale to. @defaultValue the size of the video, after its turn */
  readonly size?: readonly [number, number] | undefined;
  /** Turn and crop pictures as the container says; native frames never are. @defaultValue true */
  readonly upright?: boolean | undefined;
  /** The number of the video stream in the file. @defaultValue the one that ffmpeg picks */
  readonly stream?: number | undefined;
  /** Decoder threads; 0 for as many as there are cores. @defaultValue 0, and 1 with the preset `realtime` */
  readonly threads?: number | undefined;
}

/** Which frames, in what form, and how they arrive. */
export interface FramesOptions extends PictureOptions, BatchOptions {
  /** Leave out frames before this time, in seconds. @defaultValue 0 */
  readonly from?: number | undefined;
  /** Leave out frames from this time on, in seconds. @defaultValue the end of the file */
  readonly to?: number | undefined;
  /**
   * One frame for each step of this length, the one on display then: seconds, or text such as '500ms'. The first step is
   * `from`, and the frame on display there may have begun before it: its `pts` says when.
   */
  readonly every?: number | string | undefined;
  /** One frame for each of these times in seconds, the one on display then; delivered in ascending order. */
  readonly at?: readonly number[] | undefined;
  /**
   * What `every` and `at` deliver for a time: the frame on display then, or the last keyframe at or before it, which is
   * much faster. With `every`, no keyframe comes twice. @defaultValue 'exact'
   */
  readonly precision?: Precision | undefined;
  /** Only keyframes; the decoder does not see the others. @defaultValue false */
  readonly keyframes?: boolean | undefined;
  /** Frames at most. @defaultValue all of them */
  readonly count?: number | undefined;
  /**
   * Milliseconds that a frame of a live input may come later than it could: later ones are passed over.
   * @defaultValue 1,000 for live inputs; other inputs wait
   */
  readonly maxDelay?: number | undefined;
  /** No padding: rows and planes lie tightly, as in a raw video file. @defaultValue false */
  readonly packed?: boolean | undefined;
}

/** One contiguous batch of frames: their times and how they lie in memory. */
export interface FramesAtOptions extends PictureOptions {
  /**
   * The order of the dimensions: frames, rows, columns, channels; or frames, channels, rows, columns (rgb24 only).
   * @defaultValue 'nhwc'
   */
  readonly layout?: 'nhwc' | 'nchw' | undefined;
  /**
   * What is delivered for a time: the frame on display then, or the last keyframe at or before it, which is much faster.
   * @defaultValue 'exact'
   */
  readonly precision?: Precision | undefined;
}

/** The options of pictures. */
const PICTURE_NAMES = {
  signal: true,
  timeout: true,
  format: true,
  size: true,
  upright: true,
  stream: true,
  threads: true,
} as const satisfies Record<keyof PictureOptions, true>;

/** Those of `readFrames()` are among them: a name that is not known is a mistake that would pass in silence. */
const FRAMES_OPTIONS = optionNames<FramesOptions & StreamOptions>({
  ...PICTURE_NAMES,
  ...BATCH_NAMES,
  from: true,
  to: true,
  every: true,
  at: true,
  keyframes: true,
  count: true,
  packed: true,
  maxDelay: true,
  precision: true,
  roots: true,
  inputTimeout: true,
});
const FRAMES_AT_OPTIONS = optionNames<FramesAtOptions>({ ...PICTURE_NAMES, layout: true, precision: true });

/** What a frames job needs beside its input. */
export interface CheckedFrames {
  readonly params: FramesParams;
  readonly batches: BatchPlan;
}

/** Columns or rows of a frame at most. */
export const MAX_SIDE = 16_384;

/** Half of the slots travel while the other half is filled. */
const BATCHES: BatchDefaults = { slots: 8, batchSize: 10, inFlight: 2 };

/** Checks the options of `frames()`; the preset of the engine takes the place of the defaults. */
export function checkFrames(options: FramesOptions, ofEngine?: BatchSettings, live = false): CheckedFrames {
  checkOptions(options, FRAMES_OPTIONS);
  const params: FramesParams = {
    ...checkPictureForm(options, options.preset),
    selection: selection(options),
    precision: precision(options),
    from: checkNumber('from', options.from ?? 0, 0, 'seconds'),
    to: options.to === undefined ? null : checkNumber('to', options.to, 0, 'seconds'),
    count: options.count === undefined ? null : checkInteger('count', options.count, 1, Number.MAX_SAFE_INTEGER),
    packed: checkSwitch('packed', options.packed, false),
    gather: null,
    maxDelay: checkMaxDelay(options.maxDelay, live),
  };
  if (params.to !== null && params.to <= params.from)
    throw argumentError('to', `a time after \`from\` (${String(params.from)})`, params.to);
  if (options.precision === 'keyframe' && options.every === undefined && options.at === undefined)
    throw argumentError('precision', "'keyframe' only beside `every` or `at`", options.precision);
  return { params, batches: checkBatches(options, BATCHES, ofEngine) };
}

/** Checks the options of `framesAt()`. */
export function checkFramesAt(times: readonly number[], options: FramesAtOptions): Pick<CheckedFrames, 'params'> {
  checkOptions(options, FRAMES_AT_OPTIONS);
  const gather = checkOneOf('layout', options.layout ?? 'nhwc', ['nhwc', 'nchw'] as const);
  const common = checkPictureForm(options);
  if (gather === 'nchw' && common.format !== 'rgb24')
    throw argumentError('format', "'rgb24' with the layout nchw", options.format);
  return {
    params: {
      ...common,
      selection: chosenTimes('times', times),
      precision: precision(options),
      from: 0,
      to: null,
      count: null,
      packed: true,
      gather,
      maxDelay: null,
    },
  };
}

/** Checks how late frames of a live input may come. */
export function checkMaxDelay(maxDelay: number | undefined, live: boolean): number | null {
  if (maxDelay === undefined) return live ? 1000 : null;
  return checkNumber('maxDelay', maxDelay, 0, 'milliseconds');
}

/** Checks what the pixels of frames look like, and where they come from. */
export function checkPictureForm(
  options: Omit<PictureOptions, keyof CallOptions>,
  preset?: PresetName,
): Pick<FramesParams, 'format' | 'size' | 'upright' | 'stream' | 'threads'> {
  const format = checkOneOf('format', options.format ?? 'rgb24', FRAME_FORMATS);
  if (format === 'native' && options.size !== undefined)
    throw argumentError('size', 'no size with the format native', options.size);
  return {
    format: format === 'native' ? null : format === 'gray8' ? 'gray' : format,
    size: options.size === undefined ? null : checkSize('size', options.size, MAX_SIDE),
    upright: checkSwitch('upright', options.upright, true),
    stream: options.stream === undefined ? null : checkInteger('stream', options.stream, 0, 1000),
    // Each further thread holds a frame back for as long as a frame lasts.
    threads: checkInteger('threads', options.threads ?? (preset === 'realtime' ? 1 : 0), 0, 64),
  };
}

function precision(options: { readonly precision?: Precision | undefined }): Precision {
  return checkOneOf('precision', options.precision ?? 'exact', PRECISIONS);
}

function selection(options: FramesOptions): Selection {
  const { every, at } = options;
  const keyframes = checkSwitch('keyframes', options.keyframes, false);
  const chosen = [every !== undefined && 'every', at !== undefined && 'at', keyframes && 'keyframes'].filter(Boolean);
  if (chosen.length > 1)
    throw argumentError(chosen.join('` and `'), 'only one of every, at and keyframes', 'more than one');
  if (every !== undefined) {
    const seconds = typeof every === 'string' ? parseSeconds('every', every) : every;
    return { kind: 'every', seconds: checkNumber('every', seconds, 0.001, 'seconds') };
  }
  if (at !== undefined) {
    if (options.from !== undefined || options.to !== undefined)
      throw argumentError('at', 'no `from` and `to` beside it', at);
    return chosenTimes('at', at);
  }
  return keyframes ? { kind: 'keyframes' } : { kind: 'all' };
}

/** Times in ascending order, as decoding meets them. */
function chosenTimes(name: string, times: readonly number[]): Selection {
  // A caller without types may give anything; Array.isArray would make it `any[]` here.
  if (!(times instanceof Array) || times.length === 0) throw argumentError(name, 'a list of times in seconds', times);
  for (const [place, time] of times.entries()) checkNumber(`${name}[${String(place)}]`, time, 0, 'seconds');
  const places = times.map((_, place) => place).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  return { kind: 'times', times: places.map((place) => times[place] ?? 0), places };
}
