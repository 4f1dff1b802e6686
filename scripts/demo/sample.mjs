// Draws the demo's own video: four scenes with things that move, so that frames and covers have something to show.
import { VideoWriter } from '../../dist/av/index.js';

const WIDTH = 1920;
const HEIGHT = 1080;
const RATE = 25;
const SECONDS = 8;
/** Sky above, ground below, and the colour of the ball, as red, green and blue. */
const SCENES = [
  { sky: [92, 170, 230], ground: [70, 140, 60], ball: [250, 210, 60] },
  { sky: [30, 28, 64], ground: [24, 60, 70], ball: [235, 235, 245] },
  { sky: [250, 150, 90], ground: [120, 60, 50], ball: [255, 80, 60] },
  { sky: [210, 225, 235], ground: [235, 240, 245], ball: [60, 110, 180] },
];

/** Writes the sample video and gives the number of its frames. */
export function writeSample(path) {
  const writer = new VideoWriter({ path, width: WIDTH, height: HEIGHT, frameRate: RATE, gop: RATE });
  const count = RATE * SECONDS;
  for (let i = 0; i < count; i++) {
    draw(writer.pixels, i / count, i / RATE);
    writer.write();
  }
  writer.finish();
  return count;
}

/** One picture; `progress` runs from 0 to 1 over the video. */
function draw(pixels, progress, seconds) {
  const { sky, ground, ball } = SCENES[Math.floor(progress * SCENES.length)];
  const horizon = Math.round(HEIGHT * 0.68);
  for (let y = 0; y < HEIGHT; y++) {
    const depth = y < horizon ? y / horizon : (y - horizon) / (HEIGHT - horizon);
    const base = y < horizon ? sky : ground;
    const row = Buffer.from(
      base.map((part) => Math.min(255, Math.round(part * (y < horizon ? 0.75 + 0.35 * depth : 0.7 + 0.3 * depth)))),
    );
    pixels.fill(row, y * WIDTH * 3, (y + 1) * WIDTH * 3);
  }
  hills(pixels, horizon, ground, seconds);
  const bounce = Math.abs(Math.sin(seconds * 2.4));
  disc(pixels, WIDTH * (0.12 + 0.76 * progress), horizon - 110 - 420 * bounce, 110, ball);
  bar(pixels, progress);
}

function hills(pixels, horizon, ground, seconds) {
  const color = Buffer.from(ground.map((part) => Math.round(part * 0.55)));
  for (let x = 0; x < WIDTH; x++) {
    const top = Math.round(horizon - 90 - 60 * Math.sin(x / 210 + seconds * 0.4) - 34 * Math.sin(x / 77));
    for (let y = top; y < horizon; y++) color.copy(pixels, (y * WIDTH + x) * 3);
  }
}

function disc(pixels, centerX, centerY, radius, color) {
  for (let y = Math.max(0, Math.floor(centerY - radius)); y <= Math.min(HEIGHT - 1, centerY + radius); y++) {
    const half = Math.sqrt(Math.max(0, radius ** 2 - (y - centerY) ** 2));
    const shade = 1 - 0.35 * ((y - centerY + radius) / (2 * radius));
    const paint = Buffer.from(color.map((part) => Math.round(part * shade)));
    const from = Math.max(0, Math.round(centerX - half));
    const to = Math.min(WIDTH, Math.round(centerX + half));
    pixels.fill(paint, (y * WIDTH + from) * 3, (y * WIDTH + Math.max(from, to)) * 3);
  }
}

/** How far the video is, along its lower edge. */
function bar(pixels, progress) {
  for (let y = HEIGHT - 24; y < HEIGHT; y++) {
    pixels.fill(
      Buffer.from([255, 255, 255]),
      y * WIDTH * 3,
      (y * WIDTH + Math.max(1, Math.round(WIDTH * progress))) * 3,
    );
  }
}
