// What the samples of a picture mean: the colour tags that travel with it into an encoder and its container.
import {
  AVCHROMA_LOC_CENTER,
  AVCHROMA_LOC_LEFT,
  AVCOL_PRI_BT709,
  AVCOL_PRI_UNSPECIFIED,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT2020_NCL,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_FCC,
  AVCOL_SPC_RGB,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_SMPTE240M,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_TRC_BT709,
  AVCOL_TRC_UNSPECIFIED,
} from './constants.js';
import type { Frame } from 'node-av/lib';
import { isRgb } from '../pixels/index.js';
import { nativeFrame, type Picture } from './picture.js';

/** Colour tags as libav numbers them (libavutil/pixfmt.h). */
export type ColorTags = Pick<Frame, 'colorSpace' | 'colorRange' | 'colorPrimaries' | 'colorTrc' | 'chromaLocation'>;

/** The matrices that libswscale converts (sws_test_colorspace in libswscale/format.c); it refuses all others. */
const SCALABLE: ReadonlySet<number> = new Set([
  AVCOL_SPC_RGB,
  AVCOL_SPC_BT709,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_SPC_FCC,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_SMPTE240M,
  AVCOL_SPC_BT2020_NCL,
]);

/** Whether the scaler converts samples of this matrix. */
export function isScalable(colorSpace: number): boolean {
  return SCALABLE.has(colorSpace);
}

/** The tags of a picture. */
export function colorOf(picture: Picture): ColorTags {
  const { colorSpace, colorRange, colorPrimaries, colorTrc, chromaLocation } = nativeFrame(picture);
  return { colorSpace, colorRange, colorPrimaries, colorTrc, chromaLocation };
}

/** What the samples of a picture mean once it was converted into YUV or gray for JavaScript. */
export function colorAfter(picture: Picture, format: string): ColorTags {
  const color = isRgb(picture.format) ? { ...DRAWN, colorSpace: AVCOL_SPC_SMPTE170M } : colorOf(picture);
  if (format.startsWith('gray')) return { ...color, colorRange: AVCOL_RANGE_JPEG };
  return color.colorRange === AVCOL_RANGE_JPEG ? { ...color, colorRange: AVCOL_RANGE_MPEG } : color;
}

/** Puts tags on a picture. */
export function setColor(picture: Picture, tags: ColorTags): void {
  Object.assign(nativeFrame(picture), tags);
}

/** What is drawn in RGB becomes on its way into YUV: BT.709 in limited range, which players expect and say so. */
export const DRAWN: ColorTags = {
  colorSpace: AVCOL_SPC_BT709,
  colorRange: AVCOL_RANGE_MPEG,
  colorPrimaries: AVCOL_PRI_BT709,
  colorTrc: AVCOL_TRC_BT709,
  chromaLocation: AVCHROMA_LOC_LEFT,
};

/** What the samples of a JPEG mean: full range with the matrix of SMPTE 170M, chroma in the middle (ITU-T T.871). */
export const JFIF: ColorTags = {
  colorSpace: AVCOL_SPC_SMPTE170M,
  colorRange: AVCOL_RANGE_JPEG,
  colorPrimaries: AVCOL_PRI_UNSPECIFIED,
  colorTrc: AVCOL_TRC_UNSPECIFIED,
  chromaLocation: AVCHROMA_LOC_CENTER,
};

/** Full-range RGB that says no more of itself: a PNG then holds no gamma that viewers would undo. */
export const PLAIN_RGB: ColorTags = { ...JFIF, colorSpace: AVCOL_SPC_RGB };

/** What the samples of a drawn picture mean that is not RGB: YUV as players expect it, gray in full range. */
export function drawnColor(format: string): ColorTags {
  return format === 'gray' ? { ...DRAWN, colorRange: AVCOL_RANGE_JPEG } : DRAWN;
}
