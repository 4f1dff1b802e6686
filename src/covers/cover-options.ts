// What callers say about covers, checked once and brought into the form that jobs take.
import { argumentError, checkInteger, checkNumber, checkOptions, type CallOptions } from '../base/index.js';
import type { SourceOptions } from '../sources/index.js';
import type { CoverParams, CoverPlace } from './cover-params.js';
import { imageParams, type CoverImageOptions } from './images/image-options.js';
import { shapeParams, type CoverShapeOptions, type CoverSize, type ShapedSize } from './shape/shape-options.js';

/** Seconds, `'12.5%'` of the duration, or `'middle'`; the keyframe at or before it is used. */
export type CoverTime = number | string;

/** What holds for every cover of a call. */
export interface CoverFormOptions extends CallOptions, SourceOptions, CoverShapeOptions, CoverImageOptions {
  /** The number of the video stream. @defaultValue the one that ffmpeg picks */
  readonly stream?: number | undefined;
}

/** Which frame becomes the cover, and in what form. */
export interface CoverOptions extends CoverFormOptions {
  /** Seconds, `'12.5%'` of the duration, or `'middle'`; the keyframe at or before it is used. @defaultValue 'middle' */
  readonly at?: CoverTime | undefined;
  /**
   * Columns and rows, 1 to 4096, or a shape and its columns, such as `'9:16@1080'`.
   * @defaultValue the size of the video as a person sees it, within 4096
   */
  readonly size?: CoverSize | undefined;
}

/** Which frames become covers, and in what sizes: an image for each pair of the two. */
export interface CoverSetOptions extends CoverFormOptions {
  /** Up to 100 times as for a single cover. @defaultValue ['middle'] */
  readonly at?: readonly CoverTime[] | undefined;
  /**
   * Up to 20 sizes as for a single cover, or objects of a `size` and its own `fit`, `border`, `background` and
   * `safeZone`. @defaultValue the size of the video as a person sees it, within 4096
   */
  readonly sizes?: readonly (CoverSize | ShapedSize)[] | undefined;
}

const MOST_PLACES = 100;
const MOST_SIZES = 20;

/** The params of a single cover. */
export function coverParams(options: CoverOptions): CoverParams {
  checkOptions(options);
  const shapes = shapeParams([{ name: 'size', size: options.size }], options);
  return { shapes, ...formParams(options), places: [checkPlace('at', options.at ?? 'middle')] };
}

/** The params of several covers. */
export function coverSetParams(options: CoverSetOptions): CoverParams {
  checkOptions(options);
  const places = checkList('at', options.at ?? ['middle'], MOST_PLACES, checkPlace);
  const sizes =
    options.sizes === undefined
      ? [{ name: 'sizes', size: undefined }]
      : checkList('sizes', options.sizes, MOST_SIZES, (name, size) => ({ name, size }));
  return { shapes: shapeParams(sizes, options), ...formParams(options), places };
}

function formParams(options: CoverFormOptions): Pick<CoverParams, 'image' | 'stream'> {
  return {
    image: imageParams(options),
    stream: options.stream === undefined ? null : checkInteger('stream', options.stream, 0, 1000),
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
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(at)?.[1] ?? Number.NaN);
  if (!(percent <= 100)) throw argumentError(name, "seconds, a percentage such as '50%', or 'middle'", at);
  return { kind: 'fraction', fraction: percent / 100 };
}
