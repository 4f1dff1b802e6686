// How good a JPEG is, in the words of mjpeg.

/**
 * Quality 1 to 100 as mjpeg's quantiser scale, a whole number from 31 to 1: near qualities may give the same file.
 * libjpeg's curve is kept: the scale factor of its tables is 5000/q below 50 and 200-2q above (jpeg_quality_scaling).
 */
export function jpegQuantiser(quality: number): number {
  const percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return Math.min(31, Math.max(1, Math.round(percent / 12.5)));
}
