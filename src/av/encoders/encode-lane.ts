// One video stream on its way into a container: chooses and opens the encoder, fits pictures to it, opens it anew where
// a change in mid-stream needs that, and has software take over where hardware fails.
import { FramerailError, isFramerailError } from '../../base/index.js';
import type { BackendName, EncoderAttempt, HardwareAsk, HardwareDoor } from '../../hardware/index.js';
import { isRgb, type Rect, type Size } from '../../pixels/index.js';
import type { ColorTags } from '../color.js';
import {
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_RGB,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
} from '../constants.js';
import type { Ratio } from '../../base/index.js';
import type { MediaOutput, VideoFacts } from '../media-output.js';
import type { Picture } from '../picture.js';
import { PictureFitter } from '../picture-fitter.js';
import {
  chooseFormat,
  paddedSize,
  planEncoder,
  rescale,
  type EncoderChange,
  type EncoderControls,
  type EncoderPlan,
  type EncoderReport,
  type EncoderWish,
} from '../../spelling/index.js';
import type { EncoderSettings, VideoEncoder } from './encoder.js';
import { GuardedEncoder, type Successor } from './guarded-encoder.js';
import { ENCODERS } from './libav-encoder.js';
import { isExhausted, openEncoder, openInstead } from './open-encoder.js';

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

/** What a lane is opened with. */
export interface LaneSetup {
  readonly wish: EncoderWish;
  readonly input: LaneInput;
  readonly output: MediaOutput;
  /** 0 for as many as there are cores. */
  readonly threads: number;
  /** Where hardware is asked for; without it there is none. */
  readonly hardware?: HardwareDoor | undefined;
  /** Hears of another encoder that took over in mid-stream. */
  readonly onChange?: ((report: EncoderReport) => void) | undefined;
}

/** An encoder with everything that belongs to it. */
interface Stage {
  readonly name: string;
  readonly backend: BackendName | 'software';
  readonly settings: EncoderSettings;
}

/** A stream of pictures into one container. */
export class EncodeLane {
  /** Packets written so far. */
  packets = 0;
  readonly #setup: LaneSetup;
  readonly #plan: EncoderPlan;
  readonly #attempts: EncoderAttempt[] = [];
  #why: string;
  #stage!: Stage;
  #encoder!: VideoEncoder;
  #fitter!: PictureFitter;
  /** Fits what was fitted for hardware to the software that took over. */
  #second: PictureFitter | undefined;
  #pending: EncoderChange | undefined;
  /** The time of the last picture. */
  #last: bigint | undefined;
  /** The parameter sets in the container's header. */
  #header: Buffer | undefined;

  private constructor(setup: LaneSetup) {
    this.#setup = setup;
    this.#plan = planEncoder(ENCODERS, setup.wish, setup.output.defaultCodec);
    this.#why = this.#plan.why;
  }

  /** Opens an encoder; throws FR_ARG_INVALID for a wish that cannot be met, FR_ENCODE_FAILED where it fails. */
  static async open(setup: LaneSetup): Promise<EncodeLane> {
    const lane = new EncodeLane(setup);
    if (!(await lane.#openHardware())) lane.#openSoftware();
    return lane;
  }

  /** The encoder that runs now, and why. */
  get report(): EncoderReport {
    const { name, backend, settings } = this.#stage;
    return {
      requested: this.#setup.wish.encoder,
      name,
      backend,
      pixelFormat: settings.format,
      why: this.#why,
      attempts: [...this.#attempts],
    };
  }

  /** Tries what the parent offers until something opens. */
  async #openHardware(): Promise<boolean> {
    const { wish, hardware } = this.#setup;
    const codec = this.#plan.hardware;
    if (codec === undefined || hardware === undefined) return false;
    let failed: HardwareAsk['failed'];
    for (;;) {
      const { offer, attempts } = await hardware.ask({ wish: wish.encoder, codec, failed });
      this.#attempts.push(...attempts);
      if (offer === undefined) return false;
      try {
        this.#open(offer.name, offer.backend, openEncoder);
        this.#why = `${offer.name} is the encoder of ${offer.backend} for ${codec}, and a test encode worked here.`;
        return true;
      } catch (error) {
        if (!isFramerailError(error)) throw error;
        this.#attempts.push({ name: offer.name, reason: error.message });
        failed = { backend: offer.backend, exhausted: isExhausted(error) };
      }
    }
  }

  #openSoftware(): void {
    const { wish } = this.#setup;
    const { hardware, software, why } = this.#plan;
    const named = hardware !== undefined && wish.encoder !== 'auto';
    if (software === undefined || (named && !wish.fallback)) throw this.#noHardware();
    this.#open(software, 'software', named ? openInstead : openEncoder);
    if (named) this.#why = `${wish.encoder} could not be had: ${this.#reason()} ${why}`;
  }

  #noHardware(): FramerailError {
    const { encoder } = this.#setup.wish;
    return new FramerailError('FR_ENCODE_FAILED', `The encoder ${encoder} cannot be had here: ${this.#reason()}`, {
      details: { encoder, attempts: this.#attempts },
    });
  }

  #reason(): string {
    return this.#attempts.at(-1)?.reason ?? 'This job has no access to hardware.';
  }

  #open(name: string, backend: Stage['backend'], open: typeof openEncoder): void {
    const { wish, input, output, threads } = this.#setup;
    const format = chooseFormat(ENCODERS.formatsOf(name) ?? [], name, input.format, input.original, wish.pixelFormat);
    const padded = paddedSize(name, format, input.size);
    const color = colorOfEncoded(name, format, input);
    const { frameRate, pixelAspect } = input;
    // Where frames are counted, a finer unit would leave gaps that are filled with nothing.
    const counted = output.counted && frameRate.num > 0;
    const timeBase = counted ? { num: frameRate.den, den: frameRate.num } : input.timeBase;
    const settings: EncoderSettings = {
      ...padded,
      format,
      timeBase,
      frameRate,
      pixelAspect,
      color,
      globalHeader: output.globalHeader,
      threads,
      reorder: true,
      controls: wish.controls,
    };
    this.#encoder = this.#guard(backend, open(name, settings));
    this.#fitter = this.#fitterFor(settings);
    this.#stage = { name, backend, settings };
  }

  #fitterFor({ format, width, height, color }: EncoderSettings): PictureFitter {
    const { size, color: before } = this.#setup.input;
    const recolor = !isRgb(format) && !sameSamples(before, color);
    return new PictureFitter({ format, size, padded: { width, height }, color, recolor });
  }

  /** Hardware may die at any time: software stands by, unless it is not wanted. */
  #guard(backend: Stage['backend'], encoder: VideoEncoder): VideoEncoder {
    const { wish } = this.#setup;
    const standsBy = this.#plan.software !== undefined && (wish.fallback || wish.encoder === 'auto');
    if (backend === 'software' || !standsBy) return encoder;
    return new GuardedEncoder(encoder, { succeed: (reason) => this.#succeed(reason) });
  }

  /** Opens software in the place of hardware that died, for the same size of pictures. */
  #succeed(reason: FramerailError): Successor {
    const { name: dead, settings: before } = this.#stage;
    const { software } = this.#plan;
    if (software === undefined) throw reason;
    this.#attempts.push({ name: dead, reason: reason.message });
    const format = chooseFormat(ENCODERS.formatsOf(software) ?? [], software, before.format, undefined, null);
    // Times of decoding go on only where no picture is reordered; the header is written, so it keeps its own sets.
    const settings: EncoderSettings = { ...before, format, globalHeader: false, reorder: false };
    const encoder = openInstead(software, settings);
    this.#stage = { name: software, backend: 'software', settings };
    this.#why = `${dead} failed in mid-stream, and ${software} took over.`;
    this.#setup.onChange?.(this.report);
    if (format === before.format) return { encoder, fit: (picture) => picture };
    const { width, height, color } = before;
    const size = { width, height };
    const second = new PictureFitter({ format, size, padded: size, color });
    this.#second = second;
    return {
      encoder,
      fit: (picture) => {
        const fitted = second.fit(picture);
        fitted.setTimes(picture.pts ?? 0n, picture.duration);
        return fitted;
      },
    };
  }

  /** Makes the stream in the container. */
  announce(like: VideoFacts['like']): void {
    const { width, height } = this.#setup.input.size;
    const { settings } = this.#stage;
    const exact = settings.width === width && settings.height === height;
    const crop: Rect | undefined = exact ? undefined : { x: 0, y: 0, width, height };
    this.#setup.output.describeVideo(this.#encoder, { crop, size: settings, like });
    this.#header = this.#encoder.parameters;
  }

  /** Encodes a picture, whose owner may use it again at once. Times are in the time base of the input. */
  send(picture: Picture, timestamp: bigint, duration: bigint): void {
    if (this.#pending !== undefined) this.#apply(this.#pending);
    const fitted = this.#fitter.fit(picture);
    const { timeBase: from } = this.#setup.input;
    const { timeBase } = this.#stage.settings;
    const time = rescale(timestamp, from, timeBase);
    // Frames that come faster than the unit counts follow each other by one.
    this.#last = this.#last === undefined || time > this.#last ? time : this.#last + 1n;
    fitted.setTimes(this.#last, rescale(duration, from, timeBase));
    this.#encoder.send(fitted, false);
    this.#collect();
  }

  /** Changes how the pictures that come are encoded, from the next one on. */
  change(change: EncoderChange): void {
    this.#pending = { ...this.#pending, ...change };
  }

  #apply(change: EncoderChange): void {
    this.#pending = undefined;
    const live = this.#encoder.change(change);
    if (!live) {
      // Nothing is lost: what the old encoder holds is written first, as it was wanted before.
      this.finish();
      this.#encoder.close();
    }
    const { settings } = this.#stage;
    this.#stage = { ...this.#stage, settings: { ...settings, controls: changed(settings.controls, change) } };
    if (!live) this.#reopen();
  }

  #reopen(): void {
    const { name, backend, settings } = this.#stage;
    if (backend === 'software') {
      this.#encoder = this.#openAlike(name, settings);
    } else {
      try {
        // What follows may be of another encoder soon, so it carries its own parameter sets.
        this.#encoder = this.#guard(backend, openEncoder(name, { ...settings, globalHeader: false }));
      } catch (error) {
        if (!isFramerailError(error)) throw error;
        this.#encoder = this.#succeed(error).encoder;
      }
    }
    // Where software has taken over meanwhile, pictures are fitted to it straight away.
    this.#fitter.close();
    this.#fitter = this.#fitterFor(this.#stage.settings);
  }

  /** With the parameter sets of the header where they still hold, else with its own ones before each keyframe. */
  #openAlike(name: string, settings: EncoderSettings): VideoEncoder {
    if (settings.globalHeader && this.#header !== undefined) {
      const alike = openInstead(name, settings);
      if (alike.parameters?.equals(this.#header) === true) return alike;
      alike.close();
    }
    return openInstead(name, { ...settings, globalHeader: false });
  }

  /** Writes what the encoder still holds. */
  finish(): void {
    this.#encoder.drain();
    this.#collect();
  }

  #collect(): void {
    this.packets += this.#setup.output.writeEncoded(this.#encoder);
  }

  close(): void {
    this.#encoder.close();
    this.#fitter.close();
    this.#second?.close();
  }
}

/**
 * The controls after a change: who names a bit rate wants no constant quality any more, and the other way round. A bound
 * that the new rate exceeds is raised to it.
 */
function changed(controls: EncoderControls, change: EncoderChange): EncoderControls {
  const { bitrate = null, quality } = change;
  if (bitrate === null && quality === undefined) return { ...controls, ...change };
  const bound = controls.maxBitrate;
  const maxBitrate = bitrate === null || bound === null ? null : Math.max(bound, bitrate);
  return { ...controls, bitrate: null, maxBitrate, quality: null, lossless: false, ...change };
}

/** What the samples mean once they are in the encoder's format. */
function colorOfEncoded(encoder: string, format: string, { color, original }: LaneInput): ColorTags {
  // Gray that was made for JavaScript has full range; that of a video keeps its own.
  if (isGray(format) && !isGray(original ?? '')) return { ...color, colorRange: AVCOL_RANGE_JPEG };
  if (isRgb(format)) return { ...color, colorSpace: AVCOL_SPC_RGB, colorRange: AVCOL_RANGE_JPEG };
  // A JPEG file cannot say anything else than full range and the matrix of BT.601.
  const isJpeg = /^mjpeg/.test(encoder) || format.startsWith('yuvj');
  return isJpeg ? { ...color, colorSpace: AVCOL_SPC_SMPTE170M, colorRange: AVCOL_RANGE_JPEG } : color;
}

/** Whether samples keep their meaning from one set of tags to the other; 5 and 6 are one matrix, and what says nothing has it. */
function sameSamples(from: ColorTags, to: ColorTags): boolean {
  const isFull = ({ colorRange }: ColorTags): boolean => colorRange === AVCOL_RANGE_JPEG;
  const matrix = ({ colorSpace }: ColorTags): number =>
    colorSpace === AVCOL_SPC_BT470BG || colorSpace === AVCOL_SPC_UNSPECIFIED ? AVCOL_SPC_SMPTE170M : colorSpace;
  return isFull(from) === isFull(to) && matrix(from) === matrix(to);
}

function isGray(format: string): boolean {
  return format.startsWith('gray');
}
