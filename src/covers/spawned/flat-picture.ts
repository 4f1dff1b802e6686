// Makes a picture flat where commands run: ffmpeg gave it in deep RGB and in its size.
import { planLayout, type Size } from '../../pixels/index.js';
import { flattenPixels } from '../picture/flatten-pixels.js';
import type { CoverShape } from '../shape/index.js';
import { deepFormat } from './cover-filters.js';
import type { PictureLook } from './picture-look.js';

/** Whether pictures of this look must be made flat before anything is made of them. */
export function needsFlattening({ transparent, map }: PictureLook): boolean {
  return transparent || map !== undefined;
}

/**
 * A flat picture, in rgb24 without padding.
 * @param deep - its planes in the format that `deepFormat` names, without padding
 * @param background - what shows where it is transparent
 */
export function flatPixels(
  deep: Uint8Array,
  { width, height }: Size,
  look: PictureLook,
  background: CoverShape['background'],
): Uint8Array {
  const flat = Buffer.alloc(3 * width * height);
  const layout = planLayout(deepFormat(look), width, height, true);
  const memory = new ArrayBuffer(layout.byteLength);
  new Uint8Array(memory).set(deep.subarray(0, layout.byteLength));
  const planes = layout.planes.map(({ offset, rows, stride }) => new Uint16Array(memory, offset, (rows * stride) / 2));
  const strides = layout.planes.map(({ stride }) => stride / 2);
  // From less than 16 bits libswscale makes 16 by a shift: its white is 255 times 256 then.
  const full = /16|48|64/.test(look.pixelFormat) ? 65_535 : 65_280;
  flattenPixels({ width, height, full, planes, strides }, look.map, background, flat, 3 * width);
  return flat;
}
