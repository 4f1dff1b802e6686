// Which colours a picture has, in a space where equal distances look equally different.

/** Bins along each axis of Oklab. */
const BINS = 4;
/** How many figures there are. */
export const COLOR_LENGTH = BINS ** 3;
/** The axes a and b of Oklab reach this far for colours of sRGB, to both sides of grey. */
const CHROMA = 0.32;

/** From the levels of sRGB to light (IEC 61966-2-1). */
const LINEAR = Float64Array.from({ length: 256 }, (_, level) => {
  const value = level / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

/** The shares of colours; pixels between two bins count for both. The planes are those of JFIF, without gaps. */
export function colorHistogram(luma: Uint8Array, cb: Uint8Array, cr: Uint8Array, step: number): Float64Array {
  const histogram = new Float64Array(COLOR_LENGTH);
  for (let at = 0; at < luma.length; at += step) {
    const [lightness, a, b] = oklab(luma[at] ?? 0, (cb[at] ?? 0) - 128, (cr[at] ?? 0) - 128);
    add(histogram, lightness, (a + CHROMA) / (2 * CHROMA), (b + CHROMA) / (2 * CHROMA));
  }
  // Roots: the product of two such lists is the coefficient of Bhattacharyya, so that large plain areas do not decide all.
  return histogram.map(Math.sqrt);
}

/** Oklab (B. Ottosson, "A perceptual color space for image processing", 2020) of a sample of JFIF (ITU-T T.871). */
function oklab(y: number, blue: number, red: number): readonly [lightness: number, a: number, b: number] {
  const r = LINEAR[level(y + 1.402 * red)] ?? 0;
  const g = LINEAR[level(y - 0.344136 * blue - 0.714136 * red)] ?? 0;
  const b = LINEAR[level(y + 1.772 * blue)] ?? 0;
  const long = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const medium = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const short = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short,
    1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short,
  ];
}

function level(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

/** Shares one pixel out over the eight bins around it. Places are 0 to 1. */
function add(histogram: Float64Array, lightness: number, a: number, b: number): void {
  const places = [lightness, a, b].map((place) => Math.min(BINS - 1, Math.max(0, place * BINS - 0.5)));
  const [x = 0, y = 0, z = 0] = places;
  for (let corner = 0; corner < 8; corner++) {
    const [i, p] = side(x, corner & 1);
    const [j, q] = side(y, (corner >> 1) & 1);
    const [k, r] = side(z, corner >> 2);
    const bin = (i * BINS + j) * BINS + k;
    histogram[bin] = (histogram[bin] ?? 0) + p * q * r;
  }
}

/** The bin below or above a place, and how much of it that gets. */
function side(place: number, above: number): readonly [bin: number, share: number] {
  const below = Math.floor(place);
  return above === 1 ? [Math.min(BINS - 1, below + 1), place - below] : [below, 1 - (place - below)];
}
