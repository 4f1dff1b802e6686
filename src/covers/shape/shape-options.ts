// What callers say about the shape of covers, checked and brought into the form that jobs take.
import { argumentError, checkInteger, checkNames, checkOneOf, checkSize, optionNames } from '../../base/index.js';
import type { CoverBorder } from './borders.js';
import { SAFE_ZONES, type SafeZoneMargins, type SafeZoneName } from './safe-zone.js';
import { MAX_SIDE, type CoverFit, type CoverShape } from './shape.js';

/** Columns and rows, 1 to 4096, or a shape and its columns, such as `'9:16@1080'` for `[1080, 1920]`. */
export type CoverSize = readonly [number, number] | `${number}:${number}@${number}`;

/** How a picture is brought into a size. */
export interface CoverShapeOptions {
  /**
   * `cover` cuts what sticks out of the size alike at both sides, `contain` adds borders, `smart` cuts so that what
   * draws the eye stays in, and may go up to 15 % nearer where nothing has to be enlarged for it. @defaultValue 'cover'
   */
  readonly fit?: CoverFit | undefined;
  /**
   * What the borders of `contain` are: `color`, the `background`; `blur`, the picture itself, large, blurred and
   * darker; `extend`, the colours of its edges. @defaultValue 'color'
   */
  readonly border?: CoverBorder | undefined;
  /** Red, green and blue of borders of one colour, and of what shows through a transparent picture; 0 to 255. @defaultValue [0, 0, 0] */
  readonly background?: readonly [number, number, number] | undefined;
  /**
   * What an app draws over the cover: `tiktok`, `reels`, `shorts`, `instagram-grid`, or fractions of the sides. `smart`
   * keeps what draws the eye clear of it, `contain` moves the picture to the middle of the rest. @defaultValue nothing
   */
  readonly safeZone?: SafeZoneName | SafeZoneMargins | undefined;
}

/** A size with a shape of its own. */
export interface ShapedSize extends CoverShapeOptions {
  /** Columns and rows, 1 to 4096, or a shape and its columns, such as `'9:16@1080'`. */
  readonly size: CoverSize;
}

/** The names of these options. */
export const SHAPE_NAMES = {
  fit: true,
  border: true,
  background: true,
  safeZone: true,
} as const satisfies Record<keyof CoverShapeOptions, true>;
const SHAPED_SIZE = optionNames<ShapedSize>({ ...SHAPE_NAMES, size: true });

/** A size in a call, and what to call it in an error. */
export interface NamedSize {
  readonly name: string;
  /** Undefined for the size of the video. */
  readonly size: CoverSize | ShapedSize | undefined;
}

/** The shapes of a call: one for each size, with what the call says where the size says nothing. */
export function shapeParams(sizes: readonly NamedSize[], options: CoverShapeOptions): CoverShape[] {
  const usual = checkShape('', options);
  const shapes = sizes.map(({ name, size }) => {
    if (!isShaped(size)) return { ...usual, size: size === undefined ? null : checkCoverSize(name, size) };
    checkNames(`\`${name}\``, size, SHAPED_SIZE);
    const own = Object.fromEntries(Object.entries(size).filter(([, value]) => value !== undefined));
    return { ...checkShape(`${name}.`, { ...options, ...own }), size: checkCoverSize(`${name}.size`, size.size) };
  });
  if (options.border !== undefined && shapes.every(({ fit }) => fit !== 'contain'))
    throw argumentError('border', "`fit: 'contain'` beside it", usual.fit);
  if (options.safeZone !== undefined && shapes.every(({ fit }) => fit === 'cover'))
    throw argumentError('safeZone', "`fit: 'smart'` or `fit: 'contain'` beside it", usual.fit);
  return shapes;
}

function isShaped(size: NamedSize['size']): size is ShapedSize {
  return typeof size === 'object' && !(size instanceof Array) && size !== null;
}

function checkShape(prefix: string, options: CoverShapeOptions): Omit<CoverShape, 'size'> {
  const { fit = 'cover', border = 'color', background = [0, 0, 0], safeZone } = options;
  const colorName = `${prefix}background`;
  if (!(background instanceof Array) || background.length !== 3)
    throw argumentError(colorName, 'red, green and blue', background);
  for (const [i, part] of background.entries()) checkInteger(`${colorName}[${String(i)}]`, part, 0, 255);
  return {
    fit: checkOneOf(`${prefix}fit`, fit, ['cover', 'contain', 'smart'] as const),
    border: checkOneOf(`${prefix}border`, border, ['color', 'blur', 'extend'] as const),
    background,
    safeZone: safeZone === undefined ? null : checkSafeZone(`${prefix}safeZone`, safeZone),
  };
}

function checkSafeZone(name: string, zone: SafeZoneName | SafeZoneMargins): SafeZoneMargins {
  const names = Object.keys(SAFE_ZONES);
  if (typeof zone === 'string' && Object.hasOwn(SAFE_ZONES, zone)) return SAFE_ZONES[zone];
  if (typeof zone !== 'object' || zone === null)
    throw argumentError(name, `one of ${names.join(', ')}, or fractions of the sides`, zone);
  const { top, right, bottom, left } = zone;
  for (const [side, part] of Object.entries({ top, right, bottom, left }))
    if (typeof part !== 'number' || !(part >= 0 && part < 1))
      throw argumentError(`${name}.${side}`, 'a fraction from 0 to below 1', part);
  if (top + bottom >= 1 || left + right >= 1)
    throw argumentError(name, 'fractions that leave something clear', [top, right, bottom, left]);
  return { top, right, bottom, left };
}

function checkCoverSize(name: string, size: CoverSize): { width: number; height: number } {
  if (typeof size !== 'string') return checkSize(name, size, MAX_SIDE);
  const [, across = '', down = '', columns = ''] = /^(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)@(\d+)$/.exec(size) ?? [];
  const height = Math.round((Number(columns) * Number(down)) / Number(across));
  if (!(height >= 1 && height <= MAX_SIDE))
    throw argumentError(name, `columns and rows up to ${String(MAX_SIDE)}, such as [640, 360] or '9:16@1080'`, size);
  return checkSize(name, [Number(columns), height], MAX_SIDE);
}
