// Which encoder runs for a wish, and in what pixel format it takes the pictures.
import { argumentError, FramerailError, nearest } from '../base/index.js';
import { formatShape, isRgb, type Size } from '../pixels/index.js';
import { allBackends, backendOf, wishedBackends, type BackendName, type EncoderAttempt } from '../hardware/index.js';
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
  /** `auto`, `software`, a backend such as `nvenc`, or FFmpeg's name of an encoder. */
  readonly encoder: string;
  /** Whether a software encoder may take the place of hardware that was asked for and cannot be had. */
  readonly fallback: boolean;
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
  /** The kind of hardware, or `software`. */
  readonly backend: BackendName | 'software';
  /** The pixel format that it is given. */
  readonly pixelFormat: string;
  /** One sentence on why it is this one. */
  readonly why: string;
  /** Encoders that were tried before it or ended before it did, and why they did not do. */
  readonly attempts: readonly EncoderAttempt[];
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
  msmpeg4v3: 'msmpeg4',
  webp: 'libwebp_anim',
};

/** What others call a codec. */
const ALIASES: Readonly<Record<string, string>> = {
  h265: 'hevc',
  x265: 'hevc',
  x264: 'h264',
  avc: 'h264',
  xvid: 'mpeg4',
  divx: 'mpeg4',
};

/** What a wish comes down to. */
export interface EncoderPlan {
  /** FFmpeg's name of the codec that hardware is sought for; undefined where no hardware is allowed. */
  readonly hardware: string | undefined;
  /** The software encoder: chosen, or to fall back on; undefined where there is none for the codec. */
  readonly software: string | undefined;
  /** Why that one. */
  readonly why: string;
}

/** What a wish comes down to; throws FR_ARG_INVALID for encoders and codecs that there are not. */
export function planEncoder(
  encoders: EncoderCatalogue,
  wish: EncoderWish,
  defaultCodec: string | undefined,
): EncoderPlan {
  const { encoder, codec } = wish;
  const known = backendOf(encoder);
  const backend = wishedBackends(encoder)[0];
  if (encoder !== 'auto' && encoder !== 'software' && backend === undefined) {
    if (encoders.formatsOf(encoder) === undefined) throw unknownEncoder(encoder, encoders.names());
    return { hardware: undefined, software: encoder, why: 'It was asked for by name.' };
  }
  const wanted = known?.codec ?? codec ?? defaultCodec;
  if (wanted === undefined) throw argumentError('codec', 'a video codec, as this container has no usual one', codec);
  const name = SOFTWARE[wanted] ?? wanted;
  const software = encoders.formatsOf(name) === undefined ? undefined : name;
  if (backend !== undefined && encoder !== 'auto') {
    if (backend.encoders[wanted] === undefined) throw noEncoderFor(encoder, wanted);
    return { hardware: wanted, software, why: `${name} is the software encoder for ${wanted}.` };
  }
  if (software === undefined) throw unknownCodec(wanted);
  const which = codec === null ? `${wanted} is what the container usually holds` : `${wanted} was asked for`;
  return {
    hardware: encoder === 'auto' ? wanted : undefined,
    software,
    why: `${which}, and ${name} is the software encoder for it.`,
  };
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
    // Hardware knows ten bits in two planes alone.
    if (/^yuv420p1\dle$/.test(source)) candidates.push('p010le');
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

/** The size that an encoder codes for pictures of `size`: aligned as it wants it, and never below its smallest. */
export function paddedSize(encoder: string, format: string, { width, height }: Size): Size {
  const hardware = backendOf(encoder);
  const chroma = chromaSteps(encoder, format);
  const [least, lowest] = hardware?.backend.smallest[hardware.codec] ?? [1, 1];
  const align = hardware?.backend.align ?? 1;
  return {
    width: roundUp(Math.max(width, least), Math.max(align, chroma.x)),
    height: roundUp(Math.max(height, lowest), Math.max(align, chroma.y)),
  };
}

/** Columns and rows that the sides of encoded pictures must be multiples of, for the sake of their chroma. */
export function chromaSteps(encoder: string, format: string): { readonly x: number; readonly y: number } {
  // Standards that code whole chroma samples; VP9, AV1 and the lossless codecs code odd sides as they are.
  if (!/264|265|hevc|mpeg|nvenc|qsv|vaapi|amf|videotoolbox|svtav1|fake/.test(encoder)) return { x: 1, y: 1 };
  const shape = formatShape(format) ?? [];
  const shift = (axis: 'shiftX' | 'shiftY'): number => Math.max(0, ...shape.map((plane) => plane[axis]));
  return { x: 1 << shift('shiftX'), y: 1 << shift('shiftY') };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

function unknownEncoder(name: string, known: readonly string[]): FramerailError {
  const near = nearest(name, [...known, ...allBackends().map((backend) => backend.name)]);
  return new FramerailError(
    'FR_ARG_INVALID',
    `This FFmpeg build has no video encoder ${name}${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`,
    { details: { argument: 'encoder', near } },
  );
}

function unknownCodec(name: string): FramerailError {
  const known = [...Object.keys(SOFTWARE), 'mpeg4', 'mjpeg', 'ffv1', 'gif', 'apng'];
  const alias = ALIASES[name.toLowerCase().replace(/[^a-z0-9]/g, '')];
  const near = alias === undefined ? nearest(name, known) : [alias];
  return new FramerailError(
    'FR_ARG_INVALID',
    `This FFmpeg build has no encoder for the codec ${name}; ${near.length === 0 ? `there is one for ${known.join(', ')}` : `did you mean ${near.join(' or ')}?`}`,
    { details: { argument: 'codec', near } },
  );
}

function noEncoderFor(backend: string, codec: string): FramerailError {
  const codecs = Object.keys(wishedBackends(backend)[0]?.encoders ?? {});
  return argumentError('codec', `one of ${codecs.join(', ')} for the encoder ${backend}`, codec);
}
