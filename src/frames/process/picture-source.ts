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
import { toRatio, type Ratio } from '../../base/index.js';
import { needsTurn, turnFilters, UPRIGHT } from '../../pixels/index.js';
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
  readonly #filtered = new Picture();
  #timing: VideoTiming;
  #chain: FilterChain | undefined;
  #started = false;
  #ended = false;
  /** A picture that waits for the filters to give what they held before it. */
  #waiting: Step | undefined;

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

  /** The next picture; undefined at the end. */
  async next(): Promise<TimedPicture | undefined> {
    if (!this.#started) {
      this.#started = true;
      if (this.#params.from > 0) await this.#walker.jumpTo(this.#params.from);
    }
    for (;;) {
      const ready = this.#receive();
      if (ready !== undefined) return ready;
      if (this.#ended) return undefined;
      const step = this.#waiting ?? (await this.#step());
      if (step === undefined) {
        this.#ended = true;
        if (this.#chain === undefined) return undefined;
        this.#chain.drain();
        continue;
      }
      const chain = this.#chainFor(step.picture);
      if (this.#waiting === undefined && chain?.changes(step.picture) === true) {
        // The filters start anew with pictures of another shape; what they still hold comes first.
        chain.drain();
        this.#waiting = step;
        continue;
      }
      this.#waiting = undefined;
      if (step.picture.damaged) this.damaged += 1;
      const ticks = this.#ticks(step);
      const duration = toTicks(step.duration, this.#input.timing.timeBase);
      if (chain === undefined) {
        const { picture } = step;
        return { picture, timestamp: ticks, duration, keyframe: picture.keyframe, damaged: picture.damaged };
      }
      step.picture.setTimes(ticks, duration);
      chain.send(step.picture);
    }
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

  #chainFor(picture: Picture): FilterChain | undefined {
    const { upright, filters } = this.#params;
    const turn = upright
      ? { orientation: orientationOf(this.#stream, picture), crop: this.#stream.crop }
      : { orientation: UPRIGHT };
    if (this.#chain === undefined) {
      const spec = [needsTurn(turn) ? turnFilters(turn) : undefined, filters ?? undefined].filter(Boolean).join(',');
      if (spec === '') return undefined;
      const pixelAspect = this.#timing.pixelAspect.num > 0 ? this.#timing.pixelAspect : { num: 1, den: 1 };
      this.#chain = new FilterChain(spec, { ...this.#timing, pixelAspect }, this.#params.threads);
    }
    return this.#chain;
  }

  #receive(): TimedPicture | undefined {
    const picture = this.#filtered;
    if (this.#chain?.receive(picture) !== true) return undefined;
    this.#timing = this.#chain.output;
    const { pts = 0n, duration, keyframe, damaged } = picture;
    return { picture, timestamp: pts, duration, keyframe, damaged };
  }

  close(): void {
    this.#filtered.close();
    this.#chain?.close();
  }
}
