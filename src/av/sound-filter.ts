// Sound of any form as an encoder takes it: resampled, for its speakers, in frames of its size.
import {
  avChannelLayoutDescribe,
  avGetSampleFmtName,
  Filter,
  FilterGraph,
  type ChannelLayout,
  type CodecContext,
  type FilterContext,
  type Frame,
} from 'node-av/lib';
import { invariant, type Ratio } from '../base/index.js';
import { check } from './averror.js';
import { filterPad } from './filter-pad.js';

/** Samples of a frame for encoders that take any number. */
const FREE_FRAME = 1024;
const REFUSED = 'The sound could not be resampled';

/** What decoded sound is. */
interface SoundForm {
  readonly format: string;
  readonly sampleRate: number;
  readonly layout: string;
}

/**
 * Turns decoded frames into those of an encoder. What a container says of its sound may be wrong, as MP4 always says of MP3
 * that it is stereo: what counts is what is decoded, also where that changes on the way.
 */
export class SoundFilter {
  readonly #timeBase: Ratio;
  readonly #spec: string;
  #form: SoundForm | undefined;
  #graph: FilterGraph | undefined;
  #source: FilterContext | undefined;
  #sink: FilterContext | undefined;

  /**
   * @param timeBase - of the frames that it is given
   * @param encoder - is open
   */
  constructor(timeBase: Ratio, { sampleFormat, sampleRate, channelLayout, frameSize }: CodecContext) {
    this.#timeBase = timeBase;
    const wanted = [
      `sample_fmts=${avGetSampleFmtName(sampleFormat) ?? 'fltp'}`,
      `sample_rates=${String(sampleRate)}`,
      `channel_layouts=${avChannelLayoutDescribe(channelLayout) ?? 'stereo'}`,
    ].join(':');
    const samples = frameSize > 0 ? frameSize : FREE_FRAME;
    this.#spec = `aresample,aformat=${wanted},asetnsamples=n=${String(samples)}:p=0`;
  }

  /** Takes a frame. Less than a frame of the encoder is lost where the form of the sound changes. */
  send(frame: Frame): void {
    const form = {
      format: avGetSampleFmtName(frame.format as CodecContext['sampleFormat']) ?? 'fltp',
      sampleRate: frame.sampleRate,
      layout: avChannelLayoutDescribe(layoutOf(frame.channelLayout)) ?? 'stereo',
    };
    const { format, sampleRate, layout } = this.#form ?? {};
    if (form.format !== format || form.sampleRate !== sampleRate || form.layout !== layout) this.#open(form);
    invariant(this.#source, 'a source of sound');
    check(this.#source.buffersrcAddFrameSync(frame), 'FR_ENCODE_FAILED', REFUSED);
  }

  /** There is no more. */
  end(): void {
    if (this.#source !== undefined) check(this.#source.buffersrcAddFrameSync(null), 'FR_ENCODE_FAILED', REFUSED);
  }

  /** Fills `frame`; gives what FFmpeg says, with which `isAgain` and `isEof` are asked; undefined where nothing ever came. */
  receive(frame: Frame): number | undefined {
    return this.#sink?.buffersinkGetFrameSync(frame);
  }

  close(): void {
    this.#graph?.free();
    this.#graph = this.#source = this.#sink = undefined;
  }

  #open(form: SoundForm): void {
    this.close();
    this.#form = form;
    const graph = (this.#graph = new FilterGraph());
    graph.alloc();
    const source = Filter.getByName('abuffer');
    const sink = Filter.getByName('abuffersink');
    invariant(source && sink, 'sound buffers in the FFmpeg build');
    const { num, den } = this.#timeBase;
    const facts = `time_base=${String(num)}/${String(den)}:sample_rate=${String(form.sampleRate)}`;
    this.#source = made(
      graph.createFilter(source, 'in', `${facts}:sample_fmt=${form.format}:channel_layout=${form.layout}`),
    );
    this.#sink = made(graph.createFilter(sink, 'out'));
    check(
      graph.parsePtr(this.#spec, filterPad('out', this.#sink), filterPad('in', this.#source)),
      'FR_INTERNAL',
      'No sound filters',
    );
    check(graph.configSync(), 'FR_ENCODE_FAILED', REFUSED);
  }
}

/** Speakers by their number, where a file does not name them (av_channel_layout_default). */
const USUAL: readonly bigint[] = [0n, 0x4n, 0x3n, 0xbn, 0x107n, 0x37n, 0x3fn, 0x70fn, 0x63fn];
/** What is taken where nothing else is known. */
export const STEREO: ChannelLayout = { nbChannels: 2, order: 1 as ChannelLayout['order'], mask: 0x3n };

/** Which speakers the channels of a stream are for. */
export function layoutOf(layout: ChannelLayout): ChannelLayout {
  return layout.mask > 0n ? layout : usualLayout(layout.nbChannels);
}

/** The speakers that so many channels are usually for. */
export function usualLayout(channels: number): ChannelLayout {
  const mask = USUAL[channels];
  return mask === undefined || mask === 0n ? STEREO : { ...STEREO, nbChannels: channels, mask };
}

function made(filter: FilterContext | null): FilterContext {
  invariant(filter, 'sound filters that can be made');
  return filter;
}
