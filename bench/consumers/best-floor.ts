// What looking at keyframes takes at the least: each is decoded by one decoder and made small, and nothing around it.
import { borrowScaler, lastKeyframe, MediaInputHandle, Picture, pictureOver, VideoDecoder } from '#dist/av/index.js';
import { planLayout } from '#dist/pixels/index.js';
import type { BestSetup } from './best-setup.js';

const { path, times, width, height, turns } = JSON.parse(process.argv[2] ?? '{}') as BestSetup;
const breathe = (): undefined => undefined;
const layout = planLayout('yuv420p', width, height, false);
const [picture, small] = [new Picture(), pictureOver(Buffer.alloc(layout.byteLength), layout)];
const input = await MediaInputHandle.open({ kind: 'file', name: path, path, size: 0 }, {});
input.selectVideo(undefined);

/** Milliseconds. */
async function turn(): Promise<number> {
  let started = performance.now();
  const decoder = VideoDecoder.open(input, { threads: 1, rough: true });
  let spent = performance.now() - started;
  for (const time of times) {
    await lastKeyframe(input, time, breathe);
    started = performance.now();
    decoder.reset();
    decoder.send();
    decoder.drain();
    decoder.receive(picture);
    const scaler = borrowScaler({ filter: 'area', color: 'jpeg' }, picture, small);
    scaler.value.convert(picture, small);
    scaler.release();
    spent += performance.now() - started;
  }
  decoder.close();
  return spent;
}

// The first turn is not counted: code and memory are warm in the worker that it is held against, too.
await turn();
const measured: number[] = [];
for (let i = 0; i < turns; i++) measured.push(await turn());
process.stdout.write(`${JSON.stringify(measured)}\n`);
