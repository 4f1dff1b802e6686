// What callers say about covers, checked once and brought into the form that jobs take.
import {
  argumentError,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  optionNames,
  type CallOptions,
} from '../base/index.js';
import type { DecoderWish } from '../av/index.js';
import { allBackends } from '../hardware/index.js';
import type { RemoteOptions } from '../net/index.js';
import { DEFAULT_LIMITS, type SourceOptions } from '../sources/index.js';
import type { UsageLimits } from '../workers/index.js';
import type { BestParams, CoverLimits, CoverParams, CoverPlace, CoverPrecision } from './cover-params.js';
import { INPUT_NAMES } from './input-user.js';
import { IMAGE_NAMES, imageParams, type CoverImageOptions } from './images/image-options.js';
import {
  SHAPE_NAMES,
  shapeParams,
  type CoverShapeOptions,
  type CoverSize,
  type ShapedSize,
} from './shape/shape-options.js';

/** Seconds, `'12.5%'` of the duration, `'middle'`, or `'best'`. */
export type CoverTime = number | string;

/** In which surroundings covers are shown. Each of the two is a text of 200 characters at most. */
export interface CoverUse {
  /** What shows them, such as the name of a page or of a template. @defaultValue any */
  readonly template?: string | undefined;
  /** Who sees them, such as the name of a group of users. @defaultValue anybody */
  readonly segment?: string | undefined;
}

/** What holds for every cover of a call. */
export interface CoverFormOptions
  extends CallOptions, SourceOptions, RemoteOptions, CoverShapeOptions, CoverImageOptions {
  /** The number of the video stream. @defaultValue the one that ffmpeg picks */
  readonly stream?: number | undefined;
  /**
   * What is taken for a place: the last keyframe at or before it, which is decoded alone, or the frame on display there.
   * @defaultValue 'keyframe'
   */
  readonly precision?: CoverPrecision | undefined;
  /** How many frames `'best'` compares, 8 to 16, beside keyframes outside of where it looks if a video has few. @defaultValue 12 */
  readonly candidates?: number | undefined;
  /** Where `'best'` begins to look, in seconds. @defaultValue behind the first 5 %, and half a second */
  readonly from?: number | undefined;
  /** Where `'best'` ends to look, in seconds. @defaultValue before the last 5 % */
  readonly to?: number | undefined;
  /**
   * Where single keyframes are decoded: `auto` takes a device where decoding on it was measured to be faster for videos of
   * the same codec and size, `software` never does, or a kind of hardware (`nvdec`, `qsv`, `vaapi`, `videotoolbox`), with
   * software where it fails. @defaultValue 'auto'
   */
  readonly decoder?: DecoderWish | undefined;
  /** What a video may ask for; beyond it the call rejects with FR_INPUT_LIMIT. @defaultValue what `CoverLimitOptions` says */
  readonly limits?: CoverLimitOptions | undefined;
  /**
   * Whether the cache of the engine is asked, and keeps what is made; of storyboards and previews nothing is kept.
   * @defaultValue true, where `createCovers()` was told of one
   */
  readonly cache?: boolean | undefined;
  /** Makes them anew, whatever the cache has, and keeps the new ones. @defaultValue false */
  readonly refresh?: boolean | undefined;
  /** In which surroundings they will be shown: `preheat()` remembers it. @defaultValue anywhere, to anybody */
  readonly use?: CoverUse | undefined;
  /** Milliseconds of wall time after which the call rejects with FR_TIMEOUT. @defaultValue 30,000 */
  readonly timeout?: number | undefined;
}

/** What one video may ask for. */
export interface CoverLimitOptions {
  /** Pixels of one frame, as stored. @defaultValue 50,000,000 */
  readonly maxPixels?: number | undefined;
  /** Columns or rows of one frame, as stored. @defaultValue 16,384 */
  readonly maxSide?: number | undefined;
  /** Streams of one file. @defaultValue 32 */
  readonly maxStreams?: number | undefined;
  /** Frames decoded for one picture: with `exact`, all since the keyframe before it. @defaultValue 600 */
  readonly maxDecodedFrames?: number | undefined;
  /**
   * Seconds of processor time, on all cores together, that a worker process may take; ten times a second is looked, on Linux
   * alone. @defaultValue 20
   */
  readonly maxCpuSeconds?: number | undefined;
  /** Bytes of memory of its own that a worker process may have meanwhile, looked at in the same way. @defaultValue 1 GiB */
  readonly maxMemory?: number | undefined;
}

/** Which frame becomes the cover, and in what form. */
export interface CoverOptions extends CoverFormOptions {
  /**
   * Seconds, `'12.5%'` of the duration, or `'middle'`; or `'best'`, which compares frames all over the video and tells why
   * it took one. @defaultValue 'middle'
   */
  readonly at?: CoverTime | undefined;
  /**
   * Columns and rows, 1 to 4096, or a shape and its columns, such as `'9:16@1080'`.
   * @defaultValue the size of the video as a person sees it, within 4096
   */
  readonly size?: CoverSize | undefined;
}

/** Which frames become covers, and in what sizes: an image for each pair of the two. */
export interface CoverSetOptions extends CoverFormOptions {
  /**
   * Up to 100 times as for a single cover. The first `'best'` is the best frame, the next one the second best that looks
   * different, and so on. @defaultValue ['middle']
   */
  readonly at?: readonly CoverTime[] | undefined;
  /**
   * Up to 20 sizes as for a single cover, or objects of a `size` and its own `fit`, `border`, `background` and
   * `safeZone`. @defaultValue the size of the video as a person sees it, within 4096
   */
  readonly sizes?: readonly (CoverSize | ShapedSize)[] | undefined;
}

/** The names of what holds for every cover of a call. */
const FORM_NAMES = {
  ...INPUT_NAMES,
  ...SHAPE_NAMES,
  ...IMAGE_NAMES,
  stream: true,
  precision: true,
  candidates: true,
  from: true,
  to: true,
  decoder: true,
  limits: true,
  cache: true,
  refresh: true,
  use: true,
} as const satisfies Record<keyof CoverFormOptions, true>;
const COVER_NAMES = optionNames<CoverOptions>({ ...FORM_NAMES, at: true, size: true });
/** The names of the options of several covers. */
export const COVER_SET_NAMES = optionNames<CoverSetOptions>({ ...FORM_NAMES, at: true, sizes: true });
const LIMIT_NAMES = optionNames<CoverLimitOptions>({
  maxPixels: true,
  maxSide: true,
  maxStreams: true,
  maxDecodedFrames: true,
  maxCpuSeconds: true,
  maxMemory: true,
});

/** Milliseconds that a call may take unless it says otherwise. */
export const COVER_TIMEOUT = 30_000;

/** What a video may ask for unless the caller says otherwise. */
export const DEFAULT_COVER_LIMITS: CoverLimits = { ...DEFAULT_LIMITS, maxDecodedFrames: 600 };

const MOST_PLACES = 100;
const MOST_SIZES = 20;

/** What a caller asks for; which devices there are is not for callers to say. */
export type AskedCover = Omit<CoverParams, 'offer'>;

/** The params of a single cover. */
export function coverParams(options: CoverOptions): AskedCover {
  checkOptions(options, COVER_NAMES);
  const shapes = shapeParams([{ name: 'size', size: options.size }], options);
  const places = [checkPlace('at', options.at ?? 'middle')];
  return { shapes, ...formParams(options), places, best: bestParams(options, places) };
}

/** The params of several covers. */
export function coverSetParams(options: CoverSetOptions): AskedCover {
  checkOptions(options, COVER_SET_NAMES);
  const places = checkList('at', options.at ?? ['middle'], MOST_PLACES, checkPlace);
  const sizes =
    options.sizes === undefined
      ? [{ name: 'sizes', size: undefined }]
      : checkList('sizes', options.sizes, MOST_SIZES, (name, size) => ({ name, size }));
  return { shapes: shapeParams(sizes, options), ...formParams(options), places, best: bestParams(options, places) };
}

function bestParams(options: CoverFormOptions, places: readonly CoverPlace[]): BestParams {
  const wantsBest = places.some(({ kind }) => kind === 'best');
  for (const name of ['candidates', 'from', 'to'] as const)
    if (options[name] !== undefined && !wantsBest)
      throw argumentError(name, "nothing where `at` is not 'best'", options[name]);
  const from = options.from === undefined ? null : checkNumber('from', options.from, 0, 'seconds');
  const to = options.to === undefined ? null : checkNumber('to', options.to, 0, 'seconds');
  if (to !== null && to <= (from ?? 0)) throw argumentError('to', `more than ${String(from ?? 0)} seconds`, to);
  return { candidates: checkInteger('candidates', options.candidates ?? 12, 8, 16), from, to };
}

function formParams(options: CoverFormOptions): Omit<CoverParams, 'places' | 'shapes' | 'best' | 'offer'> {
  return {
    image: imageParams(options),
    stream: options.stream === undefined ? null : checkInteger('stream', options.stream, 0, 1000),
    decoder: checkOneOf('decoder', options.decoder ?? 'auto', decoders()),
    precision: checkOneOf('precision', options.precision ?? 'keyframe', ['keyframe', 'exact'] as const),
    limits: options.limits === undefined ? DEFAULT_COVER_LIMITS : checkLimits(options.limits),
  };
}

function decoders(): readonly DecoderWish[] {
  return [
    'auto',
    'software',
    ...allBackends().flatMap(({ name, decoding }) => decoding ?? (name === 'fake' ? name : [])),
  ];
}

const GIB = 1024 ** 3;

/** What a cover may use of its worker unless its caller says otherwise; of storyboards and previews the memory counts alone. */
export const DEFAULT_USAGE = { cpuSeconds: 20, ownBytes: GIB } as const;

/** What a call may use of its worker. Throws FR_ARG_INVALID. */
export function usageLimits({ limits = {} }: CoverFormOptions): UsageLimits {
  const { maxCpuSeconds = DEFAULT_USAGE.cpuSeconds, maxMemory = DEFAULT_USAGE.ownBytes } = limits;
  return {
    cpuSeconds: checkNumber('limits.maxCpuSeconds', maxCpuSeconds, 0.1, 'seconds'),
    ownBytes: checkInteger('limits.maxMemory', maxMemory, 1, Number.MAX_SAFE_INTEGER),
  };
}

/** Beyond this libav lays out no picture, whatever the caller allows. */
const MOST_PIXELS = 2 ** 28;

function checkLimits(limits: CoverLimitOptions): CoverLimits {
  checkOptions(limits, LIMIT_NAMES, '`limits`');
  const {
    maxPixels = DEFAULT_COVER_LIMITS.maxPixels,
    maxSide = DEFAULT_COVER_LIMITS.maxSide,
    maxStreams = DEFAULT_COVER_LIMITS.maxStreams,
    maxDecodedFrames = DEFAULT_COVER_LIMITS.maxDecodedFrames,
  } = limits;
  return {
    maxPixels: checkInteger('limits.maxPixels', maxPixels, 1, MOST_PIXELS),
    maxSide: checkInteger('limits.maxSide', maxSide, 1, 2 ** 16),
    maxStreams: checkInteger('limits.maxStreams', maxStreams, 1, 1000),
    maxDecodedFrames: checkInteger('limits.maxDecodedFrames', maxDecodedFrames, 1, 1_000_000),
  };
}

function checkList<Item, Checked>(
  name: string,
  list: readonly Item[],
  most: number,
  check: (name: string, item: Item) => Checked,
): Checked[] {
  if (!(list instanceof Array) || list.length < 1 || list.length > most)
    throw argumentError(name, `a list of 1 to ${String(most)}`, list);
  return list.map((item, index) => check(`${name}[${String(index)}]`, item));
}

function checkPlace(name: string, at: CoverTime): CoverPlace {
  if (typeof at === 'number') return { kind: 'seconds', seconds: checkNumber(name, at, 0, 'seconds') };
  if (at === 'middle') return { kind: 'fraction', fraction: 0.5 };
  if (at === 'best') return { kind: 'best' };
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(at)?.[1] ?? Number.NaN);
  if (!(percent <= 100)) throw argumentError(name, "seconds, a percentage such as '50%', 'middle' or 'best'", at);
  return { kind: 'fraction', fraction: percent / 100 };
}
