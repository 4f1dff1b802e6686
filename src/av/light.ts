// What a picture says about its light: whether its samples are HDR, and how bright they get.
import {
  AV_FRAME_DATA_CONTENT_LIGHT_LEVEL,
  AV_FRAME_DATA_MASTERING_DISPLAY_METADATA,
  AVCOL_PRI_BT2020,
  AVCOL_PRI_BT709,
  AVCOL_SPC_BT2020_CL,
  AVCOL_SPC_BT2020_NCL,
  AVCOL_TRC_ARIB_STD_B67,
  AVCOL_TRC_BT2020_10,
  AVCOL_TRC_BT2020_12,
  AVCOL_TRC_BT709,
  AVCOL_TRC_SMPTE2084,
} from './constants.js';
import type { Frame } from 'node-av/lib';
import { isRgb } from '../pixels/index.js';
import { colorOf } from './color.js';
import { nativeFrame, type Picture } from './picture.js';

/** How the samples of a picture stand for light. */
export interface Light {
  /** `pq`: SMPTE ST 2084; `hlg`: ARIB STD-B67; `sdr`: any other, for a display of ordinary brightness. */
  readonly transfer: 'pq' | 'hlg' | 'sdr';
  /** Whether the three colours are those of ITU-R BT.2020. */
  readonly wide: boolean;
  /** The brightest that it says it gets, in cd/m²; undefined when it does not say. */
  readonly peak: number | undefined;
}

/**
 * The light of a picture, by its tags. HDR is what carries a transfer of HDR, and nothing else is: ten bits or the matrix of
 * BT.2020 alone do not make a picture HDR. Of SDR the colours are only taken for wide where every tag says so.
 */
export function lightOf(picture: Picture): Light {
  const { colorTrc, colorPrimaries, colorSpace } = colorOf(picture);
  const wide = colorPrimaries !== AVCOL_PRI_BT709;
  if (colorTrc === AVCOL_TRC_SMPTE2084) return { transfer: 'pq', wide, peak: peakOf(nativeFrame(picture)) };
  // HLG is relative: how bright it gets is a matter of the display.
  if (colorTrc === AVCOL_TRC_ARIB_STD_B67) return { transfer: 'hlg', wide, peak: undefined };
  const matrix = isRgb(picture.format) || colorSpace === AVCOL_SPC_BT2020_NCL || colorSpace === AVCOL_SPC_BT2020_CL;
  const curve = [AVCOL_TRC_BT709, AVCOL_TRC_BT2020_10, AVCOL_TRC_BT2020_12].some((one) => one === colorTrc);
  return { transfer: 'sdr', wide: colorPrimaries === AVCOL_PRI_BT2020 && matrix && curve, peak: undefined };
}

/** Bytes of an AVMasteringDisplayMetadata before its brightest luminance, a fraction (libavutil/mastering_display_metadata.h). */
const MAX_LUMINANCE = 72;

/** MaxCLL, or what the display could do on which the picture was made; undefined where neither is told. */
function peakOf(frame: Frame): number | undefined {
  const content = frame.getSideData(AV_FRAME_DATA_CONTENT_LIGHT_LEVEL);
  const maxCll = content !== null && content.length >= 4 ? content.readUInt32LE(0) : 0;
  if (maxCll > 0) return maxCll;
  const display = frame.getSideData(AV_FRAME_DATA_MASTERING_DISPLAY_METADATA);
  if (display === null || display.length < MAX_LUMINANCE + 8) return undefined;
  const [num, den] = [display.readInt32LE(MAX_LUMINANCE), display.readInt32LE(MAX_LUMINANCE + 4)];
  return num > 0 && den > 0 ? num / den : undefined;
}
