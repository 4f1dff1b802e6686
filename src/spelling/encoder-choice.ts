// Which encoder runs for a wish, and in what pixel format it takes the pictures.
import { argumentError, FramerailError, nearest } from '../base/index.js';
import { formatShape, isRgb } from '../pixels/index.js';
import type { EncoderControls } from './encoder-controls.js';

/** The video encoders that an FFmpeg has. */
export interface EncoderCatalogue {
  /** The pixel formats that an encoder takes, its preferred one first; undefined when there is no such encoder. */
  formatsOf(name: string): readonly string[] | undefined;
  /** The names of all of them. */
  names(): readonly string[];
}

/** What a caller wishes for. */
export interface EncoderWish {
  /** `auto`, `software`, or FFmpeg's name of an encoder. */
  readonly encoder: string;
  /** FFmpeg's name of a codec, such as `h264`; null for what the container usually holds. */
  readonly codec: string | null;
  /** The pixel format to encode; null for the one nearest to the video's own. */
  readonly pixelFormat: string | null;
  readonly controls: EncoderControls;
}

/** The encoder that runs, and why. */
export interface EncoderReport {
  /** What was asked for. */
  readonly requested: string;
  /** FFmpeg's name of the encoder. */
  readonly name: string;
  /** The pixel format that it is given. */
  readonly pixelFormat: string;
  /** One sentence on why it is this one. */
  readonly why: string;
}

/** The software encoder for each codec; others go by FFmpeg's own first choice. */
const SOFTWARE: Readonly<Record<string, string>> = {
  h264: 'libx264',
  hevc: 'libx265',
  av1: 'libsvtav1',
  vp9: 'libvpx-vp9',
  vp8: 'libvpx',
  prores: 'prores_ks',
  theora: 'libtheora',
  webp: 'libwebp_anim',
};

/** The name of the encoder for a wish, and why it is that one. */
export function chooseEncoder(
  encoders: EncoderCatalogue,
  wish: EncoderWish,
  defaultCodec: string | undefined,
): { name: string; why: string } {
  const { encoder, codec } = wish;
  if (encoder !== 'auto' && encoder !== 'software') {
    if (encoders.formatsOf(encoder) === undefined) throw unknownEncoder(encoder, encoders.names());
    return { name: encoder, why: 'It was asked for by name.' };
  }
  const wanted = codec ?? defaultCodec;
  if (wanted === undefined) throw argumentError('codec', 'a video codec, as this container has no usual one', codec);
  const name = SOFTWARE[wanted] ?? wanted;
  if (encoders.formatsOf(name) === undefined) throw unknownCodec(wanted);
  const which = codec === null ? `${wanted} is what the container usually holds` : `${wanted} was asked for`;
  return { name, why: `${which}, and ${name} is the software encoder for it.` };
}

/**
 * The pixel format to encode pictures of `source` in.
 * @param formats - what the encoder takes, its preferred one first
 * @param original - the format of the video before it was converted for JavaScript; undefined for drawn pictures
 */
export function chooseFormat(
  formats: readonly string[],
  encoder: string,
  source: string,
  original: string | undefined,
  wanted: string | null,
): string {
  if (wanted !== null) {
    if (formats.includes(wanted)) return wanted;
    throw argumentError('pixelFormat', `one of ${formats.join(', ')} for the encoder ${encoder}`, wanted);
  }
  const candidates = [source];
  if (isRgb(source)) {
    // Eight bits in, eight bits out, with as much chroma as the video had; drawn pictures get what every player takes.
    const chroma = /^yuv[ja]?(4\d\d)p/.exec(original ?? '')?.[1] ?? '420';
    candidates.unshift(`yuv${chroma}p`, 'yuv420p', 'nv12');
    if (formats.every((format) => isRgb(format))) candidates.reverse();
  } else {
    candidates.push(...fewerBits(source), 'yuv420p', 'nv12');
  }
  return candidates.find((format) => formats.includes(format)) ?? formats[0] ?? source;
}

/** The same chroma with fewer bits, deepest first. */
function fewerBits(format: string): string[] {
  const match = /^(yuva?4\d\dp|gray|gbra?p)(\d+)le$/.exec(format);
  const [, base = format, depth = '8'] = match ?? [];
  const depths = ['12', '10'].filter((bits) => Number(bits) < Number(depth));
  return [...depths.map((bits) => `${base}${bits}le`), base, base.replace('yuva', 'yuv'), base.replace('yuvj', 'yuv')];
}

/** Columns and rows that the sides of encoded pictures must be multiples of. */
export function alignmentOf(encoder: string, format: string): { readonly x: number; readonly y: number } {
  // Standards that code whole chroma samples; VP9, AV1 and the lossless codecs code odd sides as they are.
  if (!/264|265|hevc|mpeg|nvenc|qsv|vaapi|amf|videotoolbox|svtav1/.test(encoder)) return { x: 1, y: 1 };
  const shape = formatShape(format) ?? [];
  const shift = (axis: 'shiftX' | 'shiftY'): number => Math.max(0, ...shape.map((plane) => plane[axis]));
  return { x: 1 << shift('shiftX'), y: 1 << shift('shiftY') };
}

function unknownEncoder(name: string, known: readonly string[]): FramerailError {
  const near = nearest(name, known);
  return new FramerailError(
    'FR_ARG_INVALID',
    `This FFmpeg build has no video encoder ${name}${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`,
    { details: { argument: 'encoder', near } },
  );
}

function unknownCodec(name: string): FramerailError {
  const known = [...Object.keys(SOFTWARE), 'mpeg4', 'mjpeg', 'ffv1', 'gif', 'apng'];
  const near = nearest(name, known);
  return new FramerailError(
    'FR_ARG_INVALID',
    `This FFmpeg build has no encoder for the codec ${name}; ${near.length === 0 ? `there is one for ${known.join(', ')}` : `did you mean ${near.join(' or ')}?`}`,
    { details: { argument: 'codec', near } },
  );
}
