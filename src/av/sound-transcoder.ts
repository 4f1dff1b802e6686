// Sound that a container does not hold as it is: decoded, resampled and encoded anew.
import { AV_CODEC_FLAG_GLOBAL_HEADER, AVERROR_INVALIDDATA } from './constants.js';
import { Codec, CodecContext, Frame, Rational, type ChannelLayout, type Packet, type Stream } from 'node-av/lib';
import { FramerailError, invariant, type Ratio } from '../base/index.js';
import { avError, check, isAgain, isEof } from './averror.js';
import { nativeInput, type MediaInputHandle } from './input.js';
import { layoutOf, SoundFilter, STEREO, usualLayout } from './sound-filter.js';
import { SOUND_DECODERS } from '../sources/index.js';
import { BITS_PER_CHANNEL, soundEncoderFor, soundRateFor } from '../spelling/index.js';

/** What sound is turned into. */
export interface SoundTarget {
  /** Samples a second; the next that the encoder takes where it does not take these. */
  readonly sampleRate: number;
  readonly channels: number;
}

/** Turns one stream of sound into another codec. */
export class SoundTranscoder {
  /** FFmpeg's name of the encoder. */
  readonly name: string;
  readonly #decoder: CodecContext;
  readonly #encoder: CodecContext;
  readonly #filter: SoundFilter;
  readonly #frame = emptyFrame();
  readonly #input: string;
  /** Takes the packets that are ready, so that the encoder has room for more sound. */
  readonly #onReady: () => void;
  /** Packets that the decoder refused as damaged. */
  damagedPackets = 0;

  /** Opens it for a stream of an input; throws FR_DECODE_UNSUPPORTED or FR_ENCODE_FAILED. */
  constructor(
    input: MediaInputHandle,
    index: number,
    output: {
      readonly container: string;
      readonly globalHeader: boolean;
      readonly form?: SoundTarget | undefined;
      readonly onReady: () => void;
    },
  ) {
    this.#onReady = output.onReady;
    const stream = nativeInput(input).context.streams[index];
    invariant(stream, `stream ${String(index)}`);
    this.#input = input.name;
    this.#decoder = openDecoder(stream, input.name);
    this.name = soundEncoderFor(output.container);
    try {
      this.#encoder = openEncoder(this.name, this.#decoder, output);
    } catch (error) {
      this.#decoder.freeContext();
      throw error;
    }
    this.#filter = new SoundFilter(stream.timeBase, this.#encoder);
  }

  /** The unit of the times of its packets. */
  get timeBase(): Ratio {
    return { num: 1, den: this.#encoder.sampleRate };
  }

  /** Writes its parameters into the stream of a container. */
  describe(stream: Stream): void {
    check(stream.codecpar.fromContext(this.#encoder), 'FR_INTERNAL', 'The sound encoder has no parameters');
    stream.timeBase = new Rational(1, this.#encoder.sampleRate);
  }

  /** Takes a packet of the input's stream; a damaged one is counted and passed over. */
  send(packet: Packet | null): void {
    const code = this.#decoder.sendPacketSync(packet);
    if (code === AVERROR_INVALIDDATA) this.damagedPackets += 1;
    else if (code < 0 && !isEof(code)) throw avError('FR_DECODE_FAILED', code, `The sound of ${this.#input} failed`);
    while (this.#decode()) {
      const { bestEffortTimestamp } = this.#frame;
      this.#frame.pts = bestEffortTimestamp;
      this.#filter.send(this.#frame);
      this.#encode();
    }
    if (packet !== null) return;
    this.#filter.end();
    this.#encode();
    this.#encoder.sendFrameSync(null);
    this.#onReady();
  }

  #decode(): boolean {
    for (;;) {
      const code = this.#decoder.receiveFrameSync(this.#frame);
      if (code >= 0) return true;
      if (isAgain(code) || isEof(code)) return false;
      if (code !== AVERROR_INVALIDDATA) throw avError('FR_DECODE_FAILED', code, `The sound of ${this.#input} failed`);
      this.damagedPackets += 1;
    }
  }

  #encode(): void {
    for (;;) {
      const code = this.#filter.receive(this.#frame);
      if (code === undefined || isAgain(code) || isEof(code)) return;
      check(code, 'FR_ENCODE_FAILED', 'The sound could not be resampled');
      const sent = this.#encoder.sendFrameSync(this.#frame);
      this.#frame.unref();
      check(sent, 'FR_ENCODE_FAILED', `The encoder ${this.name} refused sound`);
      this.#onReady();
    }
  }

  /** Fills `packet`; returns false when more must be sent first, or at the end. */
  receive(packet: Packet): boolean {
    const code = this.#encoder.receivePacketSync(packet);
    if (code >= 0) return true;
    if (isAgain(code) || isEof(code)) return false;
    throw avError('FR_ENCODE_FAILED', code, `The encoder ${this.name} failed`);
  }

  close(): void {
    this.#filter.close();
    this.#frame.free();
    this.#decoder.freeContext();
    this.#encoder.freeContext();
  }
}

function openDecoder(stream: Stream, name: string): CodecContext {
  const codec = Codec.findDecoder(stream.codecpar.codecId);
  const decoder = codec?.name ?? undefined;
  if (codec === null || decoder === undefined || !SOUND_DECODERS.test(decoder))
    throw new FramerailError(
      'FR_DECODE_UNSUPPORTED',
      `The sound of ${name} needs a decoder that is missing or not allowed (${decoder ?? 'none'}).`,
    );
  const context = new CodecContext();
  context.allocContext3(codec);
  try {
    check(context.parametersToContext(stream.codecpar), 'FR_DECODE_FAILED', `The sound of ${name} has no parameters`);
    context.pktTimebase = stream.timeBase;
    check(context.open2Sync(codec), 'FR_DECODE_FAILED', `The decoder ${decoder} could not be opened`);
    return context;
  } catch (error) {
    context.freeContext();
    throw error;
  }
}

function openEncoder(
  name: string,
  source: CodecContext,
  output: { readonly container: string; readonly form?: SoundTarget | undefined; readonly globalHeader: boolean },
): CodecContext {
  const codec = Codec.findEncoderByName(name as Parameters<typeof Codec.findEncoderByName>[0]);
  if (codec === null) throw new FramerailError('FR_ENCODE_FAILED', `This FFmpeg build has no encoder ${name}.`);
  const { container, form, globalHeader } = output;
  const sampleRate = soundRateFor(container, form?.sampleRate ?? source.sampleRate);
  const layout = takenLayout(codec, form === undefined ? layoutOf(source.channelLayout) : usualLayout(form.channels));
  const rates = codec.supportedSamplerates ?? [];
  const context = new CodecContext();
  context.allocContext3(codec);
  try {
    context.sampleRate =
      rates.length === 0 || rates.includes(sampleRate)
        ? sampleRate
        : Math.max(...rates.filter((rate) => rate <= 48_000));
    const format = codec.sampleFormats?.[0];
    if (format !== undefined) context.sampleFormat = format;
    context.channelLayout = layout;
    context.bitRate = BigInt(BITS_PER_CHANNEL * layout.nbChannels);
    context.timeBase = new Rational(1, context.sampleRate);
    if (globalHeader) context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    check(context.open2Sync(codec), 'FR_ENCODE_FAILED', `The encoder ${name} could not be opened`);
    return context;
  } catch (error) {
    context.freeContext();
    throw error;
  }
}

/** The speakers themselves where an encoder knows them, or stereo. */
function takenLayout(codec: Codec, layout: ChannelLayout): ChannelLayout {
  const known = codec.channelLayouts;
  return known === null || known === undefined || known.some(({ mask }) => mask === layout.mask) ? layout : STEREO;
}

function emptyFrame(): Frame {
  const frame = new Frame();
  frame.alloc();
  return frame;
}
