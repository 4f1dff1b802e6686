// Encodes single pictures as JPEG or PNG; opened encoders are kept for the next picture of the same kind.
import { AV_CODEC_FLAG_BITEXACT, AV_CODEC_FLAG_QSCALE, AVCOL_RANGE_JPEG, FF_QP2LAMBDA } from './constants.js';
import { Codec, CodecContext, Packet, Rational } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import { jpegQuantiser } from '../spelling/index.js';
import { check } from './averror.js';
import { ContextPool } from './context-pool.js';
import { formatCode, nativeFrame, type Picture } from './picture.js';

/** What kind of image, and how good. */
export type ImageKind = { readonly type: 'jpeg'; readonly quality: number } | { readonly type: 'png' };

/** Opened encoders by kind, quality and size. */
export const imageEncoders = new ContextPool<ImageEncoder>({
  what: 'image encoders',
  close: (encoder) => {
    encoder.close();
  },
});

/** The pixel format that an image of this kind is encoded from. */
export function imageFormat(kind: ImageKind): 'yuv420p' | 'rgb24' {
  return kind.type === 'jpeg' ? 'yuv420p' : 'rgb24';
}

/**
 * Encodes one picture, which must have the format that `imageFormat` names.
 * @returns the bytes of the file; they belong to the caller
 */
export function encodeImage(picture: Picture, kind: ImageKind): Uint8Array {
  const key = `${kind.type} ${kind.type === 'jpeg' ? String(kind.quality) : ''} ${String(picture.width)}x${String(picture.height)}`;
  const lease = imageEncoders.tryAcquire(key, () => openEncoder(kind, picture));
  if (lease === undefined) throw new FramerailError('FR_INTERNAL', 'An image encoder was not given back.');
  try {
    const bytes = lease.value.encode(picture);
    lease.release();
    return bytes;
  } catch (error) {
    lease.discard();
    throw error;
  }
}

class ImageEncoder {
  readonly #context: CodecContext;
  readonly #packet = new Packet();
  readonly #quality: number;
  #count = 0n;

  constructor(context: CodecContext, quality: number) {
    this.#context = context;
    this.#quality = quality;
    this.#packet.alloc();
  }

  encode(picture: Picture): Uint8Array {
    const frame = nativeFrame(picture);
    frame.quality = this.#quality;
    frame.pts = this.#count++;
    check(this.#context.sendFrameSync(frame), 'FR_ENCODE_FAILED', 'An image could not be encoded');
    check(this.#context.receivePacketSync(this.#packet), 'FR_ENCODE_FAILED', 'An image could not be encoded');
    // The packet's bytes belong to libav: copy them out before the packet is used again.
    const bytes = Uint8Array.from(this.#packet.data ?? []);
    this.#packet.unref();
    return bytes;
  }

  close(): void {
    this.#packet.free();
    this.#context.freeContext();
  }
}

function openEncoder(kind: ImageKind, picture: Picture): ImageEncoder {
  const name = kind.type === 'jpeg' ? 'mjpeg' : 'png';
  const codec = Codec.findEncoderByName(name as Parameters<typeof Codec.findEncoderByName>[0]);
  if (codec === null) throw new FramerailError('FR_ENCODE_FAILED', `This FFmpeg build has no ${name} encoder.`);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = picture.width;
  context.height = picture.height;
  context.pixelFormat = formatCode(imageFormat(kind));
  context.timeBase = new Rational(1, 25);
  context.threadCount = 1;
  const quality = kind.type === 'jpeg' ? jpegQuantiser(kind.quality) * FF_QP2LAMBDA : 0;
  if (kind.type === 'jpeg') {
    context.colorRange = AVCOL_RANGE_JPEG;
    // Bit-exact files do not name the library that wrote them.
    context.setFlags(AV_CODEC_FLAG_QSCALE, AV_CODEC_FLAG_BITEXACT);
    context.qMin = 1;
    context.globalQuality = quality;
  }
  try {
    check(context.open2Sync(codec), 'FR_ENCODE_FAILED', `The ${name} encoder could not be opened`);
  } catch (error) {
    context.freeContext();
    throw error;
  }
  return new ImageEncoder(context, quality);
}
