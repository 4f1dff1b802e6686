// Makes a video from frames that are drawn in JavaScript: a flower of dots that winds up and unwinds.
//   node examples/draw-video.mjs [out.mp4] [seconds] [height]
import { createVideo, isFramerailError } from 'framerail';

const [output = 'flower.mp4', seconds = '6', rows = '720'] = process.argv.slice(2);
const HEIGHT = Number(rows);
const WIDTH = Math.round((HEIGHT * 16) / 9 / 2) * 2;
const RATE = 30;
const DOTS = 480;
const GOLDEN = Math.PI * (3 - Math.sqrt(5));

async function main() {
  const started = performance.now();
  const video = await createVideo(output, { size: [WIDTH, HEIGHT], frameRate: RATE, format: 'rgba', quality: 60 });
  const background = paintBackground();
  const count = Math.round(Number(seconds) * RATE);
  for (let i = 0; i < count; i++) {
    // The frame lies in the encoder's own memory; it may be drawn on until it is written.
    const frame = await video.frame();
    draw(frame.data, background, i / count);
    await video.write(frame);
  }
  const { encoded, duration, bytes } = await video.finish();
  const fps = (encoded * 1000) / (performance.now() - started);
  console.log(`${output}: ${encoded} frames, ${duration.toFixed(2)} s, ${bytes} bytes, drawn at ${fps.toFixed(0)} fps`);
}

/** One turn of the animation; its last frame leads into its first. */
function draw(pixels, background, progress) {
  pixels.set(background);
  const turn = progress * 2 * Math.PI;
  // A little off the golden angle the spiral arms wind up, and unwind again.
  const angle = GOLDEN + 0.0035 * Math.sin(turn);
  const spread = (HEIGHT * 0.46) / Math.sqrt(DOTS);
  for (let i = DOTS; i > 0; i--) {
    const distance = Math.sqrt(i) * spread;
    const direction = i * angle + 0.4 * Math.sin(turn);
    const wave = 0.5 + 0.5 * Math.sin(turn * 2 - i / 36);
    const radius = (HEIGHT / 720) * (3 + 7 * Math.sqrt(i / DOTS)) * (0.65 + 0.35 * wave);
    const color = colorOf((i / DOTS) * 0.55 + progress, 0.45 + 0.25 * wave);
    dot(pixels, WIDTH / 2 + distance * Math.cos(direction), HEIGHT / 2 + distance * Math.sin(direction), radius, color);
  }
}

/** A disc with a soft edge: a pixel on the rim gets as much colour as the disc covers of it. */
function dot(pixels, x, y, radius, color) {
  const reach = radius + 1;
  for (let row = Math.max(0, Math.floor(y - reach)); row <= Math.min(HEIGHT - 1, y + reach); row++)
    for (let column = Math.max(0, Math.floor(x - reach)); column <= Math.min(WIDTH - 1, x + reach); column++) {
      const [dx, dy] = [column - x, row - y];
      const cover = Math.min(1, radius + 0.5 - Math.hypot(dx, dy));
      if (cover <= 0) continue;
      // Light falls from the upper left.
      const light = 1 - 0.3 * ((dx + dy) / (2 * radius));
      const at = (row * WIDTH + column) * 4;
      for (let i = 0; i < 3; i++) pixels[at + i] += (Math.min(255, color[i] * light) - pixels[at + i]) * cover;
    }
}

/** Red, green and blue of a hue (whole turns) and a lightness from 0 to 1. */
function colorOf(hue, lightness) {
  return [0, 8, 4].map((offset) => {
    const k = (offset + hue * 12) % 12;
    return 255 * (lightness - 0.85 * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  });
}

/** Dark blue that is lighter in the middle. */
function paintBackground() {
  const pixels = new Uint8Array(WIDTH * HEIGHT * 4);
  for (let y = 0, at = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++, at += 4) {
      const light = Math.max(0, 1 - Math.hypot(x - WIDTH / 2, y - HEIGHT / 2) / (WIDTH * 0.6));
      // A little noise keeps the encoder from drawing rings.
      const noise = Math.random() - 0.5;
      pixels.set([10 + 22 * light + noise, 12 + 28 * light + noise, 28 + 52 * light + noise, 255], at);
    }
  return pixels;
}

await main().catch((error) => {
  console.error(isFramerailError(error) ? `${error.message} (${error.code})` : error);
  process.exitCode = 1;
});
