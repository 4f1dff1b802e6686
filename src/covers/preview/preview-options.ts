// What callers say about previews, checked once and brought into the form that the job takes.
import {
  argumentError,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  optionNames,
  type CallOptions,
} from '../../base/index.js';
import { checkEncode } from '../../frames/index.js';
import type { RemoteOptions } from '../../net/index.js';
import type { SourceOptions } from '../../sources/index.js';
import { DEFAULT_COVER_LIMITS } from '../cover-options.js';
import { INPUT_NAMES } from '../input-user.js';
import type { PreviewFormat, PreviewParams, PreviewPlace } from './preview-params.js';

/** What a preview shall be. */
export interface PreviewOptions extends CallOptions, SourceOptions, RemoteOptions {
  /**
   * Where it begins: seconds, `'12.5%'` of the duration; `'middle'`, which is shown around the middle, or `'best'`, around
   * the frames that covers would be made of. What would reach beyond the end begins earlier. @defaultValue 'middle'
   */
  readonly at?: number | string | undefined;
  /** Seconds that it lasts, all segments together, from 0.1 to 60; a shorter video is shown whole. @defaultValue 3 */
  readonly seconds?: number | undefined;
  /**
   * How many pieces it is made of, up to 20: from the middles of as many equal parts of the video, or around as many of its
   * best frames, or fewer where those leave no room for each other; a single one beside another `at`. @defaultValue 1
   */
  readonly segments?: number | undefined;
  /** Columns, an even number from 16 to 1920; rows follow from the shape of the video, which is not enlarged. @defaultValue 320 */
  readonly width?: number | undefined;
  /** Frames per second, from 1 to 60, in a GIF to 50. @defaultValue 10, and for a video its own up to 30, or 25 where that is below 20 */
  readonly frameRate?: number | undefined;
  /** An animated image that loops, or a muted H.264 video whose index comes first. @defaultValue 'webp' */
  readonly format?: PreviewFormat | undefined;
  /** 1 to 100: the scale of libwebp, or the part of 256 colours that a GIF has. @defaultValue 75, and 100 for a GIF */
  readonly quality?: number | undefined;
  /** Bits per second of a video on average. @defaultValue 120,000 */
  readonly bitrate?: number | undefined;
  /**
   * Bits per second of a video at most: the file is no larger than its seconds at this rate and the few kilobytes of an
   * MP4 around them. @defaultValue 150,000, and a quarter more than `bitrate` where that is given
   */
  readonly maxBitrate?: number | undefined;
  /**
   * Bytes of the file at most: quality or bit rate are lowered to as little as 30 % for it, then frames are left out;
   * rejects with FR_IMAGE_GOAL where that is not enough. @defaultValue none
   */
  readonly maxBytes?: number | undefined;
  /**
   * The encoder of a video: `auto`, `software`, a kind of hardware, or FFmpeg's name of one for H.264.
   * @defaultValue 'auto': the first hardware that works here, else software
   */
  readonly encoder?: string | undefined;
  /** The number of the video stream. @defaultValue the one that ffmpeg picks */
  readonly stream?: number | undefined;
  /** Milliseconds of wall time after which the call rejects with FR_TIMEOUT. @defaultValue 120,000 */
  readonly timeout?: number | undefined;
}

/** Milliseconds that a call may take unless it says otherwise. */
export const PREVIEW_TIMEOUT = 120_000;

const NAMES = optionNames<PreviewOptions>({
  ...INPUT_NAMES,
  at: true,
  seconds: true,
  segments: true,
  width: true,
  frameRate: true,
  format: true,
  quality: true,
  bitrate: true,
  maxBitrate: true,
  maxBytes: true,
  encoder: true,
  stream: true,
});

const BITRATE = 120_000;
/** What the bound is beside the average where nobody says. */
const HEADROOM = 1.25;
/** GIF counts in hundredths of a second, and players take one hundredth for ten. */
const GIF_RATE = 50;

/** Checks everything at once; throws FR_ARG_INVALID. */
export function checkPreview(options: PreviewOptions): PreviewParams {
  checkOptions(options, NAMES);
  const { stream, maxBytes, frameRate } = options;
  const format = checkOneOf('format', options.format ?? 'webp', ['webp', 'gif', 'mp4'] as const);
  const width = checkInteger('width', options.width ?? 320, 16, 1920);
  if (width % 2 === 1) throw argumentError('width', 'an even number', width);
  return {
    place: checkPlace(options),
    limits: DEFAULT_COVER_LIMITS,
    seconds: checkRange('seconds', options.seconds ?? 3, 0.1, 60),
    width,
    frameRate: frameRate === undefined ? null : checkRange('frameRate', frameRate, 1, format === 'gif' ? GIF_RATE : 60),
    format,
    quality: checkQuality(options, format),
    video: checkVideo(options, format),
    maxBytes: maxBytes === undefined ? null : checkInteger('maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER),
    stream: stream === undefined ? null : checkInteger('stream', stream, 0, 1000),
  };
}

function checkRange(name: string, value: number, least: number, most: number): number {
  if (checkNumber(name, value, least) <= most) return value;
  throw argumentError(name, `a number from ${String(least)} to ${String(most)}`, value);
}

function checkPlace({ at, segments = 1 }: PreviewOptions): PreviewPlace {
  checkInteger('segments', segments, 1, 20);
  if (at === 'best') return { kind: 'best', segments };
  if (at === undefined || at === 'middle') {
    if (at !== undefined && segments > 1) throw argumentError('segments', 'a single one beside `at`', segments);
    return { kind: 'spread', segments };
  }
  if (segments > 1) throw argumentError('segments', 'a single one beside `at`', segments);
  if (typeof at === 'number') return { kind: 'seconds', seconds: checkNumber('at', at, 0, 'seconds') };
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(at)?.[1] ?? Number.NaN);
  if (!(percent <= 100)) throw argumentError('at', "seconds, a percentage such as '50%', 'middle' or 'best'", at);
  return { kind: 'fraction', fraction: percent / 100 };
}

function checkQuality({ quality }: PreviewOptions, format: PreviewFormat): number {
  if (quality !== undefined && format === 'mp4')
    throw argumentError('quality', 'a `bitrate` instead, as the format is mp4', quality);
  return checkInteger('quality', quality ?? (format === 'gif' ? 100 : 75), 1, 100);
}

function checkVideo({ bitrate, maxBitrate, encoder }: PreviewOptions, format: PreviewFormat): PreviewParams['video'] {
  if (format === 'mp4') {
    const average = bitrate ?? Math.min(BITRATE, maxBitrate ?? BITRATE);
    return checkEncode({ encoder, codec: 'h264', bitrate: average, maxBitrate: maxBitrate ?? average * HEADROOM });
  }
  for (const [name, value] of Object.entries({ bitrate, maxBitrate, encoder }))
    if (value !== undefined) throw argumentError(name, 'nothing, as the format is no video', value);
  return null;
}
