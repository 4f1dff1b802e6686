// Whether an encoder works here: a few small pictures through it, which is the only thing that a driver cannot pretend.
import { Packet } from 'node-av/lib';
import { FramerailError } from '../../base/index.js';
import { planLayout } from '../../pixels/index.js';
import { DRAWN } from '../color.js';
import { pictureOver } from '../picture.js';
import { PictureFitter } from '../picture-fitter.js';
import { chooseFormat, paddedSize } from '../../spelling/index.js';
import { ENCODERS } from './libav-encoder.js';
import { openEncoder } from './open-encoder.js';

const PICTURES = 3;
const SIZE = { width: 320, height: 192 };
const RATE = { num: 25, den: 1 };

/** Encodes a few gray pictures; throws FR_ENCODE_FAILED or FR_MEMORY_BUDGET with FFmpeg's reason. */
export function testEncode(name: string): void {
  const format = chooseFormat(ENCODERS.formatsOf(name) ?? [], name, 'yuv420p', undefined, null);
  const padded = paddedSize(name, format, SIZE);
  const encoder = openEncoder(name, {
    ...padded,
    format,
    timeBase: { num: RATE.den, den: RATE.num },
    frameRate: RATE,
    pixelAspect: { num: 1, den: 1 },
    color: DRAWN,
    globalHeader: true,
    threads: 1,
    reorder: true,
    controls: {
      bitrate: null,
      maxBitrate: null,
      quality: null,
      lossless: false,
      keyframeInterval: null,
      lowLatency: false,
      options: {},
    },
  });
  const fitter = new PictureFitter({ format, size: SIZE, padded, color: DRAWN });
  const layout = planLayout('yuv420p', SIZE.width, SIZE.height, false);
  const picture = pictureOver(Buffer.alloc(layout.byteLength, 128), layout);
  const packet = new Packet();
  packet.alloc();
  try {
    let packets = 0;
    const collect = (): void => {
      while (encoder.receive(packet)) {
        packets += 1;
        packet.unref();
      }
    };
    for (let i = 0; i < PICTURES; i++) {
      const fitted = fitter.fit(picture);
      fitted.setTimes(BigInt(i), 1n);
      encoder.send(fitted, false);
      collect();
    }
    encoder.drain();
    collect();
    if (packets !== PICTURES)
      throw new FramerailError(
        'FR_ENCODE_FAILED',
        `The encoder ${name} gave ${String(packets)} packets for ${String(PICTURES)} pictures.`,
      );
  } finally {
    packet.free();
    picture.close();
    fitter.close();
    encoder.close();
  }
}
