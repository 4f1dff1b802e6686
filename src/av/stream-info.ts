// What the headers say about each stream, in plain data.
import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_DISPOSITION_DEFAULT,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_PKT_DATA_FRAME_CROPPING,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_SUBTITLE,
  AVMEDIA_TYPE_VIDEO,
} from './constants.js';
import { avGetCodecName, type Stream } from 'node-av/lib';
import {
  oriented,
  orientationFromMatrix,
  squarePixels,
  UPRIGHT,
  type Orientation,
  type Rect,
  type Size,
} from '../pixels/index.js';
import { formatName, knownTimestamp, readMatrix, type Picture } from './picture.js';

/** A video stream as its headers describe it. */
export interface VideoStreamInfo {
  /** Tells video streams from others. */
  readonly kind: 'video';
  /** Its number in the file. */
  readonly index: number;
  /** FFmpeg's name of the codec. */
  readonly codec: string;
  /** FFmpeg's name of the pixel format; undefined until the first frame where the header does not say. */
  readonly pixelFormat: string | undefined;
  /** The size of decoded frames, before any turn. */
  readonly stored: Size;
  /** The size as a person sees it: cropped, upright, with square pixels. */
  readonly display: Size;
  /** The part of a decoded frame that is meant to be seen, where the container cuts some off. */
  readonly crop: Rect | undefined;
  /** How stored pictures are turned to stand upright. */
  readonly orientation: Orientation;
  /** Width of one pixel divided by its height, before any turn. */
  readonly pixelAspect: number;
  /** Frames per second on average; undefined when unknown. */
  readonly frameRate: number | undefined;
  /** Seconds; undefined when the header does not say. */
  readonly duration: number | undefined;
  /** Frames; undefined when the header does not say. */
  readonly frameCount: number | undefined;
  /** Bits per second; undefined when the header does not say. */
  readonly bitRate: number | undefined;
  /** Whether the container marks it as the one to show by default. */
  readonly isDefault: boolean;
  /** A still picture such as cover art instead of a video. */
  readonly attachedPicture: boolean;
  /** The language tag; undefined when there is none. */
  readonly language: string | undefined;
}

/** A stream without pictures. */
export interface OtherStreamInfo {
  /** What the stream carries instead of pictures. */
  readonly kind: 'audio' | 'subtitle' | 'data';
  /** Its number in the file. */
  readonly index: number;
  /** FFmpeg's name of the codec. */
  readonly codec: string;
  /** Samples per second of audio; undefined otherwise. */
  readonly sampleRate: number | undefined;
  /** Channels of audio; undefined otherwise. */
  readonly channels: number | undefined;
  /** Seconds; undefined when the header does not say. */
  readonly duration: number | undefined;
  /** Bits per second; undefined when the header does not say. */
  readonly bitRate: number | undefined;
  /** The language tag; undefined when there is none. */
  readonly language: string | undefined;
}

/** One stream of an input. */
export type StreamInfo = VideoStreamInfo | OtherStreamInfo;

/** How pictures of a stream are turned: as the container says, or else as the picture itself does. */
export function orientationOf(stream: VideoStreamInfo, picture: Picture): Orientation {
  return stream.orientation === UPRIGHT ? (picture.orientation ?? UPRIGHT) : stream.orientation;
}

/**
 * Width of one pixel of a picture divided by its height: as the container says, or else as the picture itself does. HEVC
 * gives each field as a picture of its own, of half the rows.
 */
export function pixelAspectOf(stream: VideoStreamInfo, picture: Picture): number {
  if (stream.pixelAspect !== 1) return stream.pixelAspect;
  return (picture.pixelAspect ?? 1) / (stream.codec === 'hevc' && picture.interlaced ? 2 : 1);
}

/** The part of a picture that is meant to be seen; the headers know no other size than the first one. */
export function visiblePart({ crop, stored }: VideoStreamInfo, { width, height }: Picture): Rect {
  const whole = { x: 0, y: 0, width, height };
  return width === stored.width && height === stored.height ? (crop ?? whole) : whole;
}

/** Reads the headers of a stream. */
export function describeStream(stream: Stream): StreamInfo {
  const parameters = stream.codecpar;
  const duration = knownTimestamp(stream.duration);
  const common = {
    index: stream.index,
    codec: avGetCodecName(parameters.codecId) ?? 'unknown',
    duration: duration === undefined || duration <= 0n ? undefined : Number(duration) * stream.timeBase.toDouble(),
    bitRate: parameters.bitRate > 0n ? Number(parameters.bitRate) : undefined,
    language: stream.metadata?.get('language') ?? undefined,
  };
  if (parameters.codecType === AVMEDIA_TYPE_VIDEO) return { kind: 'video', ...common, ...describeVideo(stream) };
  const audio = parameters.codecType === AVMEDIA_TYPE_AUDIO;
  return {
    kind: audio ? 'audio' : parameters.codecType === AVMEDIA_TYPE_SUBTITLE ? 'subtitle' : 'data',
    ...common,
    sampleRate: audio ? parameters.sampleRate : undefined,
    channels: audio ? parameters.channelLayout.nbChannels : undefined,
  };
}

function describeVideo(
  stream: Stream,
): Omit<VideoStreamInfo, 'kind' | 'index' | 'codec' | 'duration' | 'bitRate' | 'language'> {
  const parameters = stream.codecpar;
  const stored = { width: parameters.width, height: parameters.height };
  const matrix = parameters.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX);
  const orientation = matrix === null ? UPRIGHT : orientationFromMatrix(readMatrix(matrix));
  const pixelAspect = ratio(stream.sampleAspectRatio) ?? ratio(parameters.sampleAspectRatio) ?? 1;
  const crop = readCrop(parameters.getCodedSideData(AV_PKT_DATA_FRAME_CROPPING), stored);
  return {
    pixelFormat: parameters.format < 0 ? undefined : formatName(parameters.format),
    stored,
    display: oriented(squarePixels(crop ?? stored, pixelAspect), orientation),
    crop,
    orientation,
    pixelAspect,
    frameRate: ratio(stream.avgFrameRate) ?? ratio(stream.rFrameRate),
    frameCount: stream.nbFrames > 0n ? Number(stream.nbFrames) : undefined,
    isDefault: (stream.disposition & AV_DISPOSITION_DEFAULT) !== 0,
    attachedPicture: (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) !== 0,
  };
}

function ratio({ num, den }: { num: number; den: number }): number | undefined {
  return num > 0 && den > 0 ? num / den : undefined;
}

/** Cropping of the container: four 32-bit counts of pixels from the top, bottom, left and right. */
function readCrop(data: Buffer | null, stored: Size): Rect | undefined {
  if (data === null || data.length < 16) return undefined;
  const [top, bottom, left, right] = [0, 4, 8, 12].map((at) => data.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  const rect = { x: left, y: top, width: stored.width - left - right, height: stored.height - top - bottom };
  const nothing = top + bottom + left + right === 0;
  return nothing || rect.width < 1 || rect.height < 1 ? undefined : rect;
}
