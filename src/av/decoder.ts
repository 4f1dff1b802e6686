// Decodes the chosen video stream of an input, one packet in, pictures out.
import { AVERROR_INVALIDDATA } from './constants.js';
import { Codec, CodecContext, type HardwareDeviceContext, type Packet } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import { avError, check, isAgain, isEof } from './averror.js';
import { nativeInput, type MediaInputHandle } from './input.js';
import { nativePacket, type KeptPacket } from './kept-packet.js';
import { DECODERS, DEFAULT_LIMITS, type InputLimits } from '../sources/index.js';
import { formatCode, nativeFrame, type Picture } from './picture.js';

/** What every video decoder is to the rest of the engine: packets of an input in, pictures out. */
export interface PictureDecoder {
  /** FFmpeg's name of the decoder. */
  readonly name: string;
  /** Packets that the decoder refused as damaged. */
  readonly damagedPackets: number;
  /** Sends the packet last read from the input; a damaged packet is counted and passed over. */
  send(): void;
  /** Tells the decoder that no more packets come: `receive` then gives what it still holds. */
  drain(): void;
  /** Fills `picture` with the next decoded one; returns false when another packet must be sent first, or at the end. */
  receive(picture: Picture): boolean;
  /** Forgets everything it was sent, after a seek or a drain. */
  reset(): void;
  /** Frees the decoder. */
  close(): void;
}

/** How a decoder is opened. */
export interface DecoderOptions {
  /** 0 lets the decoder take every core; 1 gives the shortest way to a single picture. */
  readonly threads: number;
  readonly limits?: InputLimits;
  /** Leave out deblocking, which nobody sees once the picture is a third of its size; saves a tenth of the time. */
  readonly rough?: boolean;
  /** Decode transparency too, where the container says that there is some: FFmpeg's own VP8 and VP9 leave it out. */
  readonly alpha?: boolean;
  /** A device to decode on; its pictures stay there. */
  readonly device?: { readonly context: HardwareDeviceContext; readonly format: string } | undefined;
}

/**
 * Decoders that leave out pictures without trace when no other picture needs them: tests hold what is left against the
 * same pictures of a full decode. VP8 is not one of them: such a picture may still change its segment map.
 */
const LEAVES_OUT = new Set(['h264', 'mpeg4', 'mpeg1video', 'mpeg2video']);

/** The decoders that know about transparency, by the codecs whose own decoder does not. */
const ALPHA_DECODERS: Readonly<Record<string, string>> = { vp8: 'libvpx', vp9: 'libvpx-vp9' };

/** A software decoder. Open a fresh one for each file: a reused one has given wrong pictures for in-band headers. */
export class VideoDecoder implements PictureDecoder {
  /** FFmpeg's name of the decoder. */
  readonly name: string;
  /** Packets that the decoder refused as damaged. */
  damagedPackets = 0;
  readonly #context: CodecContext;
  readonly #input: MediaInputHandle;
  #referencesOnly = false;

  private constructor(context: CodecContext, input: MediaInputHandle, name: string) {
    this.#context = context;
    this.#input = input;
    this.name = name;
  }

  /**
   * FFmpeg's name of the decoder that the selected stream needs; throws FR_DECODE_UNSUPPORTED.
   * @param alpha - transparency is decoded too
   */
  static nameFor(input: MediaInputHandle, alpha = false): string {
    return findDecoder(input, alpha).name;
  }

  /** Opens a decoder for the stream that the input selected. */
  static open(input: MediaInputHandle, options: DecoderOptions): VideoDecoder {
    const { stream } = nativeInput(input);
    const { codec, name } = findDecoder(input, options.alpha);
    const context = new CodecContext();
    context.allocContext3(codec);
    try {
      check(context.parametersToContext(stream.codecpar), 'FR_DECODE_FAILED', `${input.name} has unusable parameters`);
      context.pktTimebase = stream.timeBase;
      context.threadCount = options.threads;
      context.setOption('max_pixels', (options.limits ?? DEFAULT_LIMITS).maxPixels);
      if (options.rough === true) context.setOption('skip_loop_filter', 'all');
      if (options.device !== undefined) {
        context.hwDeviceCtx = options.device.context;
        context.setHardwarePixelFormat(formatCode(options.device.format));
      }
      // Options go in beforehand: node-av frees a dictionary given to open2Sync twice.
      check(context.open2Sync(codec), 'FR_DECODE_FAILED', `The decoder ${name} could not be opened`);
      return new VideoDecoder(context, input, name);
    } catch (error) {
      context.freeContext();
      throw error;
    }
  }

  /** Sends the packet last read from the input; a damaged packet is counted and passed over. */
  send(): void {
    this.#send(this.#context.sendPacketSync(nativeInput(this.#input).packet));
  }

  /** Sends a kept packet and decodes on a thread of its own: several decoders work at once. One call at a time. */
  async sendKept(packet: KeptPacket): Promise<void> {
    this.#send(await this.#context.sendPacket(nativePacket(packet)));
  }

  /**
   * Whether pictures that no other one refers to may be left out of the packets sent from now on. The pictures that do
   * come stay the same, bit for bit; where that is not known of a decoder, nothing is left out.
   */
  set referencesOnly(value: boolean) {
    if (value === this.#referencesOnly || !LEAVES_OUT.has(this.name)) return;
    this.#referencesOnly = value;
    const code = this.#context.setOption('skip_frame', value ? 'noref' : 'default');
    check(code, 'FR_INTERNAL', `The decoder ${this.name} has no option skip_frame`);
  }

  /** For av/ alone: sends another packet than the one last read. */
  sendPacket(packet: Packet): void {
    this.#send(this.#context.sendPacketSync(packet));
  }

  /** Tells the decoder that no more packets come: `receive` then gives what it still holds. */
  drain(): void {
    this.#send(this.#context.sendPacketSync(null));
  }

  #send(code: number): void {
    if (code >= 0 || isEof(code)) return;
    if (code === AVERROR_INVALIDDATA) {
      this.damagedPackets += 1;
      return;
    }
    throw avError('FR_DECODE_FAILED', code, `${this.#input.name} could not be decoded`);
  }

  /** Fills `picture` with the next decoded one; returns false when another packet must be sent first, or at the end. */
  receive(picture: Picture): boolean {
    for (;;) {
      const code = this.#context.receiveFrameSync(nativeFrame(picture));
      if (code >= 0) return true;
      if (isAgain(code) || isEof(code)) return false;
      if (code !== AVERROR_INVALIDDATA)
        throw avError('FR_DECODE_FAILED', code, `${this.#input.name} could not be decoded`);
      this.damagedPackets += 1;
    }
  }

  /** Forgets everything it was sent, after a seek or a drain. */
  reset(): void {
    this.#context.flushBuffers();
  }

  /** Frees the decoder. */
  close(): void {
    this.#context.freeContext();
  }
}

function findDecoder(input: MediaInputHandle, alpha = false): { readonly codec: Codec; readonly name: string } {
  const { stream } = nativeInput(input);
  const usual = Codec.findDecoder(stream.codecpar.codecId);
  // Matroska and WebM say so of a track whose blocks carry a second, gray picture.
  const transparent = alpha && stream.metadata?.get('alpha_mode') === '1';
  const other = transparent ? ALPHA_DECODERS[usual?.name ?? ''] : undefined;
  const codec = (other === undefined ? null : findByName(other)) ?? usual;
  const name = codec?.name ?? undefined;
  if (codec === null || name === undefined || !DECODERS.has(name))
    throw new FramerailError(
      'FR_DECODE_UNSUPPORTED',
      `${input.name} needs a decoder that is missing or not allowed (${name ?? 'none'}).`,
    );
  return { codec, name };
}

function findByName(name: string): Codec | null {
  return Codec.findDecoderByName(name as Parameters<typeof Codec.findDecoderByName>[0]);
}
