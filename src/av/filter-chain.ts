// FFmpeg's filters between one input and one output; the graph is made anew when the pictures change.
import { AV_BUFFERSRC_FLAG_KEEP_REF } from './constants.js';
import { Filter, FilterGraph, Rational, type FilterContext } from 'node-av/lib';
import { invariant, type Ratio } from '../base/index.js';
import { avError, check, isAgain, isEof } from './averror.js';
import { filterPad } from './filter-pad.js';
import { nativeFrame, type Picture } from './picture.js';

/** What goes into a chain beside its pictures. */
export interface ChainInput {
  readonly timeBase: Ratio;
  /** Frames per second; 0/1 when unknown or variable. */
  readonly frameRate: Ratio;
  readonly pixelAspect: Ratio;
}

/** What comes out of a chain. */
export type ChainOutput = ChainInput;

/** A chain of filters in FFmpeg's spelling, such as `scale=640:-2,eq=brightness=0.1`. */
export class FilterChain {
  readonly #spec: string;
  readonly #input: ChainInput;
  readonly #threads: number;
  #graph: FilterGraph | undefined;
  #source: FilterContext | undefined;
  #sink: FilterContext | undefined;
  #key = '';
  #drained = false;
  #full = false;

  /**
   * @param threads - of each filter that can use them; 0 for as many as there are cores
   */
  constructor(spec: string, input: ChainInput, threads = 1) {
    this.#spec = spec;
    this.#input = input;
    this.#threads = threads;
  }

  /** Whether the next picture has another shape than those before: then `drain` first, or they lose what they hold. */
  changes(picture: Picture): boolean {
    return this.#key !== '' && this.#key !== keyOf(picture);
  }

  /** Whether the filters want nothing more, as `trim` does behind its end: what they still hold can be received. */
  get full(): boolean {
    return this.#full;
  }

  /** Sends a picture in; it stays as it was. */
  send(picture: Picture): void {
    if (this.#key !== keyOf(picture)) this.#configure(picture);
    invariant(this.#source, 'a configured filter graph');
    this.#feed(this.#source.buffersrcAddFrameSync(nativeFrame(picture), AV_BUFFERSRC_FLAG_KEEP_REF));
  }

  /** Says that nothing more comes: `receive` then gives what the filters still hold. */
  drain(): void {
    if (this.#source === undefined) return;
    this.#drained = true;
    this.#feed(this.#source.buffersrcAddFrameSync(null));
  }

  #feed(code: number): void {
    if (isEof(code)) this.#full = true;
    else check(code, 'FR_FILTER_FAILED', `The filters ${this.#spec} failed`);
  }

  /** Fills `target` with the next picture; returns false when another one must be sent first, or at the end. */
  receive(target: Picture): boolean {
    if (this.#sink === undefined) return false;
    target.clear();
    const code = this.#sink.buffersinkGetFrameSync(nativeFrame(target));
    if (code >= 0) return true;
    // An end that nobody asked for is the filters' own.
    if (isEof(code) && !this.#drained) this.#full = true;
    if (isAgain(code) || isEof(code)) return false;
    throw avError('FR_FILTER_FAILED', code, `The filters ${this.#spec} failed`);
  }

  /** What comes out; known once a picture was sent. */
  get output(): ChainOutput {
    invariant(this.#sink, 'a configured filter graph');
    const timeBase = this.#sink.buffersinkGetTimeBase();
    const frameRate = this.#sink.buffersinkGetFrameRate();
    const pixelAspect = this.#sink.buffersinkGetSampleAspectRatio();
    return { timeBase: plain(timeBase), frameRate: plain(frameRate), pixelAspect: plain(pixelAspect) };
  }

  #configure(picture: Picture): void {
    this.close();
    const graph = new FilterGraph();
    graph.alloc();
    graph.nbThreads = this.#threads;
    this.#graph = graph;
    const source = Filter.getByName('buffer');
    const sink = Filter.getByName('buffersink');
    invariant(source && sink, 'buffer filters in the FFmpeg build');
    this.#source = graph.createFilter(source, 'in', this.#describe(picture)) ?? undefined;
    this.#sink = graph.createFilter(sink, 'out') ?? undefined;
    invariant(this.#source && this.#sink, 'buffer filters that can be made');
    const { hwFramesCtx } = nativeFrame(picture);
    if (hwFramesCtx !== null)
      check(this.#source.buffersrcParametersSet({ hwFramesCtx }), 'FR_FILTER_FAILED', 'The filters have no device');
    const code = graph.parsePtr(this.#spec, filterPad('out', this.#sink), filterPad('in', this.#source));
    if (code < 0) {
      this.close();
      throw avError('FR_ARG_INVALID', code, `FFmpeg does not understand the filters ${this.#spec}`);
    }
    const configured = graph.configSync();
    if (configured < 0) {
      this.close();
      throw avError('FR_FILTER_FAILED', configured, `The filters ${this.#spec} could not be set up`);
    }
    this.#key = keyOf(picture);
  }

  #describe(picture: Picture): string {
    const frame = nativeFrame(picture);
    const { timeBase, frameRate, pixelAspect } = this.#input;
    return [
      `video_size=${String(picture.width)}x${String(picture.height)}`,
      `pix_fmt=${String(frame.format)}`,
      `time_base=${slash(timeBase)}`,
      `pixel_aspect=${slash(pixelAspect)}`,
      `colorspace=${String(frame.colorSpace)}`,
      `range=${String(frame.colorRange)}`,
      ...(frameRate.num > 0 ? [`frame_rate=${slash(frameRate)}`] : []),
    ].join(':');
  }

  /** Frees the filters; they can be used again. */
  close(): void {
    this.#graph?.free();
    this.#graph = undefined;
    this.#source = undefined;
    this.#sink = undefined;
    this.#key = '';
    this.#drained = false;
    this.#full = false;
  }
}

/** For av/ alone: a fraction of libav's own kind. */
export function rational({ num, den }: Ratio): Rational {
  return new Rational(num, den);
}

function plain({ num, den }: Ratio): Ratio {
  return { num, den };
}

function slash({ num, den }: Ratio): string {
  return `${String(num)}/${String(den)}`;
}

function keyOf(picture: Picture): string {
  const { format, colorSpace, colorRange } = nativeFrame(picture);
  return [format, picture.width, picture.height, colorSpace, colorRange].map(String).join(' ');
}
