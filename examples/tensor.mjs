// Frames for a model: eight times of a video as one [8, 3, 224, 224] tensor: node examples/tensor.mjs video.mp4
import { open } from 'framerail';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: node examples/tensor.mjs <video>');
const video = await open(path);
const { duration = 8 } = video.info;
const times = Array.from({ length: 8 }, (_, i) => ((i + 0.5) / 8) * duration);
const tensor = await video.framesAt(times, { size: [224, 224], layout: 'nchw' });

console.log('shape', tensor.shape, 'of', tensor.data.byteLength, 'bytes');
console.log('times', tensor.frames.map((frame) => frame.pts.toFixed(2)).join(', '));
const channel = 224 * 224;
for (const [i, name] of ['red', 'green', 'blue'].entries()) {
  let sum = 0;
  for (let n = 0; n < 8; n++)
    for (let at = (3 * n + i) * channel; at < (3 * n + i + 1) * channel; at++) sum += tensor.data[at];
  console.log('mean', name, (sum / (8 * channel)).toFixed(1));
}
tensor.release();
