// Settles what the samples of a picture mean where the picture itself does not say.
import {
  AVCOL_PRI_BT2020,
  AVCOL_PRI_UNSPECIFIED,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT2020_CL,
  AVCOL_SPC_BT2020_NCL,
  AVCOL_SPC_BT709,
  AVCOL_SPC_CHROMA_DERIVED_CL,
  AVCOL_SPC_CHROMA_DERIVED_NCL,
  AVCOL_SPC_ICTCP,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_SPC_YCGCO,
  AVCOL_TRC_ARIB_STD_B67,
  AVCOL_TRC_SMPTE2084,
  AVCOL_TRC_UNSPECIFIED,
} from './constants.js';
import { isRgb } from '../pixels/index.js';
import { colorOf, isScalable, setColor, type ColorTags } from './color.js';
import { filterPicture } from './filter-picture.js';
import { blankPicture, inherit, type Picture } from './picture.js';
import { borrowScaler } from './scaler.js';

/** Matrices that libswscale refuses and zimg converts. */
const RARE: ReadonlySet<number> = new Set([
  AVCOL_SPC_YCGCO,
  AVCOL_SPC_BT2020_CL,
  AVCOL_SPC_CHROMA_DERIVED_NCL,
  AVCOL_SPC_CHROMA_DERIVED_CL,
  AVCOL_SPC_ICTCP,
]);

/**
 * Tags a picture in full: by its own tags, else by those of its container, else by its size. Untagged video wider than
 * 1279 columns or higher than 576 rows is taken for BT.709, other video for BT.601, as mpv does
 * (mp_csp_guess_colorspace in video/csputils.c); VLC, SDL and the browsers draw the line by the rows alone, between 576
 * and 720. libswscale would take all of it for BT.601.
 * @param container - what the container says
 */
export function settleColor(picture: Picture, container: ColorTags): void {
  const own = colorOf(picture);
  const colorPrimaries = said(own.colorPrimaries, container.colorPrimaries, AVCOL_PRI_UNSPECIFIED);
  const colorTrc = said(own.colorTrc, container.colorTrc, AVCOL_TRC_UNSPECIFIED);
  const colorRange = own.colorRange === 0 ? container.colorRange : own.colorRange;
  const settled = { ...own, colorPrimaries, colorTrc, colorRange };
  if (!isRgb(picture.format)) settled.colorSpace = matrixOf(picture, container.colorSpace, settled);
  setColor(picture, settled);
}

/** The first of two tags that says something: 0 and 3 are reserved, and some encoders write them. */
function said<Tag extends number>(own: Tag, container: Tag, unspecified: Tag): Tag {
  return [own, container].find((tag) => tag !== unspecified && tag !== 0 && tag !== 3) ?? unspecified;
}

function matrixOf(picture: Picture, ofContainer: ColorTags['colorSpace'], tags: ColorTags): ColorTags['colorSpace'] {
  const known = [tags.colorSpace, ofContainer].find(
    (matrix) => (isScalable(matrix) && matrix !== AVCOL_SPC_UNSPECIFIED && matrix !== 0) || RARE.has(matrix),
  );
  if (known !== undefined) return known;
  const { colorPrimaries, colorTrc } = tags;
  if (colorPrimaries === AVCOL_PRI_BT2020 || colorTrc === AVCOL_TRC_SMPTE2084 || colorTrc === AVCOL_TRC_ARIB_STD_B67)
    return AVCOL_SPC_BT2020_NCL;
  return picture.width >= 1280 || picture.height > 576 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

/**
 * A picture with samples that the scaler takes for what they are: the same one, or one made from it, which the caller
 * closes. Matrices that libswscale refuses become RGB through zimg, and gray of limited range, which it takes for full,
 * becomes YUV.
 */
export function scalable(picture: Picture): Picture {
  const { colorSpace, colorRange } = colorOf(picture);
  const deep = /(9|1[0-6])[bl]e$|p01[0-6]/.test(picture.format);
  if (RARE.has(colorSpace) && !isRgb(picture.format))
    return filterPicture(picture, `zscale=matrix=gbr:range=full,format=${deep ? 'gbrp16le' : 'gbrp'}`);
  if (!picture.format.startsWith('gray') || colorRange !== AVCOL_RANGE_MPEG) return picture;
  const yuv = blankPicture(deep ? 'yuv420p16le' : 'yuv420p', picture);
  const scaler = borrowScaler({ filter: 'bicubic', color: 'jpeg' }, picture, yuv);
  scaler.value.convert(picture, yuv);
  scaler.release();
  inherit(picture, yuv);
  // Full range to full range left the samples as they were.
  setColor(yuv, { ...colorOf(picture), colorSpace: AVCOL_SPC_SMPTE170M });
  return yuv;
}
