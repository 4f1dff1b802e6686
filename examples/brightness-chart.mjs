// Draws a moving chart of the brightness over a video: measured, drawn and encoded in one pass.
//   node examples/brightness-chart.mjs in.mp4 [out.mp4] [seconds shown]
import { isFramerailError, processVideo } from 'framerail';

const [input, output = 'chart.mp4', span = '5'] = process.argv.slice(2);
if (input === undefined) throw new Error('usage: node examples/brightness-chart.mjs in.mp4 [out.mp4] [seconds shown]');
const SPAN = Number(span);
const INK = [255, 255, 255];
const LINE = [255, 196, 64];
/** Digits and two signs, three columns by five rows, a bit for each pixel. */
const GLYPHS = { 0: 31599, 1: 11415, 2: 29671, 3: 29647, 4: 23497, 5: 31183, 6: 31215, 7: 29257, 8: 31727, 9: 31695 };
Object.assign(GLYPHS, { '%': 21157, ':': 1040 });

async function main() {
  const history = [];
  const { encoded, elapsed } = await processVideo(input, output, {
    format: 'rgb24',
    packed: true,
    quality: 70,
    transform(batch) {
      for (const frame of batch) {
        history.push({ time: frame.pts, value: brightness(frame.data) });
        while (history[0].time < frame.pts - SPAN - 1) history.shift();
        drawChart(frame, history);
      }
    },
  });
  console.log(`${output}: ${encoded} frames in ${(elapsed / 1000).toFixed(1)} s`);
}

/** Mean luma of BT.709 from 0 to 1, by every eighth pixel. */
function brightness(rgb) {
  let sum = 0;
  let count = 0;
  for (let i = 0; i + 2 < rgb.length; i += 24, count++)
    sum += 0.2126 * rgb[i] + 0.7152 * rgb[i + 1] + 0.0722 * rgb[i + 2];
  return sum / count / 255;
}

function drawChart(frame, history) {
  const { data, width, height } = frame;
  const canvas = { data, width, height };
  const unit = Math.max(1, Math.round(height / 240)); // one pixel of a small picture
  const panel = {
    x: 6 * unit,
    y: Math.round(height * 0.68),
    width: width - 12 * unit,
    height: Math.round(height * 0.29),
  };
  shade(canvas, panel, 0.45);
  const plot = { left: panel.x + 26 * unit, right: panel.x + panel.width - 12 * unit };
  plot.top = panel.y + 8 * unit;
  plot.bottom = panel.y + panel.height - 14 * unit;
  const now = history.at(-1).time;
  const toX = (time) => plot.right - ((now - time) / SPAN) * (plot.right - plot.left);
  const toY = (value) => plot.bottom - value * (plot.bottom - plot.top);

  for (const percent of [0, 50, 100]) {
    const y = toY(percent / 100);
    line(canvas, plot.left, y, plot.right, y, unit * 0.5, INK, percent === 0 ? 0.9 : 0.25);
    text(canvas, `${percent}%`, plot.left - 4 * unit, y - 2.5 * unit, unit, 'right');
  }
  line(canvas, plot.left, plot.top, plot.left, plot.bottom, unit * 0.5, INK, 0.9);
  for (let second = Math.max(0, Math.ceil(now - SPAN)); second <= now; second++) {
    const x = toX(second);
    line(canvas, x, plot.bottom, x, plot.bottom + 3 * unit, unit * 0.5, INK, 0.9);
    text(
      canvas,
      `${Math.floor(second / 60)}:${String(second % 60).padStart(2, '0')}`,
      x,
      plot.bottom + 5 * unit,
      unit,
      'middle',
    );
  }
  // What lies before the left end is cut at it, so that the line leaves the chart and does not jump.
  const points = history.map(({ time, value }) => ({ x: toX(time), y: toY(value) }));
  for (let i = 1; i < points.length; i++) {
    const to = points[i];
    let from = points[i - 1];
    if (to.x <= plot.left) continue;
    if (from.x < plot.left) {
      const share = (plot.left - from.x) / (to.x - from.x);
      from = { x: plot.left, y: from.y + share * (to.y - from.y) };
    }
    line(canvas, from.x, from.y, to.x, to.y, unit * 0.8, LINE, 1);
  }
  const { x, y } = points.at(-1);
  line(canvas, x, y, x, y, unit * 2.5, LINE, 1);
}

/** Mixes a colour into one pixel. */
function blend({ data, width, height }, x, y, color, amount) {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const at = (y * width + x) * 3;
  for (let i = 0; i < 3; i++) data[at + i] += (color[i] - data[at + i]) * amount;
}

function shade({ data, width }, box, amount) {
  for (let y = box.y; y < box.y + box.height; y++) {
    const row = (y * width + box.x) * 3;
    for (let at = row; at < row + box.width * 3; at++) data[at] *= 1 - amount;
  }
}

/** A line with round ends: how much of a pixel it covers follows from the distance of their middles. */
function line(canvas, x0, y0, x1, y1, radius, color, amount) {
  const reach = radius + 1;
  const [dx, dy] = [x1 - x0, y1 - y0];
  const square = dx * dx + dy * dy;
  for (let y = Math.floor(Math.min(y0, y1) - reach); y <= Math.max(y0, y1) + reach; y++)
    for (let x = Math.floor(Math.min(x0, x1) - reach); x <= Math.max(x0, x1) + reach; x++) {
      const along = square === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / square));
      const cover = radius + 0.5 - Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
      if (cover > 0) blend(canvas, x, y, color, Math.min(1, cover) * amount);
    }
}

function text(canvas, letters, x, y, unit, align) {
  const width = (letters.length * 4 - 1) * unit;
  const left = Math.round(align === 'right' ? x - width : x - width / 2);
  for (const [place, letter] of [...letters].entries())
    for (let bit = 0; bit < 15; bit++) {
      if (((GLYPHS[letter] >> (14 - bit)) & 1) === 0) continue;
      const [column, row] = [place * 4 + (bit % 3), Math.floor(bit / 3)];
      for (let i = 0; i < unit * unit; i++)
        blend(canvas, left + column * unit + (i % unit), Math.round(y) + row * unit + Math.floor(i / unit), INK, 0.95);
    }
}

await main().catch((error) => {
  console.error(isFramerailError(error) ? `${error.message} (${error.code})` : error);
  process.exitCode = 1;
});
