// Mean brightness of a video, one frame a second: node examples/brightness.mjs video.mp4
import { open } from 'framerail';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: node examples/brightness.mjs <video>');
const video = await open(path);
for await (const batch of video.frames({ every: '1s', size: [160, 90], format: 'gray8', packed: true })) {
  for (const frame of batch) {
    let sum = 0;
    for (const sample of frame.data) sum += sample;
    const percent = sum / frame.data.byteLength / 2.55;
    console.log(
      `${frame.pts.toFixed(2).padStart(8)} s  ${'#'.repeat(Math.round(percent / 2))} ${percent.toFixed(1)} %`,
    );
  }
}
