// What people write for the options of covers, on command lines and in manifests, as values.
import { argumentError, parseSeconds, parseSize } from '../base/index.js';
import type { CoverTime } from './cover-options.js';
import type { CoverShapeOptions, CoverSize } from './shape/index.js';

/** A place: seconds such as `12.5` or `1:02`, a percentage, `middle` or `best`. Throws FR_ARG_INVALID. */
export function parsePlace(name: string, text: string): CoverTime {
  return /^(middle|best|[\d.]+%)$/.test(text) ? text : parseSeconds(name, text);
}

/** A size: `320x180`, or a shape and its columns such as `9:16@1080`. Throws FR_ARG_INVALID. */
export function parseCoverSize(name: string, text: string): CoverSize {
  return text.includes('@') ? (text as CoverSize) : parseSize(name, text);
}

/** A colour such as `ff8800` or `#ff8800`. Throws FR_ARG_INVALID. */
export function parseColor(name: string, text: string): [number, number, number] {
  const match = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (match === null) throw argumentError(name, 'a colour such as ff8800', text);
  return [1, 2, 3].map((part) => Number.parseInt(match[part] ?? '0', 16)) as [number, number, number];
}

/** The name of a safe zone, or fractions of the sides: `top,right,bottom,left`. They are checked where they are used. */
export function parseSafeZone(text: string): CoverShapeOptions['safeZone'] {
  if (!/^[\d.]/.test(text)) return text as CoverShapeOptions['safeZone'];
  const [top = Number.NaN, right = Number.NaN, bottom = Number.NaN, left = Number.NaN] = text.split(',').map(Number);
  return { top, right, bottom, left };
}
