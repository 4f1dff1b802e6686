// Decodes the chosen video stream of an input, one packet in, pictures out.
import { AVERROR_INVALIDDATA } from './constants.js';
import { Codec, CodecContext, type HardwareDeviceContext, type Packet } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import { avError, check, isAgain, isEof } from './averror.js';
import { nativeInput, type MediaInputHandle } from './input.js';
import { DECODERS, DEFAULT_LIMITS, type InputLimits } from './limits.js';
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
  /** A device to decode on; its pictures stay there. */
  readonly device?: { readonly context: HardwareDeviceContext; readonly format: string } | undefined;
}

/** A software decoder. Open a fresh one for each file: a reused one has given wrong pictures for in-band headers. */
export class VideoDecoder implements PictureDecoder {
  /** FFmpeg's name of the decoder. */
  readonly name: string;
  /** Packets that the decoder refused as damaged. */
  damagedPackets = 0;
  readonly #context: CodecContext;
  readonly #input: MediaInputHandle;

  private constructor(context: CodecContext, input: MediaInputHandle, name: string) {
    this.#context = context;
    this.#input = input;
    this.name = name;
  }

  /** Opens a decoder for the stream that the input selected. */
  static open(input: MediaInputHandle, options: DecoderOptions): VideoDecoder {
    const { stream } = nativeInput(input);
    const codec = Codec.findDecoder(stream.codecpar.codecId);
    const name = codec?.name ?? undefined;
    if (codec === null || name === undefined || !DECODERS.has(name))
      throw new FramerailError(
        'FR_DECODE_UNSUPPORTED',
        `${input.name} needs a decoder that is missing or not allowed (${name ?? 'none'}).`,
      );
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
