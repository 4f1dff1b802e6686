// What libav itself needs for covers: for each file one keyframe decoded, scaled and written as JPEG, and nothing around it.
import {
  borrowScaler,
  encodeImage,
  lastKeyframe,
  MediaInputHandle,
  Picture,
  pictureOver,
  VideoDecoder,
} from '#dist/av/index.js';
import { planLayout } from '#dist/pixels/index.js';
import type { CoverSetup } from './cover-setup.js';

const { files, time, width, height, quality } = JSON.parse(process.argv[2] ?? '{}') as CoverSetup;
const breathe = (): undefined => undefined;
let spent = 0;

for (const path of files) {
  const input = await MediaInputHandle.open({ kind: 'file', name: path, path, size: 0 }, {});
  input.selectVideo(undefined);
  await lastKeyframe(input, time, breathe);
  const layout = planLayout('yuv420p', width, height, false);
  const [picture, small] = [new Picture(), pictureOver(Buffer.alloc(layout.byteLength), layout)];
  const started = performance.now();
  const decoder = VideoDecoder.open(input, { threads: 1, rough: true });
  decoder.send();
  decoder.drain();
  decoder.receive(picture);
  const scaler = borrowScaler({ filter: 'area', color: 'jpeg' }, picture, small);
  scaler.value.convert(picture, small);
  scaler.release();
  encodeImage(small, { type: 'jpeg', quality });
  decoder.close();
  spent += performance.now() - started;
  picture.close();
  small.close();
  input.close();
}

process.stdout.write(`${JSON.stringify({ ms: spent / files.length })}\n`);
