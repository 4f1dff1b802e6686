// How an ffmpeg decodes for a process job: from where to where, upright, through which filters, into which format.
import type { VideoStreamInfo } from '../../../av/index.js';
import type { Ratio } from '../../../base/index.js';
import { isRgb, needsTurn, oriented, turnFilters, UPRIGHT, type Size, type Turn } from '../../../pixels/index.js';
import { DEFAULT_LIMITS } from '../../../sources/index.js';
import { rescale } from '../../../spelling/index.js';
import type { RunPlan } from '../../spawned/decode-run.js';
import type { Headers, StreamTiming } from '../../spawned/headers.js';
import type { ProcessParams } from '../process-params.js';

/** Container times are rational, those of callers decimal: differences below this are none. Seconds. */
const EPSILON = 1e-6;
const MICROSECONDS: Ratio = { num: 1, den: 1_000_000 };
/** Containers where one seek lands on the last keyframe. */
const EXACT = /^(mov|matroska|avi|flv|gif|apng)/;
/** Where a seek may land anywhere, this much more is decoded, so that a keyframe is among it. Seconds. */
const RUN_UP = 30;
/** How far packets lie apart in a file whose pictures are neighbours, in seconds. */
const REORDERING = 2;

/** Whether a seek of this container lands where it should. */
export function seeksExactly({ container }: Headers): boolean {
  return EXACT.test(container);
}

/** How the video stream counts time; made up for streams that do not say. */
export function timingOf(headers: Headers, { index }: VideoStreamInfo): StreamTiming {
  const timing = headers.timings.get(index);
  const unknown = { num: 0, den: 1 };
  if (timing === undefined)
    return {
      timeBase: { num: 1, den: 90_000 },
      frameRate: unknown,
      pixelAspect: unknown,
      chromaLocation: undefined,
    };
  return timing.timeBase.num > 0 ? timing : { ...timing, timeBase: { num: 1, den: 90_000 } };
}

/** How pictures are cut and turned. */
export function turnOf({ upright }: Pick<ProcessParams, 'upright'>, { orientation, crop }: VideoStreamInfo): Turn {
  return upright ? { orientation, crop } : { orientation: UPRIGHT };
}

/** The size of the pictures that come out; undefined where only the filters know it. */
export function sizeOf(params: ProcessParams, stream: VideoStreamInfo): Size | undefined {
  if (params.size !== null) return params.size;
  if (params.filters !== null || stream.stored.width === 0) return undefined;
  const { crop, orientation } = turnOf(params, stream);
  return oriented(crop ?? stream.stored, orientation);
}

/** Plans a decoding ffmpeg whose pictures come with times from the start of the range. */
export function planDecode(params: ProcessParams, headers: Headers, stream: VideoStreamInfo): RunPlan {
  const { from, to, filters, threads } = params;
  const { timeBase } = timingOf(headers, stream);
  const tick = timeBase.num / timeBase.den;
  const start = headers.untimed ? 0 : headers.startTime;
  const shift = rescale(BigInt(Math.round((start + from) * 1e6)), MICROSECONDS, timeBase);
  const turn = turnOf(params, stream);
  const first = [
    // ffmpeg makes times up for a bare stream; ours count its pictures.
    ...(headers.untimed ? ['setpts=N/FRAME_RATE/TB'] : []),
    ...range(from, to, (seconds) => Math.ceil((seconds + start - EPSILON) / tick)),
    ...(shift === 0n ? [] : [`setpts=PTS-${String(shift)}`]),
    ...(needsTurn(turn) ? [turnFilters(turn)] : []),
    ...(filters === null ? [] : [filters]),
  ];
  const exact = seeksExactly(headers);
  const seek = exact ? from + EPSILON : from > 2 * RUN_UP ? from - RUN_UP : undefined;
  return {
    stream: stream.index,
    seek: from === 0 || headers.untimed ? undefined : seek,
    first,
    filters: formFilters(params, stream),
    shift,
    // Filters may give pictures times that no packet has.
    packets: filters === null && !headers.untimed,
    until: to === null ? undefined : start + to + REORDERING,
    keyframesOnly: false,
    threads,
    maxPixels: DEFAULT_LIMITS.maxPixels,
  };
}

function range(from: number, to: number | null, ticks: (seconds: number) => number): string[] {
  if (from === 0 && to === null) return [];
  return [`trim=start_pts=${String(ticks(from))}${to === null ? '' : `:end_pts=${String(ticks(to))}`}`];
}

/** What the transform sees; a change of resolution in mid-stream is scaled to the first one. */
function formFilters(params: ProcessParams, stream: VideoStreamInfo): string[] {
  const { format } = params;
  const size = sizeOf(params, stream);
  if (format === null) return feedable(stream.pixelFormat);
  const sides = size === undefined ? '' : `${String(size.width)}:${String(size.height)}:`;
  // YUV is delivered in limited range, unless it is native.
  const limited = isRgb(format) || format === 'gray' ? '' : ':out_range=tv';
  return [`scale=${sides}flags=bicubic${limited}`, `format=${format}`];
}

/** Two planes of ten bits and the like are rearranged: a stream of raw pictures has no name for them. */
function feedable(format: string | undefined): string[] {
  const depth = /^p01([026])le$/.exec(format ?? '')?.[1];
  if (depth !== undefined) return [`format=yuv420p1${depth}le`];
  const chroma = { nv16: '422', nv24: '444' }[format ?? ''];
  return chroma === undefined ? [] : [`format=yuv${chroma}p`];
}
