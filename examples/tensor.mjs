// Feeds a model: 224 x 224 frames of the whole video as tensors of [8, 3, 224, 224], normalised to Float32.
//   node examples/tensor.mjs in.mp4 [step in seconds]
// The model here is a stand-in that computes how colourful and how warm each frame is; put a session of yours there.
import { isFramerailError, open } from 'framerail';

const [input, step = '0.5'] = process.argv.slice(2);
if (input === undefined) throw new Error('usage: node examples/tensor.mjs in.mp4 [step in seconds]');
const [BATCH, SIDE] = [8, 224];
/** What networks that were trained on ImageNet expect. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

async function main() {
  const video = await open(input);
  const { duration = 0 } = video.info.video.duration === undefined ? video.info : video.info.video;
  const times = Array.from({ length: Math.max(1, Math.ceil(duration / Number(step))) }, (_, i) => i * Number(step));
  const floats = new Float32Array(BATCH * 3 * SIDE * SIDE);
  // The next tensor is decoded in a worker while the model looks at this one.
  let coming = tensorAt(video, times, 0);
  for (let from = 0; from < times.length; from += BATCH) {
    const tensor = await coming;
    coming = tensorAt(video, times, from + BATCH);
    const shape = tensor.shape;
    normalise(tensor.data, floats);
    const frames = [...tensor.frames];
    tensor.release(); // its memory is free for the one after the next
    const results = await model(floats, shape);
    if (from === 0) console.log('shape', shape, 'as Float32');
    for (const [place, { colourful, warmth }] of results.entries())
      console.log(
        `${frames[place].pts.toFixed(2).padStart(8)} s  colourful ${colourful.toFixed(1)}  warmth ${warmth.toFixed(1)}`,
      );
  }
}

function tensorAt(video, times, from) {
  const part = times.slice(from, from + BATCH);
  return part.length === 0 ? undefined : video.framesAt(part, { size: [SIDE, SIDE], layout: 'nchw' });
}

/** Bytes into what the network was trained with; every channel lies in one piece. */
function normalise(bytes, floats) {
  const plane = SIDE * SIDE;
  for (let start = 0; start < bytes.length; start += plane) {
    const channel = (start / plane) % 3;
    const scale = 1 / (255 * DEVIATION[channel]);
    const shift = MEAN[channel] / DEVIATION[channel];
    for (let i = start; i < start + plane; i++) floats[i] = bytes[i] * scale - shift;
  }
}

/** Colourfulness after Hasler and Süsstrunk, and how much more red there is than blue, from 0 to 255. */
async function model(floats, [count]) {
  const plane = SIDE * SIDE;
  return Array.from({ length: count }, (_, place) => {
    const at = (channel, i) => (floats[(place * 3 + channel) * plane + i] * DEVIATION[channel] + MEAN[channel]) * 255;
    let [rg, yb, rg2, yb2, warmth] = [0, 0, 0, 0, 0];
    for (let i = 0; i < plane; i++) {
      const [red, green, blue] = [at(0, i), at(1, i), at(2, i)];
      const [a, b] = [red - green, (red + green) / 2 - blue];
      rg += a;
      yb += b;
      rg2 += a * a;
      yb2 += b * b;
      warmth += red - blue;
    }
    const deviation = Math.sqrt(rg2 / plane - (rg / plane) ** 2 + yb2 / plane - (yb / plane) ** 2);
    return { colourful: deviation + 0.3 * Math.hypot(rg / plane, yb / plane), warmth: warmth / plane };
  });
}

await main().catch((error) => {
  console.error(isFramerailError(error) ? `${error.message} (${error.code})` : error);
  process.exitCode = 1;
});
