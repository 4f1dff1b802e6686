// Blurs a box of every frame, such as a face or a number plate, and writes the video anew; sound is copied.
//   node examples/blur-region.mjs in.mp4 [out.mp4] [x,y,width,height] [radius]
// The box is in pixels of the upright picture; without one it is the middle of it.
import { isFramerailError, processVideo } from 'framerail';

const [input, output = 'blurred.mp4', place, radius = '12'] = process.argv.slice(2);
if (input === undefined) throw new Error('usage: node examples/blur-region.mjs in.mp4 [out.mp4] [x,y,w,h] [radius]');

async function main() {
  const box = place === undefined ? undefined : toBox(place);
  const blur = boxBlur(Number(radius));
  const { encoded, elapsed, encoder } = await processVideo(input, output, {
    format: 'rgb24',
    quality: 70,
    // Frames are changed in place: what stands in their memory when this returns is encoded.
    transform(batch) {
      for (const frame of batch) blur(frame.planes[0], clipped(box, frame));
    },
    onProgress: ({ percent = 0, fps }) => process.stderr.write(`\r${percent.toFixed(0)} %, ${fps.toFixed(0)} fps `),
  });
  console.log(`\n${output}: ${encoded} frames in ${(elapsed / 1000).toFixed(1)} s by ${encoder.name}`);
}

function toBox(text) {
  const [x, y, width, height] = text.split(',').map(Number);
  return { x, y, width, height };
}

/** The part of a box that lies in the frame; without a box its middle. */
function clipped(box, frame) {
  const middle = { x: frame.width >> 2, y: frame.height >> 2, width: frame.width >> 1, height: frame.height >> 1 };
  const { x, y, width, height } = box ?? middle;
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  const [right, bottom] = [Math.min(frame.width, x + width), Math.min(frame.height, y + height)];
  return { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

/** Three box blurs in a row are close to a Gaussian one, and cost the same for every radius. */
function boxBlur(radius) {
  let [a, b, sums] = [new Uint8Array(0), new Uint8Array(0), new Int32Array(0)];
  return ({ data, stride }, { x, y, width, height }) => {
    const row = width * 3;
    if (a.length < row * height) [a, b] = [new Uint8Array(row * height), new Uint8Array(row * height)];
    if (sums.length < row) sums = new Int32Array(row);
    const start = (line) => (y + line) * stride + x * 3;
    for (let line = 0; line < height; line++) a.set(data.subarray(start(line), start(line) + row), line * row);
    for (let pass = 0; pass < 3; pass++) {
      blurRows(a, b, width, height, radius);
      blurColumns(b, a, sums, row, height, radius);
    }
    for (let line = 0; line < height; line++) data.set(a.subarray(line * row, (line + 1) * row), start(line));
  };
}

/** Each sample becomes the mean of its row's neighbours; a running sum makes that two additions. */
function blurRows(from, to, width, height, radius) {
  const scale = 1 / (2 * radius + 1);
  const last = (width - 1) * 3;
  for (let line = 0; line < height; line++)
    for (let channel = 0; channel < 3; channel++) {
      const base = line * width * 3 + channel;
      let sum = from[base] * (radius + 1);
      for (let i = 1; i <= radius; i++) sum += from[base + Math.min(i * 3, last)];
      for (let at = 0; at <= last; at += 3) {
        to[base + at] = sum * scale + 0.5;
        sum += from[base + Math.min(at + radius * 3 + 3, last)] - from[base + Math.max(at - radius * 3, 0)];
      }
    }
}

/** The same for columns, all of them at once: memory is read row by row, as it lies. */
function blurColumns(from, to, sums, row, height, radius) {
  const scale = 1 / (2 * radius + 1);
  const line = (y) => Math.min(Math.max(y, 0), height - 1) * row;
  for (let i = 0; i < row; i++) sums[i] = from[i] * (radius + 1);
  for (let y = 1; y <= radius; y++) for (let i = 0, at = line(y); i < row; i++) sums[i] += from[at + i];
  for (let y = 0; y < height; y++) {
    const [here, enters, leaves] = [y * row, line(y + radius + 1), line(y - radius)];
    for (let i = 0; i < row; i++) {
      to[here + i] = sums[i] * scale + 0.5;
      sums[i] += from[enters + i] - from[leaves + i];
    }
  }
}

await main().catch((error) => {
  console.error(isFramerailError(error) ? `${error.message} (${error.code})` : error);
  process.exitCode = 1;
});
