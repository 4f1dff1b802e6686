// What the demo draws on each frame on its way from the decoder to the encoder: a box that blurs, and a trace of light.

const LINE = [255, 214, 90];

/** Makes the transform: it measures each frame, draws the curve of what it measured, and coarsens a box that travels. */
export function markFrames(duration) {
  const curve = [];
  return (batch) => {
    for (const frame of batch) {
      const plane = frame.planes[0];
      const picture = { data: plane.data, stride: plane.stride, width: frame.width, height: frame.height };
      curve.push({ x: Math.min(1, frame.pts / duration), light: lightOf(picture) });
      coarsen(picture, frame.pts / duration);
      drawCurve(picture, curve);
    }
  };
}

/** Mean of green from 0 to 1, by every sixteenth pixel of every eighth row. */
function lightOf({ data, stride, width, height }) {
  let [sum, count] = [0, 0];
  for (let y = 0; y < height; y += 8) for (let x = 0; x < width; x += 16, count++) sum += data[y * stride + x * 3 + 1];
  return sum / count / 255;
}

/** Squares of one colour instead of pixels, as over a number plate; the box goes from left to right. */
function coarsen({ data, stride, width, height }, progress) {
  const side = Math.max(4, Math.round(height / 26));
  const [columns, rows] = [10, 8];
  const left = Math.round(progress * (width - columns * side));
  const top = Math.round(height * 0.42);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const start = (top + row * side) * stride + (left + column * side) * 3;
      const middle = start + (side >> 1) * stride + (side >> 1) * 3;
      const color = data.slice(middle, middle + 3);
      if (color.length < 3 || left < 0) continue;
      for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) data.set(color, start + y * stride + x * 3);
    }
}

/** The brightness so far, over the whole width, in the upper fifth of the picture. */
function drawCurve({ data, stride, width, height }, curve) {
  const [top, bottom] = [Math.round(height * 0.04), Math.round(height * 0.22)];
  for (let y = top; y < bottom; y++)
    for (let at = y * stride, end = at + width * 3; at < end; at++) data[at] = data[at] >> 1;
  const thick = Math.max(1, height / 270);
  for (let i = 1; i < curve.length; i++) {
    const [from, to] = [curve[i - 1], curve[i]];
    for (let x = Math.floor(from.x * (width - 1)); x <= to.x * (width - 1); x++) {
      const share = to.x === from.x ? 1 : Math.min(1, Math.max(0, (x / (width - 1) - from.x) / (to.x - from.x)));
      const y = bottom - 1 - (from.light + share * (to.light - from.light)) * (bottom - top - 1);
      for (let row = Math.max(top, Math.floor(y - thick)); row <= Math.min(bottom - 1, y + thick + 1); row++) {
        const cover = Math.min(1, Math.max(0, thick + 0.5 - Math.abs(row - y)));
        const at = row * stride + x * 3;
        for (let c = 0; c < 3; c++) data[at + c] += (LINE[c] - data[at + c]) * cover;
      }
    }
  }
}
