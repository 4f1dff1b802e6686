// How long a frame takes from the arrival of its packet to JavaScript. Arguments: how, a FLV file, frames to take, size.
// The packets of the file arrive one after another as a camera would send them; `framerail` reads them as a stream,
// `pipe` and `tuned` through ffmpeg's standard input and output.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { PassThrough, type Writable } from 'node:stream';
import { Engine } from '#dist/index.js';
import { flvTags } from '../flv-tags.js';
import { touch } from './report.js';

const [how = '', file = '', countText = '0', size = ''] = process.argv.slice(2);
const count = Number(countText);
const { head, frames } = flvTags(readFileSync(file));
const arrivals: number[] = [];
const delays: number[] = [];

/** A frame came: how long ago did its packet arrive? */
function came(index: number, pixels: Uint8Array): void {
  touch(pixels);
  const arrived = arrivals[index];
  if (arrived !== undefined) delays.push(performance.now() - arrived);
}

/** Sends the packets at their own pace. */
async function send(target: Writable): Promise<void> {
  target.write(head);
  const started = performance.now();
  for (const [index, { bytes, time }] of frames.slice(0, count).entries()) {
    const wait = started + time - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    arrivals[index] = performance.now();
    if (!target.write(bytes)) await once(target, 'drain');
  }
  target.end();
}

if (how === 'framerail') {
  await using engine = new Engine({ workers: 1, preset: 'realtime' });
  await engine.warm();
  const input = new PassThrough();
  const sent = send(input);
  const stream = engine.readFrames(input, { preset: 'realtime', format: 'rgb24' });
  for await (const batch of stream) for (const { index, data } of batch) came(index, data);
  await sent;
} else {
  const [width = 0, height = 0] = size.split('x').map(Number);
  const tuned = [
    '-probesize',
    '32',
    '-analyzeduration',
    '0',
    '-fpsprobesize',
    '0',
    '-flags',
    'low_delay',
    '-threads',
    '1',
  ];
  const flags = how === 'tuned' ? tuned : [];
  const args = [...flags, '-i', '-', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-vsync', 'passthrough', '-'];
  const child = spawn('ffmpeg', ['-v', 'error', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const sent = send(child.stdin);
  const frame = Buffer.allocUnsafe(width * height * 3);
  let [filled, index] = [0, 0];
  for await (const chunk of child.stdout as AsyncIterable<Buffer>)
    for (let read = 0; read < chunk.byteLength;) {
      const copied = chunk.copy(frame, filled, read);
      read += copied;
      filled += copied;
      if (filled < frame.byteLength) continue;
      came(index++, frame);
      filled = 0;
    }
  await sent;
}
process.stdout.write(`${JSON.stringify({ delays })}\n`);
