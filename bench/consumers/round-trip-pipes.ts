// The round trip as it is done without framerail: one ffmpeg writes raw frames into a pipe, JavaScript changes them, and
// a second ffmpeg reads them from another pipe. Arguments: the file, the output, the size and the rate of the frames.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Meter, stamp } from './report.js';
import { X264_ARGS } from './round-trip-setup.js';

const [file = '', output = '', size = '', rate = ''] = process.argv.slice(2);
const [width = 0, height = 0] = size.split('x').map(Number);
const RAW = ['-f', 'rawvideo', '-pix_fmt', 'rgb24'];

const meter = new Meter();
const decoder = spawn('ffmpeg', ['-v', 'error', '-i', file, ...RAW, '-'], { stdio: ['ignore', 'pipe', 'inherit'] });
const encoder = spawn(
  'ffmpeg',
  ['-v', 'error', '-y', ...RAW, '-s', size, '-r', rate, '-i', '-', ...X264_ARGS, '-pix_fmt', 'yuv420p', output],
  { stdio: ['pipe', 'inherit', 'inherit'] },
);
const ended = once(encoder, 'close');

let frame = Buffer.allocUnsafe(width * height * 3);
let filled = 0;
for await (const chunk of decoder.stdout as AsyncIterable<Buffer>) {
  for (let read = 0; read < chunk.byteLength;) {
    const copied = chunk.copy(frame, filled, read);
    read += copied;
    filled += copied;
    if (filled < frame.byteLength) continue;
    meter.take(frame);
    stamp(frame);
    // The stream holds on to what it was given until it is written: the next frame needs memory of its own.
    if (!encoder.stdin.write(frame)) await once(encoder.stdin, 'drain');
    frame = Buffer.allocUnsafe(frame.byteLength);
    filled = 0;
  }
}
encoder.stdin.end();
const [code] = (await ended) as [number | null];
if (code !== 0 || filled !== 0) throw new Error(`ffmpeg ended with ${String(code)}`);
meter.report();
