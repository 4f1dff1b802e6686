// What may be said of a video that is written from JavaScript, and what is said where nothing is.
import {
  argumentError,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkSize,
  checkSwitch,
  optionNames,
  toRatio,
  type CallOptions,
  type Ratio,
} from '../../base/index.js';
import { FRAME_FORMATS, MAX_SIDE, type FrameFormat } from '../options.js';
import { checkEncode, ENCODE_NAMES, type EncodeOptions } from './process-options.js';
import type { SinkParams } from './sink-params.js';

/** What kind of video is written. */
export interface VideoSinkOptions extends CallOptions, EncodeOptions {
  /** Columns and rows of every frame. */
  readonly size: readonly [number, number];
  /** Frames per second; times of your own may differ from it. @defaultValue 30 */
  readonly frameRate?: number | undefined;
  /** The pixel format that frames are drawn in. @defaultValue 'rgba' */
  readonly format?: Exclude<FrameFormat, 'native'> | undefined;
  /** No padding in the frames. @defaultValue true */
  readonly packed?: boolean | undefined;
  /** Frames in shared memory at once. @defaultValue 6 */
  readonly slots?: number | undefined;
  /** Encoder threads; 0 for as many as there are cores. @defaultValue 0 */
  readonly threads?: number | undefined;
}

const FORMATS = FRAME_FORMATS.filter((format) => format !== 'native');

const SINK_OPTIONS = optionNames<VideoSinkOptions>({
  ...ENCODE_NAMES,
  signal: true,
  timeout: true,
  size: true,
  frameRate: true,
  format: true,
  packed: true,
  slots: true,
  threads: true,
});

/** Checks everything at once; throws FR_ARG_INVALID. */
export function checkSink(options: VideoSinkOptions): { params: Omit<SinkParams, 'output'>; slots: number } {
  checkOptions(options, SINK_OPTIONS);
  const format = checkOneOf('format', options.format ?? 'rgba', FORMATS);
  const frameRate = toRatio(checkRate(options.frameRate ?? 30));
  return {
    params: {
      size: checkSize('size', options.size, MAX_SIDE),
      format: format === 'gray8' ? 'gray' : format,
      packed: checkSwitch('packed', options.packed, true),
      timeBase: fineTimeBase(frameRate),
      frameRate,
      pixelAspect: { num: 1, den: 1 },
      threads: checkInteger('threads', options.threads ?? 0, 0, 64),
      encoder: checkEncode(options),
    },
    slots: checkInteger('slots', options.slots ?? 6, 2, 256),
  };
}

function checkRate(rate: number): number {
  if (checkNumber('frameRate', rate, 0.001, 'frames per second') > 1000)
    throw argumentError('frameRate', 'at most 1000 frames per second', rate);
  return rate;
}

/** Counts whole frames exactly and everything else to a tenth of a millisecond, as MP4 files do. */
function fineTimeBase({ num }: Ratio): Ratio {
  let den = num;
  while (den < 10_000) den *= 2;
  return { num: 1, den };
}
