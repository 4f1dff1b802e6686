// Whether hardware decodes a codec here: a few small pictures, encoded in software, through it.
import { FramerailError } from '../base/index.js';
import type { DecoderBackend } from '../hardware/index.js';
import { planLayout } from '../pixels/index.js';
import { DRAWN } from './color.js';
import { EncodeLane } from './encoders/index.js';
import { HardwareDecoder } from './hardware-decoder.js';
import { MediaInputHandle } from './input.js';
import { MediaOutput } from './media-output.js';
import { Picture, pictureOver } from './picture.js';

const PICTURES = 3;
const SIZE = { width: 320, height: 192 };

/** Decodes a few gray pictures; throws with the reason of what did not work, also where FFmpeg took software instead. */
export async function testDecode(backend: DecoderBackend, codec: string): Promise<void> {
  const bytes = await sample(codec);
  const input = await MediaInputHandle.open(
    { kind: 'blocks', name: `a sample of ${codec}`, size: bytes.byteLength },
    { readBlock: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)) },
  );
  try {
    input.selectVideo();
    const decoder = HardwareDecoder.open(input, backend, { threads: 1 });
    const picture = new Picture();
    try {
      let count = 0;
      const take = (): void => {
        while (decoder.receive(picture)) count += 1;
      };
      for (let packet = await input.readPacket(); packet !== undefined; packet = await input.readPacket()) {
        decoder.send();
        take();
      }
      decoder.drain();
      take();
      const reason = decoder.report.attempts[0]?.reason;
      if (reason !== undefined) throw new FramerailError('FR_DECODE_FAILED', reason);
      if (count !== PICTURES)
        throw new FramerailError(
          'FR_DECODE_FAILED',
          `${backend} gave ${String(count)} of ${String(PICTURES)} pictures.`,
        );
    } finally {
      picture.close();
      decoder.close();
    }
  } finally {
    input.close();
  }
}

/** A tiny Matroska file in memory. */
async function sample(codec: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const name = `a sample of ${codec}`;
  const output = MediaOutput.open(
    { name, seekable: false, write: (bytes) => void chunks.push(Buffer.from(bytes)) },
    { container: 'matroska' },
  );
  try {
    output.reserveVideo();
    const controls = {
      bitrate: null,
      maxBitrate: null,
      quality: null,
      lossless: false,
      keyframeInterval: null,
      lowLatency: true,
      options: {},
    };
    const lane = await EncodeLane.open({
      wish: { encoder: 'software', fallback: true, codec, pixelFormat: null, controls },
      input: {
        size: SIZE,
        format: 'yuv420p',
        original: undefined,
        color: DRAWN,
        timeBase: { num: 1, den: 25 },
        frameRate: { num: 25, den: 1 },
        pixelAspect: { num: 1, den: 1 },
      },
      output,
      threads: 1,
    });
    const layout = planLayout('yuv420p', SIZE.width, SIZE.height, false);
    const picture = pictureOver(Buffer.alloc(layout.byteLength, 128), layout);
    try {
      lane.announce(undefined);
      output.begin();
      for (let i = 0n; i < PICTURES; i++) lane.send(picture, i, 1n);
      lane.finish();
      output.finish();
    } finally {
      lane.close();
      picture.close();
    }
  } finally {
    output.close();
  }
  return Buffer.concat(chunks);
}
