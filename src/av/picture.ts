// Pictures: decoded frames that stay inside av/. Nothing outside ever sees a native frame or a view that it owns.
import {
  AVCOL_RANGE_JPEG,
  AV_FRAME_DATA_DISPLAYMATRIX,
  AV_FRAME_FLAG_CORRUPT,
  AV_FRAME_FLAG_INTERLACED,
  AV_FRAME_FLAG_KEY,
  AV_NOPTS_VALUE,
} from './constants.js';
import { avGetPixFmtFromName, avGetPixFmtName, Frame } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import { orientationFromMatrix, type Orientation, type PictureLayout, type Size } from '../pixels/index.js';
import { check } from './averror.js';

let nativeOf: (picture: Picture) => Frame;

/** A decoded or converted picture and its tags. It owns its pixels until `close()`. */
export class Picture {
  readonly #frame: Frame;
  // libav holds no reference to memory of JavaScript: it must live at least as long as the picture over it.
  readonly #memory: Buffer | undefined;

  static {
    nativeOf = (picture) => picture.#frame;
  }

  /** An empty picture for a decoder, a scaler or a filter to fill. */
  constructor(frame: Frame = emptyFrame(), memory?: Buffer) {
    this.#frame = frame;
    this.#memory = memory;
  }

  /** The caller's memory that it lies over; undefined for pictures of libav's own. */
  get memory(): Buffer | undefined {
    return this.#memory;
  }

  get width(): number {
    return this.#frame.width;
  }

  get height(): number {
    return this.#frame.height;
  }

  /** FFmpeg's name of the pixel format. */
  get format(): string {
    return formatName(this.#frame.format);
  }

  /** The best guess at the presentation time, in the stream's time base; undefined when there is none. */
  get timestamp(): bigint | undefined {
    return knownTimestamp(this.#frame.bestEffortTimestamp) ?? knownTimestamp(this.#frame.pts);
  }

  /** The presentation time that it was given, by a filter for instance; undefined when there is none. */
  get pts(): bigint | undefined {
    return knownTimestamp(this.#frame.pts);
  }

  /** How long it is shown, in the stream's time base; 0 when unknown. */
  get duration(): bigint {
    return this.#frame.duration;
  }

  /** Says when it is shown, in the time base that whoever takes it counts in. */
  setTimes(timestamp: bigint, duration: bigint): void {
    this.#frame.pts = timestamp;
    this.#frame.duration = duration;
  }

  /** Whether its samples are tagged as full range. */
  get fullRange(): boolean {
    return this.#frame.colorRange === AVCOL_RANGE_JPEG;
  }

  get keyframe(): boolean {
    return this.#frame.hasFlags(AV_FRAME_FLAG_KEY);
  }

  /** Whether its rows belong to two moments in turn; then it may have come in two packets. */
  get interlaced(): boolean {
    return this.#frame.hasFlags(AV_FRAME_FLAG_INTERLACED);
  }

  /** Whether the decoder had to conceal errors or lacked references. */
  get damaged(): boolean {
    return this.#frame.decodeErrorFlags !== 0 || this.#frame.hasFlags(AV_FRAME_FLAG_CORRUPT);
  }

  /** Width of one pixel divided by its height as this picture tags it; undefined when it does not. */
  get pixelAspect(): number | undefined {
    const { num, den } = this.#frame.sampleAspectRatio;
    return num > 0 && den > 0 ? num / den : undefined;
  }

  /** The orientation that the picture itself carries; undefined when it carries none. */
  get orientation(): Orientation | undefined {
    const matrix = this.#frame.getSideData(AV_FRAME_DATA_DISPLAYMATRIX);
    return matrix === null ? undefined : orientationFromMatrix(readMatrix(matrix));
  }

  /** Another reference to the same pixels, which live until both are closed; only for pictures of libav's own. */
  share(): Picture {
    const reference = this.#frame.clone();
    if (reference === null) throw new FramerailError('FR_MEMORY_BUDGET', 'A picture could not be held.');
    return new Picture(reference);
  }

  /** Drops the pixels; the picture can be filled again. */
  clear(): void {
    this.#frame.unref();
  }

  /** Frees the picture for good. */
  close(): void {
    this.#frame.free();
  }
}

/**
 * A picture over memory of the caller, laid out by `layout`: what is written to it lands in `bytes`.
 * The picture keeps `bytes` alive; the caller leaves them unchanged for as long as libav may still read them.
 * @param visible - the part of the layout that the picture covers, from its top left corner
 */
export function pictureOver(bytes: Buffer, layout: PictureLayout, visible: Size = layout): Picture {
  const format = formatCode(layout.format);
  // libav lays memory out tightly for the padded width, which gives exactly the strides of the layout.
  let frame: Frame;
  try {
    frame = Frame.fromVideoBuffer(bytes.subarray(0, layout.byteLength), {
      width: layout.paddedWidth,
      height: layout.height,
      format,
    });
  } catch (cause) {
    const { width, height } = layout;
    throw new FramerailError(
      'FR_CONVERT_FAILED',
      `FFmpeg cannot lay out a picture of ${String(width)}x${String(height)} ${layout.format}.`,
      { cause },
    );
  }
  frame.width = visible.width;
  frame.height = visible.height;
  return new Picture(frame, bytes);
}

/** Makes a picture blank again when somebody else holds its pixels, so that the next scaler gives it new ones. */
export function refresh(picture: Picture, format: string, { width, height }: Size): void {
  const frame = nativeOf(picture);
  if (frame.isWritable) return;
  frame.unref();
  frame.format = formatCode(format);
  frame.width = width;
  frame.height = height;
}

/** A picture of a kind, without pixels: the first scaler that converts into it gives it memory of libav's own. */
export function blankPicture(format: string, { width, height }: Size): Picture {
  const frame = emptyFrame();
  frame.format = formatCode(format);
  frame.width = width;
  frame.height = height;
  return new Picture(frame);
}

/** Copies the pixels of one picture into another of the same size and format. */
export function copyPicture(source: Picture, target: Picture): void {
  check(nativeOf(target).copy(nativeOf(source)), 'FR_CONVERT_FAILED', 'A picture could not be copied');
}

/** Gives a picture what its source says beside pixels and colours: times, shape of pixels, orientation. */
export function inherit(source: Picture, target: Picture): void {
  const frame = nativeOf(target);
  const { colorSpace, colorRange, colorPrimaries, colorTrc, chromaLocation } = frame;
  check(frame.copyProps(nativeOf(source)), 'FR_CONVERT_FAILED', 'What is known of a picture could not be copied');
  Object.assign(frame, { colorSpace, colorRange, colorPrimaries, colorTrc, chromaLocation });
}

/** For av/ alone: the native frame of a picture. */
export function nativeFrame(picture: Picture): Frame {
  return nativeOf(picture);
}

/** For av/ alone: a timestamp, or undefined where libav says that there is none. */
export function knownTimestamp(value: bigint): bigint | undefined {
  return value === AV_NOPTS_VALUE ? undefined : value;
}

/** For av/ alone: the nine numbers of a display matrix. */
export function readMatrix(bytes: Buffer): number[] {
  return Array.from({ length: 9 }, (_, i) => (bytes.length >= 4 * i + 4 ? bytes.readInt32LE(4 * i) : 0));
}

/** For av/ alone: FFmpeg's name of a pixel format. */
export function formatName(format: number): string {
  return avGetPixFmtName(format as Parameters<typeof avGetPixFmtName>[0]) ?? 'unknown';
}

/** For av/ alone: FFmpeg's number of a pixel format. */
export function formatCode(name: string): ReturnType<typeof avGetPixFmtFromName> {
  const code = avGetPixFmtFromName(name);
  if (code < 0) throw new FramerailError('FR_ARG_INVALID', `FFmpeg has no pixel format ${name}.`);
  return code;
}

function emptyFrame(): Frame {
  const frame = new Frame();
  frame.alloc();
  return frame;
}
