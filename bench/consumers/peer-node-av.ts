// Frames with node-av's own high-level API, in this process. Arguments: `read` or `write`, the file, the output.
import './with-resolvers.js';
import { Decoder, Demuxer, Encoder, FilterAPI, Muxer } from 'node-av/api';
import type { FFEncoderCodec } from 'node-av/constants';
import { Meter, stamp } from './report.js';
import { X264 } from './round-trip-setup.js';

const [task, file = '', output = ''] = process.argv.slice(2);

const meter = new Meter();
await using input = await Demuxer.open(file);
const video = input.video();
if (video === undefined) throw new Error('There is no video.');
using decoder = await Decoder.create(video);
using toRgb = FilterAPI.create('format=rgb24');
const frames = toRgb.frames(decoder.frames(input.packets(video.index)));
if (task === 'read') {
  for await (using frame of frames) {
    const pixels = frame?.data?.[0];
    if (pixels !== undefined) meter.take(pixels);
  }
} else {
  using back = FilterAPI.create('format=yuv420p');
  using encoder = await Encoder.create('libx264' as FFEncoderCodec, {
    options: { ...X264, crf: '23' },
    bitrate: 0,
    decoder,
  });
  await using muxer = await Muxer.open(output);
  const stream = muxer.addStream(encoder);
  const changed = async function* (): AsyncGenerator<Awaited<ReturnType<typeof frames.next>>['value']> {
    for await (const frame of frames) {
      const pixels = frame?.data?.[0];
      if (pixels !== undefined) {
        meter.take(pixels);
        stamp(pixels);
      }
      yield frame;
    }
  };
  for await (using packet of encoder.packets(back.frames(changed())))
    if (packet !== null) await muxer.writePacket(packet, stream);
}
meter.report();
