// What ffprobe says of an input, in the words of the native engine.
import type { OtherStreamInfo, StreamInfo, VideoStreamInfo } from '../../av/index.js';
import { FramerailError, type Ratio } from '../../base/index.js';
import {
  oriented,
  orientationFromMatrix,
  squarePixels,
  UPRIGHT,
  type Orientation,
  type Rect,
} from '../../pixels/index.js';
import { DECODERS } from '../../sources/index.js';
import type { CommandLine, CommandSession } from '../../spawned/index.js';

/** The headers of an input. */
export interface Headers {
  readonly container: string;
  /** Seconds; undefined when the container does not say. */
  readonly duration: number | undefined;
  /** The container's first timestamp, in seconds. */
  readonly startTime: number;
  readonly streams: readonly StreamInfo[];
  /** Seconds of one tick of each stream. */
  readonly ticks: ReadonlyMap<number, number>;
  /** The same as fractions, with what else is one; 0/1 where the header does not say. */
  readonly timings: ReadonlyMap<number, StreamTiming>;
  /** What the samples of each stream mean. */
  readonly samples: ReadonlyMap<number, StreamSamples>;
  /** Whether this is a bare stream without any times: its pictures are counted instead, and it cannot seek. */
  readonly untimed: boolean;
  /** What FFmpeg said meanwhile. */
  readonly log: readonly CommandLine[];
}

/** How a stream counts time and shapes its pixels. */
export interface StreamTiming {
  readonly timeBase: Ratio;
  readonly frameRate: Ratio;
  readonly pixelAspect: Ratio;
  /** Where chroma samples lie, by FFmpeg's name; undefined where the header does not say. */
  readonly chromaLocation: string | undefined;
}

/** What the samples of a stream mean, by FFmpeg's names; undefined where the header does not say. */
export interface StreamSamples {
  readonly matrix: string | undefined;
  readonly transfer: string | undefined;
  readonly primaries: string | undefined;
  /** The brightest that pictures get, in cd/m². */
  readonly peak: number | undefined;
  /** Whether rows belong to two moments in turn. */
  readonly interlaced: boolean;
  /** Whether blocks of the container carry transparency beside the pictures. */
  readonly alphaBeside: boolean;
}

/** The demuxers of our list that are marked AVFMT_NOTIMESTAMPS in libavformat. */
const UNTIMED = /^(h264|hevc|vvc|m4v|mpegvideo|obu)$/;
/** More than any header takes. */
const LIMIT = 16 * 1024 * 1024;
/** Codecs whose decoder of the list has another name. */
const DECODER_NAMES: Readonly<Record<string, string>> = { flv1: 'flv', msmpeg4v3: 'msmpeg4' };

interface ProbedStream {
  readonly index: number;
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly width?: number;
  readonly height?: number;
  readonly pix_fmt?: string;
  readonly sample_aspect_ratio?: string;
  readonly chroma_location?: string;
  readonly color_space?: string;
  readonly color_transfer?: string;
  readonly color_primaries?: string;
  readonly field_order?: string;
  readonly avg_frame_rate?: string;
  readonly r_frame_rate?: string;
  readonly time_base?: string;
  readonly duration?: string;
  readonly bit_rate?: string;
  readonly nb_frames?: string;
  readonly sample_rate?: string;
  readonly channels?: number;
  readonly disposition?: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly side_data_list?: readonly Readonly<Record<string, string | number>>[];
}

interface Probed {
  readonly streams?: readonly ProbedStream[];
  readonly format?: { readonly format_name?: string; readonly duration?: string; readonly start_time?: string };
  readonly error?: { readonly code: number; readonly string: string };
}

/** Reads the headers; throws FR_INPUT_INVALID with FFmpeg's reason. */
export async function readHeaders(session: CommandSession): Promise<Headers> {
  const show = ['-show_error', '-show_format', '-show_streams', '-of', 'json'];
  const probe = session.startReading('head', {
    command: 'ffprobe',
    args: ['-loglevel', 'level+warning', '-hide_banner', ...show, ...session.inputArgs],
  });
  const chunks: Uint8Array[] = [];
  await probe.during(probe.out.take(LIMIT, (bytes) => chunks.push(bytes)));
  const ended = await probe.end();
  session.rethrow();
  const text = Buffer.concat(chunks).toString();
  const probed = parse(text);
  if (ended?.code !== 0 || probed.error !== undefined) throw openError(session.source, probed, probe.log);
  const streams = (probed.streams ?? []).map((stream) => describeStream(stream));
  const longest = Math.max(0, ...streams.map(({ duration }) => duration ?? 0));
  const duration = positive(probed.format?.duration);
  const container = probed.format?.format_name ?? 'unknown';
  return {
    container,
    duration: duration ?? (longest > 0 ? longest : undefined),
    startTime: finite(probed.format?.start_time) ?? 0,
    streams,
    ticks: new Map((probed.streams ?? []).map(({ index, time_base }) => [index, ratio(time_base, '/') ?? 0])),
    timings: new Map((probed.streams ?? []).map((stream) => [stream.index, timingOf(stream)])),
    samples: new Map((probed.streams ?? []).map((stream) => [stream.index, samplesOf(stream)])),
    untimed: UNTIMED.test(container),
    log: probe.log.lines,
  };
}

/** The name of a codec's decoder, as far as the headers tell; throws FR_DECODE_UNSUPPORTED for one that may not run. */
export function decoderOf(name: string, { codec }: VideoStreamInfo): string {
  const decoder = DECODER_NAMES[codec] ?? codec;
  if (DECODERS.has(decoder)) return decoder;
  throw new FramerailError(
    'FR_DECODE_UNSUPPORTED',
    `${name} needs a decoder that is missing or not allowed (${decoder}).`,
  );
}

function parse(text: string): Probed {
  try {
    return JSON.parse(text) as Probed;
  } catch {
    return {};
  }
}

function openError(
  { name, kind }: CommandSession['source'],
  { error }: Probed,
  log: { readonly lines: readonly CommandLine[]; readonly firstError: string | undefined },
): FramerailError {
  const reason = error?.string ?? 'ffprobe failed';
  if (kind === 'live')
    return new FramerailError(
      /timed out/i.test(reason) ? 'FR_INPUT_STALLED' : 'FR_INPUT_READ',
      `${name} could not be reached: ${reason}.`,
      { details: { averror: error?.code, log: log.lines } },
    );
  const says = log.firstError === undefined ? '' : ` FFmpeg says: ${log.firstError}`;
  return new FramerailError(
    'FR_INPUT_INVALID',
    `${name} is not a media file that framerail can open: ${reason}.${says}`,
    { details: { averror: error?.code, log: log.lines } },
  );
}

function describeStream(stream: ProbedStream): StreamInfo {
  const common = {
    index: stream.index,
    codec: stream.codec_name ?? 'unknown',
    duration: positive(stream.duration),
    bitRate: positive(stream.bit_rate),
    language: stream.tags?.['language'],
  };
  if (stream.codec_type === 'video') return { kind: 'video', ...common, ...describeVideo(stream) };
  const audio = stream.codec_type === 'audio';
  const kind: OtherStreamInfo['kind'] = audio ? 'audio' : stream.codec_type === 'subtitle' ? 'subtitle' : 'data';
  return {
    kind,
    ...common,
    sampleRate: audio ? positive(stream.sample_rate) : undefined,
    channels: audio ? stream.channels : undefined,
  };
}

function describeVideo(
  stream: ProbedStream,
): Omit<VideoStreamInfo, 'kind' | 'index' | 'codec' | 'duration' | 'bitRate' | 'language'> {
  const stored = { width: stream.width ?? 0, height: stream.height ?? 0 };
  const orientation = readOrientation(stream);
  const crop = readCrop(stream, stored);
  const pixelAspect = ratio(stream.sample_aspect_ratio, ':') ?? 1;
  return {
    pixelFormat: stream.pix_fmt,
    stored,
    display: oriented(squarePixels(crop ?? stored, pixelAspect), orientation),
    crop,
    orientation,
    pixelAspect,
    frameRate: ratio(stream.avg_frame_rate, '/') ?? ratio(stream.r_frame_rate, '/'),
    frameCount: positive(stream.nb_frames),
    isDefault: stream.disposition?.['default'] === 1,
    attachedPicture: stream.disposition?.['attached_pic'] === 1,
  };
}

function sideData(stream: ProbedStream, type: RegExp): Readonly<Record<string, string | number>> | undefined {
  return stream.side_data_list?.find((data) => type.test(String(data['side_data_type'])));
}

/** The display matrix is printed in rows of three numbers, each behind its place. */
function readOrientation(stream: ProbedStream): Orientation {
  const text = sideData(stream, /^Display Matrix$/i)?.['displaymatrix'];
  if (text === undefined) return UPRIGHT;
  return orientationFromMatrix(
    (
      String(text)
        .replace(/[0-9a-f]+:/gi, '')
        .match(/-?\d+/g) ?? []
    ).map(Number),
  );
}

/** Cropping of the container, which ffprobe prints from FFmpeg 7.1 on. */
function readCrop(stream: ProbedStream, stored: { width: number; height: number }): Rect | undefined {
  const data = sideData(stream, /^Frame Cropping$/i);
  if (data === undefined) return undefined;
  const [top, bottom, left, right] = ['crop_top', 'crop_bottom', 'crop_left', 'crop_right'].map((side) =>
    Number(data[side] ?? 0),
  ) as [number, number, number, number];
  const rect = { x: left, y: top, width: stored.width - left - right, height: stored.height - top - bottom };
  return top + bottom + left + right === 0 || rect.width < 1 || rect.height < 1 ? undefined : rect;
}

function timingOf(stream: ProbedStream): StreamTiming {
  const rate = fraction(stream.avg_frame_rate, '/');
  return {
    timeBase: fraction(stream.time_base, '/'),
    frameRate: rate.num > 0 ? rate : fraction(stream.r_frame_rate, '/'),
    pixelAspect: fraction(stream.sample_aspect_ratio, ':'),
    chromaLocation: stream.chroma_location === 'unspecified' ? undefined : stream.chroma_location,
  };
}

function samplesOf(stream: ProbedStream): StreamSamples {
  const said = (name: string | undefined): string | undefined =>
    name === undefined || /^(unspecified|unknown|reserved)$/.test(name) ? undefined : name;
  const content = Number(sideData(stream, /^Content light level/i)?.['max_content'] ?? 0);
  const display = ratio(String(sideData(stream, /^Mastering display/i)?.['max_luminance'] ?? ''), '/');
  return {
    matrix: said(stream.color_space),
    transfer: said(stream.color_transfer),
    primaries: said(stream.color_primaries),
    peak: content > 0 ? content : display,
    interlaced: /^(tt|bb|tb|bt)$/.test(stream.field_order ?? ''),
    alphaBeside: (stream.tags?.['alpha_mode'] ?? stream.tags?.['ALPHA_MODE']) === '1',
  };
}

function fraction(text: string | undefined, sign: '/' | ':'): Ratio {
  const [num = Number.NaN, den = Number.NaN] = (text ?? '').split(sign).map(Number);
  return num > 0 && den > 0 ? { num, den } : { num: 0, den: 1 };
}

function finite(text: string | undefined): number | undefined {
  const value = Number(text ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

function positive(text: string | undefined): number | undefined {
  const value = finite(text);
  return value !== undefined && value > 0 ? value : undefined;
}

/** A quotient such as 25/1 or 4:3; undefined for 0/0, 0:1 and N/A. */
function ratio(text: string | undefined, sign: '/' | ':'): number | undefined {
  const [above = Number.NaN, below = Number.NaN] = (text ?? '').split(sign).map(Number);
  return above > 0 && below > 0 ? above / below : undefined;
}
