// What callers say about covers, checked once and brought into the form that jobs take.
import {
  argumentError,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkSize,
  type CallOptions,
} from '../base/index.js';
import type { SourceOptions } from '../sources/index.js';
import {
  MAX_SIDE,
  type BestParams,
  type CoverFit,
  type CoverParams,
  type CoverPlace,
  type CoverShape,
} from './cover-params.js';

/** Seconds, `'12.5%'` of the duration, or `'middle'`, for the keyframe at or before it; or `'best'`. */
export type CoverTime = number | string;

/** Columns and rows, 1 to 4096. */
export type CoverSize = readonly [number, number];

/** What holds for every cover of a call. */
export interface CoverFormOptions extends CallOptions, SourceOptions {
  /** `cover` cuts what sticks out of the size, `contain` adds borders. @defaultValue 'cover' */
  readonly fit?: CoverFit | undefined;
  /** JPEG quality, 1 to 100, on libjpeg's scale in 31 steps. @defaultValue 85 */
  readonly quality?: number | undefined;
  /** Red, green and blue of the borders, 0 to 255. @defaultValue [0, 0, 0] */
  readonly background?: readonly [number, number, number] | undefined;
  /** The number of the video stream. @defaultValue the one that ffmpeg picks */
  readonly stream?: number | undefined;
  /** How many frames `'best'` compares, 8 to 16. @defaultValue 12 */
  readonly candidates?: number | undefined;
  /** Where `'best'` begins to look, in seconds. @defaultValue behind the first 5 %, and half a second */
  readonly from?: number | undefined;
  /** Where `'best'` ends to look, in seconds. @defaultValue before the last 5 % */
  readonly to?: number | undefined;
}

/** Which frame becomes the cover, and in what form. */
export interface CoverOptions extends CoverFormOptions {
  /**
   * Seconds, `'12.5%'` of the duration, or `'middle'`, for the keyframe at or before it; or `'best'`, which compares frames
   * all over the video and tells why it took one. @defaultValue 'middle'
   */
  readonly at?: CoverTime | undefined;
  /** Columns and rows, 1 to 4096. @defaultValue the size of the video as a person sees it, within 4096 */
  readonly size?: CoverSize | undefined;
}

/** Which frames become covers, and in what sizes: an image for each pair of the two. */
export interface CoverSetOptions extends CoverFormOptions {
  /**
   * Up to 100 times as for a single cover. The first `'best'` is the best frame, the next one the second best that looks
   * different, and so on. @defaultValue ['middle']
   */
  readonly at?: readonly CoverTime[] | undefined;
  /** Up to 20 sizes as for a single cover. @defaultValue the size of the video as a person sees it, within 4096 */
  readonly sizes?: readonly CoverSize[] | undefined;
}

const MOST_PLACES = 100;
const MOST_SIZES = 20;

/** The params of a single cover. */
export function coverParams(options: CoverOptions): CoverParams {
  checkOptions(options);
  const size = options.size === undefined ? null : checkSize('size', options.size, MAX_SIDE);
  const places = [checkPlace('at', options.at ?? 'middle')];
  return { ...formParams(options, [size]), places, best: bestParams(options, places) };
}

/** The params of several covers. */
export function coverSetParams(options: CoverSetOptions): CoverParams {
  checkOptions(options);
  const places = checkList('at', options.at ?? ['middle'], MOST_PLACES, checkPlace);
  const sizes =
    options.sizes === undefined
      ? [null]
      : checkList('sizes', options.sizes, MOST_SIZES, (name, size) => checkSize(name, size, MAX_SIDE));
  return { ...formParams(options, sizes), places, best: bestParams(options, places) };
}

function formParams(
  options: CoverFormOptions,
  sizes: readonly CoverShape['size'][],
): Omit<CoverParams, 'places' | 'best'> {
  const background = options.background ?? [0, 0, 0];
  if (!(background instanceof Array) || background.length !== 3)
    throw argumentError('background', 'red, green and blue', background);
  for (const [i, part] of background.entries()) checkInteger(`background[${String(i)}]`, part, 0, 255);
  const fit = checkOneOf('fit', options.fit ?? 'cover', ['cover', 'contain'] as const);
  return {
    shapes: sizes.map((size) => ({ size, fit, background })),
    image: { format: 'jpeg', quality: checkInteger('quality', options.quality ?? 85, 1, 100) },
    stream: options.stream === undefined ? null : checkInteger('stream', options.stream, 0, 1000),
  };
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
