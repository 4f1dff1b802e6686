// Reads every frame of a file through a pipe from ffmpeg, with care: one frame buffer, every chunk copied into it once.
// Arguments: the file and the bytes of a frame.
import { spawn } from 'node:child_process';
import { Meter } from './report.js';

const [file = '', bytes = '0'] = process.argv.slice(2);
const frame = Buffer.allocUnsafe(Number(bytes));
let filled = 0;

const meter = new Meter();
const ffmpeg = spawn('ffmpeg', ['-v', 'error', '-i', file, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
ffmpeg.stdout.on('data', (chunk: Buffer) => {
  for (let read = 0; read < chunk.byteLength;) {
    const copied = chunk.copy(frame, filled, read);
    read += copied;
    filled += copied;
    if (filled < frame.byteLength) return;
    meter.take(frame);
    filled = 0;
  }
});
ffmpeg.on('close', (code) => {
  if (code === 0 && filled === 0) {
    meter.report();
    return;
  }
  process.stderr.write(`ffmpeg ended with ${String(code)} and ${String(filled)} bytes of an unfinished frame\n`);
  process.exitCode = 1;
});
