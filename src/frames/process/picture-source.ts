// The pictures that a process job works on: decoded, upright, filtered, with exact times.
import {
  FilterChain,
  orientationOf,
  Picture,
  rescale,
  toTicks,
  type MediaInputHandle,
  type VideoStreamInfo,
  type VideoTiming,
} from '../../av/index.js';
import { FramerailError, toRatio, type Ratio } from '../../base/index.js';
import { needsTurn, turnFilters } from '../../pixels/index.js';
import type { Step, Walker } from '../walker.js';
import type { ProcessParams } from './process-params.js';

/** A picture and when it is shown, counted in the source's time base from the start of the range. */
export interface TimedPicture {
  /** Good until the next one is asked for. */
  readonly picture: Picture;
  readonly timestamp: bigint;
  readonly duration: bigint;
  readonly keyframe: boolean;
  readonly damaged: boolean;
}

/** Container times are rational, those of callers decimal: differences below this are none. Seconds. */
const EPSILON = 1e-6;
const MICROSECONDS: Ratio = { num: 1, den: 1_000_000 };

/** Pictures one after another. */
export class PictureSource {
  /** Pictures whose errors the decoder concealed. */
  damaged = 0;
  readonly #walker: Walker;
  readonly #input: MediaInputHandle;
  readonly #stream: VideoStreamInfo;
  readonly #params: ProcessParams;
  readonly #turned = new Picture();
  readonly #filtered = new Picture();
  #timing: VideoTiming;
  /** Brings pictures upright; apart from the caller's filters, whose description is a whole of its own. */
  #turn: FilterChain | undefined;
  #chain: FilterChain | undefined;
  #started = false;
  #ended = false;
  /** A picture that waits for the filters to give what they held before it. */
  #waiting: TimedPicture | undefined;

  constructor(walker: Walker, input: MediaInputHandle, stream: VideoStreamInfo, params: ProcessParams) {
    this.#walker = walker;
    this.#input = input;
    this.#stream = stream;
    this.#params = params;
    const { timing } = input;
    // Where the container does not say how fast frames come, the average that the stream gives has to do.
    const known = timing.frameRate.num > 0 || stream.frameRate === undefined;
    this.#timing = known ? timing : { ...timing, frameRate: toRatio(stream.frameRate ?? 25) };
  }

  /** How times are counted, how often pictures come, and the shape of their pixels; final once one was given. */
  get timing(): VideoTiming {
    return this.#timing;
  }

  /** Whether the filters ended the video before its end, so that the rest was not even decoded. */
  get cut(): boolean {
    return this.#chain?.full === true;
  }

  /** The next picture; undefined at the end. */
  async next(): Promise<TimedPicture | undefined> {
    if (!this.#started) {
      this.#started = true;
      if (this.#params.from > 0) await this.#walker.jumpTo(this.#params.from);
    }
    for (;;) {
      const ready = this.#receive();
      if (ready !== undefined) return ready;
      if (this.#ended || this.cut) return undefined;
      const upright = this.#waiting ?? (await this.#upright());
      if (upright === undefined) {
        this.#ended = true;
        if (this.#chain === undefined) return undefined;
        this.#chain.drain();
        continue;
      }
      const chain = this.#filters();
      if (chain === undefined) return upright;
      const { picture, timestamp, duration } = upright;
      if (this.#waiting === undefined && chain.changes(picture)) {
        // The filters start anew with pictures of another shape; what they still hold comes first.
        chain.drain();
        this.#waiting = upright;
        continue;
      }
      this.#waiting = undefined;
      picture.setTimes(timestamp, duration);
      chain.send(picture);
    }
  }

  /** The next decoded picture of the range, turned and cropped where that is wanted. */
  async #upright(): Promise<TimedPicture | undefined> {
    const step = await this.#step();
    if (step === undefined) return undefined;
    const { picture } = step;
    const { keyframe, damaged } = picture;
    if (damaged) this.damaged += 1;
    const timestamp = this.#ticks(step);
    const duration = toTicks(step.duration, this.#input.timing.timeBase);
    const chain = this.#turnFor(picture);
    if (chain === undefined) return { picture, timestamp, duration, keyframe, damaged };
    picture.setTimes(timestamp, duration);
    chain.send(picture);
    // Each picture comes out at once.
    if (!chain.receive(this.#turned))
      throw new FramerailError('FR_INTERNAL', 'A picture did not come out of its turn.');
    this.#timing = { ...this.#timing, pixelAspect: chain.output.pixelAspect };
    return { picture: this.#turned, timestamp, duration, keyframe, damaged };
  }

  /** The next decoded picture of the range; undefined at its end. */
  async #step(): Promise<Step | undefined> {
    const { from, to } = this.#params;
    for (;;) {
      const step = await this.#walker.next();
      if (step === undefined || (to !== null && step.time >= to - EPSILON)) return undefined;
      if (step.time >= from - EPSILON) return step;
    }
  }

  /** Exact where the container gives a time; counted from what came before where it does not. */
  #ticks({ picture, time }: Step): bigint {
    const { timeBase } = this.#input.timing;
    const { timestamp } = picture;
    const { from } = this.#params;
    if (timestamp === undefined) return toTicks(time - from, timeBase);
    const start = BigInt(Math.round((this.#input.startTime + from) * 1e6));
    return timestamp - rescale(start, MICROSECONDS, timeBase);
  }

  /** The filters that turn pictures like the first one; undefined where nothing is to be turned. */
  #turnFor(picture: Picture): FilterChain | undefined {
    if (this.#turn !== undefined || !this.#params.upright) return this.#turn;
    const turn = { orientation: orientationOf(this.#stream, picture), crop: this.#stream.crop };
    if (needsTurn(turn)) this.#turn = this.#chainOf(turnFilters(turn));
    return this.#turn;
  }

  #filters(): FilterChain | undefined {
    const { filters } = this.#params;
    if (filters !== null) this.#chain ??= this.#chainOf(filters);
    return this.#chain;
  }

  #chainOf(spec: string): FilterChain {
    const pixelAspect = this.#timing.pixelAspect.num > 0 ? this.#timing.pixelAspect : { num: 1, den: 1 };
    return new FilterChain(spec, { ...this.#timing, pixelAspect }, this.#params.threads);
  }

  #receive(): TimedPicture | undefined {
    const picture = this.#filtered;
    if (this.#chain?.receive(picture) !== true) return undefined;
    this.#timing = this.#chain.output;
    const { pts = 0n, duration, keyframe, damaged } = picture;
    return { picture, timestamp: pts, duration, keyframe, damaged };
  }

  close(): void {
    this.#turned.close();
    this.#filtered.close();
    this.#turn?.close();
    this.#chain?.close();
  }
}
