// Scales and converts pictures with their colour tags honoured; the context is kept while the geometry stays.
import {
  AVCHROMA_LOC_CENTER,
  AVCOL_PRI_UNSPECIFIED,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_RGB,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_TRC_UNSPECIFIED,
  AV_FRAME_FLAG_INTERLACED,
} from './constants.js';
import { SoftwareScaleContext, type Frame } from 'node-av/lib';
import { isRgb } from '../pixels/index.js';
import { check } from './averror.js';
import { ContextPool, type ContextLease } from './context-pool.js';
import { isScalable, type ColorTags } from './color.js';
import { nativeFrame, type Picture } from './picture.js';

/**
 * What sits between the source and the target samples, in the words of libswscale. Without `accurate_rnd` its vector
 * code rounds down twice, which dark pictures show: against an exact lanczos a night scene has an SSIM of 0.96, and of
 * 0.999 with it.
 */
export type ScaleFilter = 'bicubic' | 'bicubic+accurate_rnd' | 'bilinear' | 'area' | 'lanczos';

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

  /**
   * Fills `target`, whose size and format say what is wanted, from `source`.
   * @param wanted - what the samples of a YUV target shall mean, instead of what the source or the habit says
   */
  convert(source: Picture, target: Picture, wanted?: ColorTags): void {
    const from = nativeFrame(source);
    const to = nativeFrame(target);
    const { colorSpace, colorRange, colorPrimaries, colorTrc, chromaLocation, flags } = from;
    // Interlaced pictures are scaled as they stand, as ffmpeg does; asked for less than that, libswscale refuses them.
    from.clearFlags(AV_FRAME_FLAG_INTERLACED);
    this.#tag(from, to, source.format, target.format);
    if (wanted !== undefined && !isRgb(target.format)) {
      if (wanted.colorSpace !== AVCOL_SPC_UNSPECIFIED) to.colorSpace = wanted.colorSpace;
      if (wanted.colorRange !== 0) to.colorRange = wanted.colorRange;
    }
    // Unsaid while it works: it would start colour management (56 ms for one HDR frame), and it refuses pictures whose
    // tags it does not know.
    for (const frame of [from, to])
      Object.assign(frame, { colorPrimaries: AVCOL_PRI_UNSPECIFIED, colorTrc: AVCOL_TRC_UNSPECIFIED });
    const code = this.#context.scaleFrameSync(to, from);
    Object.assign(from, { colorSpace, colorRange, colorPrimaries, colorTrc, chromaLocation, flags });
    Object.assign(to, { colorPrimaries, colorTrc });
    check(code, 'FR_CONVERT_FAILED', `A picture could not be converted from ${source.format} to ${target.format}`);
  }

  /** Tells the scaler what the samples on both sides mean. */
  #tag(from: Frame, to: Frame, sourceFormat: string, targetFormat: string): void {
    const toRgb = isRgb(targetFormat);
    const toGray = targetFormat.startsWith('gray');
    const jpeg = this.#color === 'jpeg';
    if (isRgb(sourceFormat)) {
      from.colorSpace = AVCOL_SPC_RGB;
      from.colorRange = AVCOL_RANGE_JPEG;
    } else if (toGray) {
      // The luma of the video, whatever its matrix: named on one side only, the scaler would convert between matrices.
      from.colorSpace = AVCOL_SPC_UNSPECIFIED;
    } else {
      // A matrix that the scaler refuses is as good as none.
      if (!isScalable(from.colorSpace)) from.colorSpace = AVCOL_SPC_UNSPECIFIED;
      // What the scaler takes untagged video for anyway; said, it sees that nothing changes.
      if (jpeg && from.colorSpace === AVCOL_SPC_UNSPECIFIED) from.colorSpace = AVCOL_SPC_SMPTE170M;
    }
    to.colorRange = toRgb || toGray || jpeg || targetFormat.startsWith('yuvj') ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    to.colorSpace = toRgb ? AVCOL_SPC_RGB : jpeg || isRgb(sourceFormat) ? AVCOL_SPC_SMPTE170M : from.colorSpace;
    if (!jpeg) {
      // ffmpeg's own conversions take chroma for centred (libswscale before FFmpeg 8 knew nothing else).
      from.chromaLocation = AVCHROMA_LOC_CENTER;
    }
    to.chromaLocation = AVCHROMA_LOC_CENTER;
  }

  /** Frees the scaler. */
  close(): void {
    this.#context.freeContext();
  }
}

/** Scalers by what they convert from and to: one that comes back to the same geometry need not set itself up again. */
export const scalers = new ContextPool<Scaler>({
  what: 'scalers',
  close: (scaler) => {
    scaler.close();
  },
});

/** Which scaler is wanted. */
export interface ScalerWish {
  readonly filter: ScaleFilter;
  readonly color?: TargetColor;
  readonly threads?: number;
}

/** A scaler that somebody has used for such pictures before, or a new one; give it back when it is not needed. */
export function borrowScaler(wish: ScalerWish, source: Picture, target: Picture): ContextLease<Scaler> {
  const { filter, color = 'video', threads = 1 } = wish;
  const shape = ({ format, width, height }: Picture): string => `${format} ${String(width)}x${String(height)}`;
  const key = `${filter} ${color} ${String(threads)} ${shape(source)} ${shape(target)}`;
  const open = (): Scaler => new Scaler(filter, color, threads);
  const lease = scalers.tryAcquire(key, open);
  if (lease !== undefined) return lease;
  // More at once than are kept: this one is not.
  const value = open();
  const close = (): void => {
    value.close();
  };
  return { value, release: close, discard: close };
}
