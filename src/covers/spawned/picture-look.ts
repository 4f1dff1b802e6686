// What the headers tell of how pictures look, where commands run: what settles their colours and makes them flat.
import type { VideoStreamInfo } from '../../av/index.js';
import type { StreamSamples } from '../../frames/index.js';
import { hasAlpha, isRgb } from '../../pixels/index.js';
import { colorMapOf, type ColorMap } from '../picture/color-map.js';

/** How the pictures of a stream look. */
export interface PictureLook {
  readonly pixelFormat: string;
  /** The matrix that ffmpeg must be told, as it would take another one; undefined where it knows. */
  readonly matrix: 'bt709' | 'bt2020' | undefined;
  /** Whether fields are made one picture. */
  readonly weave: boolean;
  readonly transparent: boolean;
  /** How HDR and wide colours become sRGB; undefined where there are none. */
  readonly map: ColorMap | undefined;
  readonly toneMapped: 'pq' | 'hlg' | null;
  /** The arguments that choose a decoder, ahead of the input. */
  readonly decoderArgs: readonly string[];
}

const TRANSFERS: Readonly<Record<string, 'pq' | 'hlg'>> = { smpte2084: 'pq', 'arib-std-b67': 'hlg' };
/** The decoders that know about transparency, by the codecs whose own decoder does not. */
const ALPHA_DECODERS: Readonly<Record<string, string>> = { vp8: 'libvpx', vp9: 'libvpx-vp9' };

/** Looks at a stream. @param small - covers are so much smaller that rows of two moments melt into each other */
export function lookOf(stream: VideoStreamInfo, samples: StreamSamples | undefined, small: boolean): PictureLook {
  const { matrix, primaries, transfer = '' } = samples ?? {};
  const alphaDecoder = samples?.alphaBeside === true ? ALPHA_DECODERS[stream.codec] : undefined;
  const stored = stream.pixelFormat ?? '';
  const pixelFormat = alphaDecoder === undefined ? stored : 'yuva420p';
  const hdr = TRANSFERS[transfer];
  const said = primaries === 'bt2020' && (isRgb(pixelFormat) || matrix?.startsWith('bt2020') === true);
  const curve = /^(bt709|bt2020-10|bt2020-12)$/.test(transfer);
  const wide = hdr === undefined ? said && curve : primaries !== 'bt709';
  return {
    pixelFormat,
    matrix: matrix === undefined && !isRgb(pixelFormat) ? guessMatrix(stream, hdr ?? primaries) : undefined,
    weave: !small && samples?.interlaced === true,
    transparent: hasAlpha(pixelFormat),
    map: colorMapOf({ transfer: hdr ?? 'sdr', wide, peak: samples?.peak }),
    toneMapped: hdr ?? null,
    decoderArgs: alphaDecoder === undefined ? [] : ['-c:v', alphaDecoder],
  };
}

/** The matrix of untagged pictures, where it is not the one that ffmpeg takes; by the rules of `settleColor`. */
function guessMatrix({ stored }: VideoStreamInfo, light: string | undefined): PictureLook['matrix'] {
  if (light === 'pq' || light === 'hlg' || light === 'bt2020') return 'bt2020';
  return stored.width >= 1280 || stored.height > 576 ? 'bt709' : undefined;
}
