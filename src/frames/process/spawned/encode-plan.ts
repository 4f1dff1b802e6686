// Which encoder an ffmpeg is told to use and how, for pictures of a known kind.
import { FramerailError, type Ratio } from '../../../base/index.js';
import { isRgb, type Size } from '../../../pixels/index.js';
import { MUXERS } from '../../../sources/index.js';
import {
  chooseFormat,
  chromaSteps,
  containerByEnding,
  containerError,
  BITS_A_PIXEL,
  controlOptions,
  countsFrames,
  holdsH264,
  planEncoder,
  usableTimeBase,
  type EncoderReport,
  type EncoderWish,
} from '../../../spelling/index.js';
import { formatsOfEncoder, usualCodec, videoEncoders } from '../../../spawned/index.js';
import type { ColorNames } from '../../spawned/picture-notes.js';
import type { OutputSpec } from '../process-params.js';

const NO_HARDWARE = 'The backend spawn encodes in software.';

/** An encoder that was chosen before there was a picture. */
export interface ChosenEncoder {
  readonly wish: EncoderWish;
  readonly name: string;
  readonly why: string;
  /** Hardware that was asked for. */
  readonly attempts: EncoderReport['attempts'];
  /** The pixel formats that it takes, its preferred one first. */
  readonly formats: readonly string[];
}

/** The pictures that come. */
export interface EncodeInput {
  readonly size: Size;
  readonly format: string;
  /** The format of the video before it was converted for JavaScript; undefined for drawn pictures. */
  readonly original: string | undefined;
  readonly color: ColorNames;
  readonly timeBase: Ratio;
  readonly frameRate: Ratio;
  /** Where chroma samples lie, by FFmpeg's name; undefined where nobody knows. */
  readonly chromaLocation: string | undefined;
}

/** How pictures are encoded. */
export interface EncodePlan {
  readonly report: EncoderReport;
  /** The unit of the times of encoded pictures. */
  readonly timeBase: Ratio;
  /** What brings pictures into the encoder's format, in FFmpeg's spelling. */
  readonly filters: readonly string[];
  /** Options of the output. */
  readonly args: readonly string[];
}

/** What is drawn in RGB becomes on its way into YUV: BT.709 in limited range, which players expect. */
export const DRAWN: ColorNames = { range: 'tv', space: 'bt709', primaries: 'bt709', transfer: 'bt709' };

/** What FFmpeg calls the container of an output; throws FR_ARG_INVALID for one that may not be written. */
export function containerOf({ name, container }: OutputSpec): string {
  const found = container ?? containerByEnding(name);
  if (found !== undefined && MUXERS.has(found)) return found;
  throw containerError(name, container ?? undefined);
}

/** The encoder for a wish; throws FR_ARG_INVALID for what the ffmpeg of the PATH does not have. */
export async function chooseByCommand(wish: EncoderWish, container: string): Promise<ChosenEncoder> {
  const usual = holdsH264(container) ? 'h264' : wish.codec === null ? await usualCodec(container) : undefined;
  const { hardware, software: name, why } = planEncoder(await videoEncoders(), wish, usual);
  const named = hardware !== undefined && wish.encoder !== 'auto';
  if (name === undefined || (named && !wish.fallback))
    throw new FramerailError('FR_ENCODE_FAILED', `The encoder ${wish.encoder} cannot be had: ${NO_HARDWARE}`);
  const attempts = named ? [{ name: wish.encoder, reason: NO_HARDWARE }] : [];
  return { wish, name, why, attempts, formats: await formatsOfEncoder(name) };
}

/** Takes away how long the input says that it lasts: Matroska takes it for the output's, where it cannot come back. */
export const NO_DURATION = ['-metadata', 'DURATION=', '-metadata:s', 'DURATION='];

/** Plans the encoding of pictures; throws FR_ARG_INVALID for wishes that the encoder cannot meet. */
export function planEncode(
  chosen: ChosenEncoder,
  input: EncodeInput,
  output: { readonly container: string; readonly threads: number },
): EncodePlan {
  const { name, wish } = chosen;
  const { format, note } = fittingFormat(chosen, input);
  const { frameRate } = input;
  const counted = countsFrames(output.container) && frameRate.num > 0;
  const wanted = counted ? { num: frameRate.den, den: frameRate.num } : input.timeBase;
  const timeBase = usableTimeBase(name, { timeBase: wanted, frameRate });
  return {
    report: {
      requested: wish.encoder,
      name,
      backend: 'software',
      pixelFormat: format,
      why: chosen.why + note,
      attempts: chosen.attempts,
    },
    timeBase,
    filters: conversion(input, name, format),
    args: [
      ...['-c:v', name, '-pix_fmt:v', format, '-enc_time_base:v', `${String(timeBase.num)}:${String(timeBase.den)}`],
      ...(input.chromaLocation === undefined ? [] : ['-chroma_sample_location:v', input.chromaLocation]),
      ...(output.threads > 0 ? ['-threads:v', String(output.threads)] : []),
      ...controlArgs(chosen, input),
    ],
  };
}

function controlArgs({ name, wish: { controls } }: ChosenEncoder, { frameRate: rate, size }: EncodeInput): string[] {
  const fps = rate.num > 0 ? rate.num / rate.den : 25;
  const options = controlOptions(name, controls, size.width * size.height * fps * BITS_A_PIXEL);
  const { bitrate, keyframeInterval, lowLatency } = controls;
  const flags = `${options.get('flags') ?? ''}${lowLatency ? '+low_delay' : ''}`;
  options.delete('flags');
  return [
    ...(bitrate === null ? [] : ['-b:v', String(Math.round(bitrate))]),
    ...(keyframeInterval === null ? [] : ['-g:v', String(Math.max(1, Math.round(keyframeInterval * fps)))]),
    ...(lowLatency ? ['-bf:v', '0'] : []),
    ...(flags === '' ? [] : ['-flags:v', flags]),
    ...[...options].flatMap(([option, value]) => [`-${option}:v`, value]),
  ];
}

/**
 * The pixel format to encode in. What a command writes cannot be padded and cut by its container, so an odd size takes
 * a format with whole chroma, or is refused.
 */
function fittingFormat(
  { name, wish, formats }: ChosenEncoder,
  { format: source, original, size }: EncodeInput,
): { format: string; note: string } {
  const format = chooseFormat(formats, name, source, original, wish.pixelFormat);
  // The encoders of libavcodec itself code odd sides as they are.
  const align = /^(ms)?mpeg\d/.test(name) ? { x: 1, y: 1 } : chromaSteps(name, format);
  if (size.width % align.x === 0 && size.height % align.y === 0) return { format, note: '' };
  const depth = /p(\d+le)$/.exec(format)?.[1] ?? '';
  const whole = `yuv444p${depth}`;
  if (wish.pixelFormat === null && !wish.controls.lossless && formats.includes(whole))
    return { format: whole, note: ` It gets ${whole}, as it takes ${format} in even sizes alone.` };
  const sides = `${String(size.width)}x${String(size.height)}`;
  throw new FramerailError(
    'FR_ARG_INVALID',
    `The encoder ${name} takes ${format} in even sizes alone, and these pictures have ${sides}; scale or crop them to even sides, or name another encoder or container, such as ffv1 in .mkv.`,
    { details: { argument: 'size', encoder: name, ...size } },
  );
}

/** What libswscale calls the matrices (the option out_color_matrix of the filter scale). */
const MATRICES: Readonly<Record<string, string>> = {
  bt709: 'bt709',
  fcc: 'fcc',
  bt470bg: 'bt470',
  smpte170m: 'smpte170m',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
};

function conversion({ format: from, color }: EncodeInput, encoder: string, to: string): string[] {
  if (isRgb(to)) {
    const tags = tagFilter({ ...color, range: 'pc', space: 'gbr' });
    return from === to ? tags : [`scale=flags=bicubic`, `format=${to}`, ...tags];
  }
  // A JPEG file cannot say anything else than full range and the matrix of BT.601.
  const isJpeg = encoder === 'mjpeg' || to.startsWith('yuvj');
  const meant = isJpeg ? { ...color, range: 'pc', space: 'smpte170m' } : color;
  const { range, space } = meant;
  const tags = tagFilter(meant);
  if (from === to && range === color.range && space === color.space) return tags;
  const matrix = isRgb(from) || isJpeg ? MATRICES[space ?? ''] : undefined;
  const scale = [
    'scale=flags=bicubic',
    ...(matrix === undefined ? [] : [`out_color_matrix=${matrix}`]),
    ...(range === undefined ? [] : [`out_range=${range}`]),
  ].join(':');
  return [...(isRgb(from) ? [] : tagFilter(color)), scale, `format=${to}`, ...tags];
}

/** Says what the samples mean, where anybody knows. */
export function tagFilter({ range, space, primaries, transfer }: ColorNames): string[] {
  const names = { range, colorspace: space, color_primaries: primaries, color_trc: transfer };
  const said = Object.entries(names).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return said.length === 0 ? [] : [`setparams=${said.join(':')}`];
}
