// One video stream on its way into a container: chooses and opens the encoder, fits pictures to it, and opens it anew
// where a change in mid-stream needs that.
import { AVCOL_RANGE_JPEG, AVCOL_SPC_RGB } from './constants.js';
import { isRgb, type Rect, type Size } from '../pixels/index.js';
import type { ColorTags } from './color.js';
import {
  alignmentOf,
  chooseEncoder,
  chooseFormat,
  rescale,
  type EncoderChange,
  type EncoderControls,
  type EncoderReport,
  type EncoderWish,
} from '../spelling/index.js';
import type { EncoderSettings, VideoEncoder } from './encoder.js';
import type { Ratio } from '../base/index.js';
import { ENCODERS, LibavEncoder } from './libav-encoder.js';
import type { MediaOutput, VideoFacts } from './media-output.js';
import type { Picture } from './picture.js';
import { PictureFitter } from './picture-fitter.js';

/** The pictures that come. */
export interface LaneInput {
  readonly size: Size;
  readonly format: string;
  /** The format of the video before it was converted for JavaScript; undefined for drawn pictures. */
  readonly original: string | undefined;
  /** What the samples of the encoded video shall mean. */
  readonly color: ColorTags;
  readonly timeBase: Ratio;
  readonly frameRate: Ratio;
  readonly pixelAspect: Ratio;
}

/** A stream of pictures into one container. */
export class EncodeLane {
  /** The encoder that was opened last, and why. */
  readonly report: EncoderReport;
  /** Packets written so far. */
  packets = 0;
  readonly #output: MediaOutput;
  readonly #fitter: PictureFitter;
  readonly #padded: Size;
  readonly #from: Ratio;
  #settings: EncoderSettings;
  #last: bigint | undefined;
  #encoder: VideoEncoder;
  #pending: EncoderChange | undefined;

  /** Opens an encoder; throws FR_ARG_INVALID for a wish that cannot be met, FR_ENCODE_FAILED where it fails. */
  constructor(wish: EncoderWish, input: LaneInput, output: MediaOutput, threads: number) {
    const { name, why } = chooseEncoder(ENCODERS, wish, output.defaultCodec);
    const format = chooseFormat(ENCODERS.formatsOf(name) ?? [], name, input.format, input.original, wish.pixelFormat);
    const align = alignmentOf(name, format);
    const padded = { width: roundUp(input.size.width, align.x), height: roundUp(input.size.height, align.y) };
    const color = colorOfEncoded(name, format, input.color);
    this.#output = output;
    this.#padded = padded;
    this.#fitter = new PictureFitter({ format, size: input.size, padded, color });
    const { frameRate, pixelAspect } = input;
    const counted = output.counted && frameRate.num > 0;
    const timeBase = counted ? { num: frameRate.den, den: frameRate.num } : input.timeBase;
    this.#from = input.timeBase;
    const { controls } = wish;
    const { globalHeader } = output;
    this.#settings = { ...padded, format, timeBase, frameRate, pixelAspect, color, globalHeader, threads, controls };
    this.#encoder = LibavEncoder.open(name, this.#settings);
    this.report = { requested: wish.encoder, name, pixelFormat: format, why };
  }

  /** Makes the stream in the container. */
  announce(input: Pick<LaneInput, 'size'>, like: VideoFacts['like']): void {
    const { width, height } = input.size;
    const exact = this.#padded.width === width && this.#padded.height === height;
    const crop: Rect | undefined = exact ? undefined : { x: 0, y: 0, width, height };
    this.#output.describeVideo(this.#encoder, { crop, size: this.#padded, like });
  }

  /** Encodes a picture, whose owner may use it again at once. Times are in the time base of the input. */
  send(picture: Picture, timestamp: bigint, duration: bigint): void {
    if (this.#pending !== undefined) this.#apply(this.#pending);
    const fitted = this.#fitter.fit(picture);
    const { timeBase } = this.#settings;
    const time = rescale(timestamp, this.#from, timeBase);
    // Frames that come faster than the unit counts follow each other by one.
    this.#last = this.#last === undefined || time > this.#last ? time : this.#last + 1n;
    fitted.setTimes(this.#last, rescale(duration, this.#from, timeBase));
    this.#encoder.send(fitted, false);
    this.#collect();
  }

  /** Changes how the pictures that come are encoded, from the next one on. */
  change(change: EncoderChange): void {
    this.#pending = { ...this.#pending, ...change };
  }

  #apply(change: EncoderChange): void {
    this.#pending = undefined;
    const controls: EncoderControls = { ...this.#settings.controls, ...change };
    this.#settings = { ...this.#settings, controls };
    if (this.#encoder.change(change)) return;
    // Nothing is lost: what the old encoder holds is written first. Its successor puts its parameter sets into the
    // stream, as the container's header is written already.
    this.finish();
    this.#encoder.close();
    this.#encoder = LibavEncoder.open(this.report.name, { ...this.#settings, globalHeader: false });
  }

  /** Writes what the encoder still holds. */
  finish(): void {
    this.#encoder.drain();
    this.#collect();
  }

  #collect(): void {
    this.packets += this.#output.writeEncoded(this.#encoder);
  }

  close(): void {
    this.#encoder.close();
    this.#fitter.close();
  }
}

/** What the samples mean once they are in the encoder's format. */
function colorOfEncoded(encoder: string, format: string, color: ColorTags): ColorTags {
  if (isRgb(format)) return { ...color, colorSpace: AVCOL_SPC_RGB, colorRange: AVCOL_RANGE_JPEG };
  // JPEG knows full range alone.
  return encoder === 'mjpeg' || format.startsWith('yuvj') ? { ...color, colorRange: AVCOL_RANGE_JPEG } : color;
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
