// What people write for the options of covers, on command lines and in manifests, as values.
import { argumentError, parseSeconds, parseSize } from '../base/index.js';
import type { CoverTime } from './cover-options.js';
import type { CoverShapeOptions, CoverSize } from './shape/index.js';

/** A place: seconds such as `12.5` or `1:02`, a percentage, `middle` or `best`. Throws FR_ARG_INVALID. */
export function parsePlace(name: string, text: string): CoverTime {
  if (/^(middle|best|[\d.]+%)$/.test(text)) return text;
  if (/^[\d.:]+(ms|s|m|h)?$/.test(text)) return parseSeconds(name, text);
  throw argumentError(name, "seconds such as 1.5 or 1:02, a percentage such as '50%', 'middle' or 'best'", text);
}

/** A size: `320x180`, or a shape and its columns such as `9:16@1080`. Throws FR_ARG_INVALID. */
export function parseCoverSize(name: string, text: string): CoverSize {
  if (text.includes('@')) return text as CoverSize;
  if (/^\d+x\d+$/.test(text)) return parseSize(name, text);
  throw argumentError(name, 'a size such as 640x360, or a shape and its columns such as 9:16@360', text);
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
