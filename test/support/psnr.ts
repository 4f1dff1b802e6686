// How alike two pictures are.

/** Peak signal-to-noise ratio of 8-bit samples in dB; infinite when they are equal. */
export function psnr(a: Uint8Array, b: Uint8Array): number {
  if (a.byteLength !== b.byteLength)
    throw new Error(`Pictures of ${String(a.byteLength)} and ${String(b.byteLength)} bytes cannot be compared.`);
  let sum = 0;
  for (let i = 0; i < a.byteLength; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((255 ** 2 * a.byteLength) / sum);
}

/** The last columns of every row of a tightly packed picture. */
export function lastColumns(pixels: Uint8Array, rowBytes: number, bytes: number): Uint8Array {
  const rows = pixels.byteLength / rowBytes;
  const cut = new Uint8Array(rows * bytes);
  for (let row = 0; row < rows; row++)
    cut.set(pixels.subarray((row + 1) * rowBytes - bytes, (row + 1) * rowBytes), row * bytes);
  return cut;
}

/** The average of each channel in a rectangle of an rgb24 picture. */
export function meanColor(
  pixels: Uint8Array,
  width: number,
  rect: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  for (let y = rect.y; y < rect.y + rect.height; y++)
    for (let x = rect.x; x < rect.x + rect.width; x++)
      for (const channel of [0, 1, 2] as const) sums[channel] += pixels[(y * width + x) * 3 + channel]!;
  return sums.map((sum) => sum / (rect.width * rect.height)) as [number, number, number];
}
