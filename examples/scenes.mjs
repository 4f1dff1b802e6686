// Finds scene changes: looks at one frame a second, then at every frame around each change, to name the very one.
//   node examples/scenes.mjs in.mp4 [folder]
// Prints the times and writes scenes.json and a contact sheet, scenes.png, with the first frame of each scene.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVideo, isFramerailError, open } from 'framerail';

const [input, folder = 'scenes'] = process.argv.slice(2);
if (input === undefined) throw new Error('usage: node examples/scenes.mjs in.mp4 [folder]');
/** Histograms differ by 0 (the same colours) to 1 (no colour in common); camera moves stay below this. */
const THRESHOLD = 0.3;
const SMALL = { size: [160, 90], format: 'rgb24', packed: true };

async function main() {
  const video = await open(input);
  const scenes = [{ start: 0, kind: 'first' }];
  let before;
  for await (const batch of video.frames({ ...SMALL, every: '1s' }))
    for (const frame of batch) {
      const now = { time: frame.index, histogram: histogramOf(frame.data) };
      if (before !== undefined && differenceOf(before.histogram, now.histogram) > THRESHOLD)
        scenes.push(await cutBetween(video, before.time, now.time));
      before = now;
    }
  for (const { start, kind } of scenes) console.log(`${start.toFixed(3).padStart(9)} s  ${kind}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'scenes.json'), `${JSON.stringify(scenes, null, 2)}\n`);
  await writeSheet(video, scenes, join(folder, 'scenes.png'));
  console.log(`${scenes.length} scenes in ${folder}`);
}

/** The frame that differs most from the one before it; a dissolve has none, and its end counts. */
async function cutBetween(video, from, to) {
  let before;
  let [start, most] = [to, 0];
  for await (const batch of video.frames({ ...SMALL, from: Math.max(0, from - 0.1), to: to + 0.1 }))
    for (const frame of batch) {
      const histogram = histogramOf(frame.data);
      const difference = before === undefined ? 0 : differenceOf(before, histogram);
      if (difference > most) [start, most] = [frame.pts, difference];
      before = histogram;
    }
  return most > THRESHOLD ? { start, kind: 'cut' } : { start: to, kind: 'dissolve' };
}

/** How often each of 8 x 8 x 8 colours occurs, as shares of all pixels. */
function histogramOf(rgb) {
  const bins = new Float32Array(512);
  for (let i = 0; i < rgb.length; i += 3) bins[((rgb[i] >> 5) << 6) | ((rgb[i + 1] >> 5) << 3) | (rgb[i + 2] >> 5)]++;
  return bins.map((count) => (count * 3) / rgb.length);
}

function differenceOf(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / 2;
}

/** The first frame of each scene, four in a row. A PNG is a video of one frame. */
async function writeSheet(video, scenes, path) {
  const { display } = video.info.video;
  const [tileHeight, gap] = [180, 8];
  const tileWidth = Math.round((tileHeight * display.width) / display.height);
  const columns = Math.min(4, scenes.length);
  const times = scenes.map(({ start }) => start);
  const tiles = await video.framesAt(times, { size: [tileWidth, tileHeight], format: 'rgb24' });
  const width = columns * (tileWidth + gap) + gap;
  const height = Math.ceil(scenes.length / columns) * (tileHeight + gap) + gap;
  const sheet = await createVideo(path, { size: [width, height], format: 'rgb24' });
  const frame = await sheet.frame();
  frame.data.fill(24); // what an empty frame holds is undefined
  const row = tileWidth * 3;
  for (const place of scenes.keys())
    for (let y = 0; y < tileHeight; y++) {
      const top = Math.floor(place / columns) * (tileHeight + gap) + gap + y;
      const left = (place % columns) * (tileWidth + gap) + gap;
      const from = (place * tileHeight + y) * row;
      frame.data.set(tiles.data.subarray(from, from + row), (top * width + left) * 3);
    }
  tiles.release();
  await sheet.write(frame);
  await sheet.finish();
}

await main().catch((error) => {
  console.error(isFramerailError(error) ? `${error.message} (${error.code})` : error);
  process.exitCode = 1;
});
