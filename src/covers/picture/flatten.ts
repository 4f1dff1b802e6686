// Makes a picture of the wanted size that anything can be made of: sRGB, and nothing of it transparent.
import {
  blankPicture,
  borrowScaler,
  filterPicture,
  lightOf,
  pictureOver,
  type Picture,
  type ScaleFilter,
} from '../../av/index.js';
import { hasAlpha, isRgb, planLayout, type Size } from '../../pixels/index.js';
import { colorMapOf } from './color-map.js';
import { flattenPixels, type Color } from './flatten-pixels.js';

/** How a picture is flattened. */
export interface FlattenWish {
  readonly size: Size;
  readonly filter: ScaleFilter;
  /** What shows where the picture is transparent. */
  readonly background: Color;
}

/**
 * A flat picture: the same one, in its own size, where it is SDR and opaque; else one of the wanted size in rgb24, which the
 * caller closes. It is scaled first: curves and blending at full size would cost ten times as much.
 */
export function flatten(picture: Picture, { size, filter, background }: FlattenWish): Picture {
  const map = colorMapOf(lightOf(picture));
  const transparent = hasAlpha(picture.format);
  if (map === undefined && !transparent) return picture;
  const layout = planLayout(transparent ? 'gbrap16le' : 'gbrp16le', size.width, size.height, false);
  const memory = Buffer.alloc(layout.byteLength);
  const deep = pictureOver(memory, layout);
  // What is transparent must not bleed its colour into what is not: each pixel counts by its alpha.
  const source = transparent ? multiplied(picture) : picture;
  scale(source, deep, filter);
  const planes = layout.planes.map(
    ({ offset, stride, rows }) => new Uint16Array(memory.buffer, memory.byteOffset + offset, (stride * rows) / 2),
  );
  const flat = planLayout('rgb24', size.width, size.height, false);
  const pixels = Buffer.alloc(flat.byteLength);
  const strides = layout.planes.map(({ stride }) => stride / 2);
  // From less than 16 bits libswscale makes 16 by a shift: its white is 255 times 256 then.
  const full = /(16|48|64)[bl]e$/.test(source.format) ? 65_535 : 65_280;
  flattenPixels({ ...size, full, planes, strides }, map, background, pixels, flat.planes[0]?.stride ?? 0);
  for (const done of [deep, ...(source === picture ? [] : [source])]) done.close();
  return pictureOver(pixels, flat);
}

/** The picture with its colours multiplied by its alpha, in planes. */
function multiplied(picture: Picture): Picture {
  if (!isRgb(picture.format) && picture.format.startsWith('yuva')) return filterPicture(picture, MULTIPLY);
  const planar = blankPicture(/48|64|16|1[02]/.test(picture.format) ? 'gbrap16le' : 'gbrap', picture);
  scale(picture, planar, 'bicubic');
  const product = filterPicture(planar, MULTIPLY);
  planar.close();
  return product;
}

const MULTIPLY = 'premultiply=inplace=1';

function scale(source: Picture, target: Picture, filter: ScaleFilter): void {
  const scaler = borrowScaler({ filter, color: 'jpeg' }, source, target);
  scaler.value.convert(source, target);
  scaler.release();
}
