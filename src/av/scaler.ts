// Scales and converts pictures with their colour tags honoured; the context is kept while the geometry stays.
import {
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_RGB,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
} from 'node-av/constants';
import { SoftwareScaleContext, type Frame } from 'node-av/lib';
import { check } from './averror.js';
import { nativeFrame, type Picture } from './picture.js';

/** What sits between the source and the target samples. */
export type ScaleFilter = 'bicubic' | 'bilinear' | 'area' | 'lanczos';

/**
 * Which colours the target holds.
 * `video`: RGB and gray are full range, YUV is limited range with the matrix of the source (ffmpeg's own choice);
 * `jpeg`: full range with the matrix of SMPTE 170M, as JFIF wants it (ITU-T T.871).
 */
export type TargetColor = 'video' | 'jpeg';

/** A reusable scaler; it owns its native context until `close()`. */
export class Scaler {
  readonly #context = new SoftwareScaleContext();
  readonly #color: TargetColor;

  constructor(filter: ScaleFilter, color: TargetColor = 'video', threads = 1) {
    this.#color = color;
    this.#context.allocContext();
    check(this.#context.setOption('sws_flags', filter), 'FR_INTERNAL', `The scaler has no filter ${filter}`);
    check(this.#context.setOption('threads', threads), 'FR_INTERNAL', 'The scaler has no threads');
  }

  /** Fills `target`, whose size and format say what is wanted, from `source`. */
  convert(source: Picture, target: Picture): void {
    const from = nativeFrame(source);
    const to = nativeFrame(target);
    this.#tag(from, to, source.format, target.format);
    check(
      this.#context.scaleFrameSync(to, from),
      'FR_CONVERT_FAILED',
      `A picture could not be converted from ${source.format} to ${target.format}`,
    );
  }

  #tag(from: Frame, to: Frame, sourceFormat: string, format: string): void {
    if (isRgb(sourceFormat)) {
      from.colorSpace = AVCOL_SPC_RGB;
      from.colorRange = AVCOL_RANGE_JPEG;
    }
    const rgb = isRgb(format);
    const full = rgb || this.#color === 'jpeg' || format.startsWith('gray') || format.startsWith('yuvj');
    to.colorRange = full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    to.colorSpace = rgb
      ? AVCOL_SPC_RGB
      : this.#color === 'jpeg' || isRgb(sourceFormat)
        ? AVCOL_SPC_SMPTE170M
        : from.colorSpace;
    // Carried over, so that the scaler does not start colour management between primaries (56 ms for one HDR frame).
    to.colorPrimaries = from.colorPrimaries;
    to.colorTrc = from.colorTrc;
    to.chromaLocation = from.chromaLocation;
    // What JPEG takes from untagged video must be said, or the scaler would not know that nothing changes.
    if (this.#color === 'jpeg' && from.colorSpace === AVCOL_SPC_UNSPECIFIED) from.colorSpace = AVCOL_SPC_SMPTE170M;
  }

  /** Frees the scaler. */
  close(): void {
    this.#context.freeContext();
  }
}

function isRgb(format: string): boolean {
  return /^(rgb|bgr|argb|abgr|0rgb|0bgr|gbr)/.test(format);
}
