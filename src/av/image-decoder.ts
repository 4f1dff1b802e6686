// Reads back a JPEG that was just written: how good it is shows only in what comes out of it.
import { Codec, CodecContext, Packet } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import { check } from './averror.js';
import { nativeFrame, Picture } from './picture.js';

const FAILED = 'A written image could not be read back';

/** Decodes a JPEG of our own into a picture of its own, which the caller closes. */
export function decodeJpeg(file: Uint8Array): Picture {
  const codec = Codec.findDecoderByName('mjpeg' as Parameters<typeof Codec.findDecoderByName>[0]);
  if (codec === null) throw new FramerailError('FR_DECODE_UNSUPPORTED', 'This FFmpeg build has no mjpeg decoder.');
  const context = new CodecContext();
  context.allocContext3(codec);
  const packet = new Packet();
  packet.alloc();
  const picture = new Picture();
  try {
    context.threadCount = 1;
    check(context.open2Sync(codec), 'FR_DECODE_FAILED', FAILED);
    packet.data = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
    check(context.sendPacketSync(packet), 'FR_DECODE_FAILED', FAILED);
    check(context.receiveFrameSync(nativeFrame(picture)), 'FR_DECODE_FAILED', FAILED);
    return picture;
  } catch (error) {
    picture.close();
    throw error;
  } finally {
    packet.free();
    context.freeContext();
  }
}
