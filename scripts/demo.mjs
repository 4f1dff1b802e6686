// npm run demo [-- my.mp4]: the main job on a real file, with times, and pictures in out/ to look at.
import { execFile } from 'node:child_process';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { blankPicture, encodeImage, pictureOver, Scaler } from '../dist/av/index.js';
import { createCovers, isFramerailError, open, probe, processVideo } from '../dist/index.js';
import { planLayout } from '../dist/pixels/index.js';
import { markFrames } from './demo/marks.mjs';
import { writeSample } from './demo/sample.mjs';

/** Where the pictures go; the tests of this demo put them elsewhere. */
const OUT = process.env.DEMO_OUT ?? join(import.meta.dirname, '../out');
const TILE_HEIGHT = 216;
const COLUMNS = 4;
const TILES = 12;
const COVERS = [
  { name: 'cover-320x180.jpg', size: [320, 180] },
  { name: 'cover-portrait-1080x1920.jpg', size: [1080, 1920] },
  { name: 'cover-square-contain.jpg', size: [720, 720], fit: 'contain', background: [24, 24, 32] },
];
/** Seconds of the video that go through JavaScript and back. */
const CHANGED = 8;
const MADE = ['contact-sheet.jpg', 'by-ffmpeg.jpg', 'changed.mp4', ...COVERS.map(({ name }) => name)];

try {
  await mkdir(OUT, { recursive: true });
  const input = process.argv[2] ?? sample();
  await report(input);
  // Only what this demo makes, and only once the input is known to be good: it may lie in the same folder.
  for (const name of MADE) await rm(join(OUT, name), { force: true });
  await readEverything(input);
  await changeEverything(input);
  await contactSheet(input);
  await makeCovers(input);
  say(`\nLook at the pictures and at changed.mp4 in ${OUT}`);
} catch (error) {
  // A wrong file of the user is one sentence; anything else is a defect and shows its stack.
  process.stderr.write(`${isFramerailError(error) ? `demo: ${error.message} (${error.code})` : error.stack}\n`);
  process.exitCode = 1;
}

function sample() {
  const path = join(OUT, 'sample.mp4');
  const started = performance.now();
  const count = writeSample(path);
  say(`sample     ${count} frames drawn in JavaScript and encoded to ${path} in ${since(started)}`);
  return path;
}

async function report(input) {
  const { video, duration, container, scan, problems } = await probe(input);
  const shown = `${video.display.width}x${video.display.height}`;
  say(
    `input      ${input}: ${container}, ${video.codec}, shown as ${shown}, ${duration?.toFixed(2) ?? '?'} s, ${scan.keyframes.length} keyframes`,
  );
  for (const problem of problems) say(`           ${problem}`);
}

async function readEverything(input) {
  const video = await open(input);
  const started = performance.now();
  let frames = 0;
  let bytes = 0;
  let light = 0;
  for await (const batch of video.frames({ format: 'rgb24' })) {
    for (const { data } of batch) {
      frames += 1;
      bytes += data.byteLength;
      for (let i = 1; i < data.byteLength; i += 4096) light += data[i];
    }
  }
  const seconds = (performance.now() - started) / 1000;
  const mean = (light / (bytes / 4096) / 2.55).toFixed(0);
  say(
    `frames     all ${frames} as rgb24 in JavaScript in ${since(started)}: ${(frames / seconds).toFixed(0)} frames/s, ${(bytes / seconds / 2 ** 30).toFixed(2)} GiB/s (mean brightness ${mean} %)`,
  );
}

/** Out of the decoder, through JavaScript, into the encoder: the pixels stay where they are. */
async function changeEverything(input) {
  const { info } = await open(input);
  const duration = Math.min(CHANGED, info.video.duration ?? info.duration ?? CHANGED);
  const path = join(OUT, 'changed.mp4');
  const { encoded, elapsed, bytes, encoder, streams } = await processVideo(input, path, {
    to: duration,
    // Wide enough to look at, small enough to be quick.
    filters: "scale='min(iw,1280)':-2",
    format: 'rgb24',
    transform: markFrames(duration),
    encoderOptions: { preset: 'veryfast' },
    encoder: 'libx264',
  });
  const copied = streams.filter(({ action }) => action === 'copy').map(({ kind }) => kind);
  const beside = copied.length === 0 ? '' : `, ${copied.join(' and ')} copied`;
  say(
    `changed    ${encoded} frames out to JavaScript, drawn on, and back into ${encoder.name}${beside}: changed.mp4, ${(bytes / 2 ** 20).toFixed(1)} MiB, ${(encoded / (elapsed / 1000)).toFixed(0)} frames/s`,
  );
}

async function contactSheet(input) {
  const started = performance.now();
  const video = await open(input);
  const step = (video.info.video.duration ?? video.info.duration ?? 8) / TILES;
  const { display } = video.info.video;
  const size = [Math.round((TILE_HEIGHT * display.width) / display.height), TILE_HEIGHT];
  const tiles = [];
  for await (const batch of video.frames({ every: step, count: TILES, size, packed: true }))
    // The view is only good until the next batch, so the sheet takes a copy.
    for (const frame of batch) tiles.push(Buffer.from(frame.data));
  const [width, height] = size;
  const rows = Math.ceil(tiles.length / COLUMNS);
  const layout = planLayout('rgb24', width * COLUMNS, height * rows, true);
  const sheet = Buffer.alloc(layout.byteLength);
  for (const [place, tile] of tiles.entries())
    for (let y = 0; y < height; y++) {
      const row = Math.floor(place / COLUMNS) * height + y;
      tile.copy(sheet, (row * COLUMNS + (place % COLUMNS)) * width * 3, y * width * 3, (y + 1) * width * 3);
    }
  const picture = pictureOver(sheet, layout);
  const scaler = new Scaler('bicubic', 'jpeg');
  const jpeg = blankPicture('yuv420p', picture);
  scaler.convert(picture, jpeg);
  await writeFile(join(OUT, 'contact-sheet.jpg'), encodeImage(jpeg, { type: 'jpeg', quality: 85 }));
  for (const done of [picture, jpeg, scaler]) done.close();
  say(`sheet      ${tiles.length} frames, one every ${step.toFixed(2)} s, on contact-sheet.jpg in ${since(started)}`);
}

async function makeCovers(input) {
  const covers = createCovers();
  await covers.warm();
  const { pts } = await covers.make(input, { size: [320, 180] });
  for (const { name, ...options } of COVERS) {
    const started = performance.now();
    const { data, width, height, pts } = await covers.make(input, options);
    const took = since(started);
    await writeFile(join(OUT, name), data);
    say(
      `cover      ${name}: ${width}x${height}, frame at ${pts.toFixed(2)} s, ${(data.byteLength / 1024).toFixed(0)} KiB, ${took}`,
    );
  }
  await covers.close();
  await compare(input, pts);
}

/** The same picture by the ffmpeg command, where there is one. */
async function compare(input, seconds) {
  const out = join(OUT, 'by-ffmpeg.jpg');
  const fit = 'scale=320:180:force_original_aspect_ratio=increase,crop=320:180';
  const args = ['-v', 'error', '-y', '-ss', String(seconds), '-i', input, '-frames:v', '1', '-vf', fit, out];
  const started = performance.now();
  try {
    await promisify(execFile)('ffmpeg', args, { timeout: 60_000 });
    const took = since(started);
    await access(out);
    say(`           the ffmpeg command takes ${took} for the same 320x180 one`);
  } catch {
    // There is no ffmpeg command here, or it found no frame: nothing to compare with.
  }
}

function since(started) {
  return `${(performance.now() - started).toFixed(0)} ms`;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
