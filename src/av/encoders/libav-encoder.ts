// A video encoder of libavcodec.
import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_CODEC_FLAG_LOW_DELAY,
  AV_OPT_SEARCH_CHILDREN,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AVMEDIA_TYPE_VIDEO,
} from '../constants.js';
import { Codec, CodecContext, type Packet, type Stream } from 'node-av/lib';
import { FramerailError } from '../../base/index.js';
import { avError, check, isAgain, isEof } from '../averror.js';
import type { EncoderSettings, VideoEncoder } from './encoder.js';
import { backendOf } from '../../hardware/index.js';
import {
  BITS_A_PIXEL,
  controlOptions,
  qualityOption,
  rescale,
  usableTimeBase,
  type EncoderCatalogue,
  type EncoderChange,
} from '../../spelling/index.js';
import { Uploader } from './uploader.js';
import type { Ratio } from '../../base/index.js';
import { rational } from '../filter-chain.js';
import { blankPicture, copyPicture, formatCode, formatName, nativeFrame, type Picture } from '../picture.js';

/** Encoders that have copied a picture when they return from it: pictures over slots may go straight in. */
const COPYING = new Set(['libx264', 'libx264rgb', 'libx265', 'libsvtav1', 'libvpx-vp9', 'libvpx']);
/** Encoders that look at their quality, and at a constant bit rate, again for each picture. */
const CHANGEABLE = new Set(['libx264', 'libx264rgb']);

/** Pictures that an encoder holds at most before it gives the first one. */
const MOST_HELD = 512;

/** The video encoders of this build. */
export const ENCODERS: EncoderCatalogue = {
  formatsOf: (name) => {
    // An encoder that wants its pictures on a device names only that; what is uploaded is what matters here.
    const upload = backendOf(name)?.backend.upload;
    if (upload !== undefined) return upload;
    const codec = Codec.findEncoderByName(name as Parameters<typeof Codec.findEncoderByName>[0]);
    if (codec === null || codec.type !== AVMEDIA_TYPE_VIDEO) return undefined;
    return (codec.pixelFormats ?? []).map((format) => formatName(format));
  },
  names: () =>
    Codec.getCodecList()
      .filter((codec) => codec.isEncoder() && codec.type === AVMEDIA_TYPE_VIDEO)
      .map((codec) => codec.name ?? ''),
};

/** An encoder that libavcodec brings, in software or behind a driver. */
export class LibavEncoder implements VideoEncoder {
  readonly name: string;
  readonly timeBase: Ratio;
  readonly #context: CodecContext;
  readonly #uploader: Uploader | undefined;
  readonly #settings: EncoderSettings;
  /** Keeps pictures of its own for encoders that hold on to what they are given. */
  readonly #copies: boolean;
  /** How long each picture is shown whose packet is not here yet, by its time. */
  readonly #durations = new Map<bigint, bigint>();

  private constructor(
    name: string,
    context: CodecContext,
    uploader: Uploader | undefined,
    settings: EncoderSettings,
    timeBase: Ratio,
  ) {
    this.name = name;
    this.#context = context;
    this.#uploader = uploader;
    this.#settings = settings;
    this.#copies = !COPYING.has(name);
    this.timeBase = timeBase;
  }

  /** Opens an encoder by FFmpeg's name; throws FR_ENCODE_FAILED with FFmpeg's reason. */
  static open(name: string, settings: EncoderSettings): LibavEncoder {
    const codec = Codec.findEncoderByName(name as Parameters<typeof Codec.findEncoderByName>[0]);
    if (codec === null) throw new FramerailError('FR_ENCODE_FAILED', `This FFmpeg build has no encoder ${name}.`);
    const { width, height, format, frameRate, pixelAspect, color, controls } = settings;
    const timeBase = usableTimeBase(name, settings);
    const context = new CodecContext();
    context.allocContext3(codec);
    let uploader: Uploader | undefined;
    try {
      context.width = width;
      context.height = height;
      context.pixelFormat = formatCode(format);
      context.timeBase = rational(timeBase);
      if (frameRate.num > 0) context.framerate = rational(frameRate);
      if (pixelAspect.num > 0) context.sampleAspectRatio = rational(pixelAspect);
      context.colorSpace = color.colorSpace;
      context.colorRange = color.colorRange;
      context.colorPrimaries = color.colorPrimaries;
      context.colorTrc = color.colorTrc;
      context.chromaLocation = color.chromaLocation;
      context.threadCount = settings.threads;
      if (controls.bitrate !== null) context.bitRate = BigInt(Math.round(controls.bitrate));
      const interval = controls.keyframeInterval;
      if (interval !== null) context.gopSize = Math.max(1, Math.round(interval * rateOf(frameRate)));
      if (settings.globalHeader) context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
      if (controls.lowLatency) context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
      if (controls.lowLatency || !settings.reorder) context.maxBFrames = 0;
      const usualBitrate = width * height * rateOf(frameRate) * BITS_A_PIXEL;
      for (const [option, value] of controlOptions(name, controls, usualBitrate))
        setOption(context, name, option, value);
      const backend = backendOf(name)?.backend;
      if (backend?.upload !== undefined && backend.device !== undefined)
        uploader = new Uploader(backend.device, context, settings);
      // Options go in beforehand: node-av frees a dictionary given to open2Sync twice.
      check(context.open2Sync(codec), 'FR_ENCODE_FAILED', `The encoder ${name} could not be opened`);
      return new LibavEncoder(name, context, uploader, settings, timeBase);
    } catch (error) {
      context.freeContext();
      uploader?.close();
      throw error;
    }
  }

  send(picture: Picture, keyframe: boolean): void {
    const copies = this.#copies && this.#uploader === undefined && picture.memory !== undefined;
    const kept = copies ? ownCopy(picture) : undefined;
    const frame = this.#uploader?.upload(picture) ?? nativeFrame(kept ?? picture);
    const { pts, duration, pictType } = frame;
    const { timeBase } = this.#settings;
    if (timeBase.den !== this.timeBase.den || timeBase.num !== this.timeBase.num) {
      frame.pts = rescale(pts, timeBase, this.timeBase);
      frame.duration = rescale(duration, timeBase, this.timeBase);
    }
    this.#durations.set(frame.pts, frame.duration);
    // What the decoder called this picture says nothing about what it shall become.
    frame.pictType = keyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    const code = this.#context.sendFrameSync(frame);
    if (kept === undefined) Object.assign(frame, { pts, duration, pictType });
    else kept.close();
    check(code, 'FR_ENCODE_FAILED', `The encoder ${this.name} refused a picture`);
  }

  drain(): void {
    const code = this.#context.sendFrameSync(null);
    if (code < 0 && !isEof(code)) throw avError('FR_ENCODE_FAILED', code, `The encoder ${this.name} did not finish`);
  }

  receive(packet: Packet): boolean {
    const code = this.#context.receivePacketSync(packet);
    if (code >= 0) {
      // Some leave it out, and then the last picture of all would be shown for no time.
      if (packet.duration === 0n) packet.duration = this.#durations.get(packet.pts) ?? 0n;
      this.#forget(packet.pts);
      return true;
    }
    if (isAgain(code) || isEof(code)) return false;
    throw avError('FR_ENCODE_FAILED', code, `The encoder ${this.name} failed`);
  }

  /** Pictures that an encoder left out are never asked for. */
  #forget(pts: bigint): void {
    this.#durations.delete(pts);
    const [oldest] = this.#durations.keys();
    if (this.#durations.size > MOST_HELD && oldest !== undefined) this.#durations.delete(oldest);
  }

  change({ bitrate, quality, keyframeInterval }: EncoderChange): boolean {
    const { controls } = this.#settings;
    if (!CHANGEABLE.has(this.name) || keyframeInterval !== undefined || controls.lossless) return false;
    // A running encoder does not change from a bit rate to a quality or back.
    if (bitrate !== undefined && controls.bitrate === null) return false;
    if (quality !== undefined && (quality === null || controls.bitrate !== null)) return false;
    if (bitrate === null) return false;
    if (bitrate !== undefined) {
      // x264 lets go of a constant bit rate alone, not of an average (x264_ratecontrol_init_reconfigurable).
      const { bitRate, rcMaxRate, rcBufferSize } = this.#context;
      if (rcMaxRate !== bitRate || rcBufferSize === 0) return false;
      this.#context.bitRate = BigInt(Math.round(bitrate));
      this.#context.rcMaxRate = this.#context.bitRate;
      this.#context.rcBufferSize = Math.round((rcBufferSize * bitrate) / Number(bitRate));
    }
    if (quality !== undefined) {
      const { option, value } = qualityOption(this.name, quality);
      setOption(this.#context, this.name, option, value);
    }
    return true;
  }

  describe(stream: Stream): void {
    check(stream.codecpar.fromContext(this.#context), 'FR_INTERNAL', `The encoder ${this.name} has no parameters`);
    stream.timeBase = rational(this.timeBase);
    const { frameRate, pixelAspect } = this.#settings;
    if (frameRate.num > 0) stream.avgFrameRate = rational(frameRate);
    if (pixelAspect.num > 0) stream.sampleAspectRatio = rational(pixelAspect);
  }

  get parameters(): Buffer | undefined {
    return this.#context.extraData ?? undefined;
  }

  close(): void {
    this.#context.freeContext();
    this.#uploader?.close();
  }
}

/** A copy of a picture in memory of libav's own. */
export function ownCopy(picture: Picture): Picture {
  const copy = blankPicture(picture.format, picture);
  const frame = nativeFrame(copy);
  check(frame.getBuffer(), 'FR_MEMORY_BUDGET', 'There is no memory for a picture');
  frame.copyProps(nativeFrame(picture));
  copyPicture(picture, copy);
  return copy;
}

/** Frames per second to count keyframes by; 25 where nobody knows. */
function rateOf({ num, den }: Ratio): number {
  return num > 0 ? num / den : 25;
}

/** Sets an option of the encoder itself or of all encoders; the types of node-av leave this overload out. */
function setOption(context: CodecContext, encoder: string, name: string, value: string): void {
  const set = context.setOption.bind(context) as (
    name: string,
    value: string,
    type: undefined,
    flags: number,
  ) => number;
  const code = set(name, value, undefined, AV_OPT_SEARCH_CHILDREN);
  if (code >= 0) return;
  throw new FramerailError(
    'FR_ARG_INVALID',
    `The encoder ${encoder} does not take ${name}=${value}; see ffmpeg -h encoder=${encoder}.`,
    { details: { averror: code, encoder, option: name, value } },
  );
}
