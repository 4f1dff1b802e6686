// Frames with fluent-ffmpeg: it builds the command, the caller takes its stream apart.
// Arguments: `read` or `write`, the file, the output, bytes of a frame, and for writing the size and the rate.
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import ffmpeg from 'fluent-ffmpeg';
import { Meter, stamp } from './report.js';
import { X264_ARGS } from './round-trip-setup.js';

const [task, file = '', output = '', bytes = '0', size = '', rate = ''] = process.argv.slice(2);

const meter = new Meter();
const raw = new PassThrough();
const read = new Promise<void>((resolve, reject) => {
  ffmpeg(file)
    .outputOptions(['-f rawvideo', '-pix_fmt rgb24'])
    .on('end', () => {
      resolve();
    })
    .on('error', reject)
    .pipe(raw, { end: true });
});
const target = new PassThrough();
const written =
  task === 'write'
    ? new Promise<void>((resolve, reject) => {
        ffmpeg(target)
          .inputOptions(['-f rawvideo', '-pix_fmt rgb24', `-s ${size}`, `-r ${rate}`])
          .outputOptions([...X264_ARGS, '-pix_fmt', 'yuv420p'])
          .on('end', () => {
            resolve();
          })
          .on('error', reject)
          .save(output);
      })
    : undefined;

let frame = Buffer.allocUnsafe(Number(bytes));
let filled = 0;
for await (const chunk of raw as AsyncIterable<Buffer>)
  for (let read = 0; read < chunk.byteLength;) {
    const copied = chunk.copy(frame, filled, read);
    read += copied;
    filled += copied;
    if (filled < frame.byteLength) continue;
    meter.take(frame);
    filled = 0;
    if (written === undefined) continue;
    stamp(frame);
    if (!target.write(frame)) await once(target, 'drain');
    frame = Buffer.allocUnsafe(frame.byteLength);
  }
target.end();
await Promise.all([read, written]);
meter.report();
