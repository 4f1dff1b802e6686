// What colours a picture has: how many, how strong, and how much of it may be skin.
import type { Thumbnail } from './thumbnail.js';

/** Figures of colour. */
export interface Color {
  /**
   * Colourfulness of Hasler and Süsstrunk ("Measuring colourfulness in natural images", 2003), on RGB from 0 to 255: 0 is
   * gray, 15 slight, 33 moderate, 45 averagely, 59 quite, 82 highly, and 109 extremely colourful.
   */
  readonly colorfulness: number;
  /** Mean saturation of HSV, 0 to 1: (max - min) / max of red, green and blue; what is too dark to see counts as gray. */
  readonly saturationHsv: number;
  /** Mean saturation of HSL, 0 to 1: (max - min) / (1 - |max + min - 1|). Pale colours have far more than in HSV. */
  readonly saturationHsl: number;
  /**
   * Circular variance of hue, 0 to 1, each pixel weighing as much as it is coloured (Mardia, "Statistics of directional
   * data", 1972); hue is the direction in the plane of Cb and Cr. 0 is a single hue, or none.
   */
  readonly hueSpread: number;
  /**
   * Share of pixels in the range of skin, 0 to 1: 77 <= Cb <= 127 and 133 <= Cr <= 173 of BT.601 (Chai and Ngan, "Face
   * segmentation using skin-color map", 1999). Wood, sand and brick lie in it too.
   */
  readonly skin: number;
}

const GRAY = 128;
/** Luma up to which colour cannot be seen: what FFmpeg's blackdetect calls black. */
const DARK = 25;
/** Codecs leave gray so many levels of chroma off. */
const ROUNDING = 2;
/** Chroma of full range spans 255 levels where that of BT.601 spans 224. */
const fromGray = (level: number): number => ((level - GRAY) * 255) / 224;
const SKIN = { leastCb: fromGray(77), mostCb: fromGray(127), leastCr: fromGray(133), mostCr: fromGray(173) };

/** Computes them from a thumbnail. */
export function colorOf({ coarse }: Thumbnail): Color {
  const [lumas, blues, reds] = [coarse.luma.samples, coarse.cb.samples, coarse.cr.samples];
  const count = Math.max(1, lumas.length);
  let [redGreen, redGreenSquares, yellowBlue, yellowBlueSquares] = [0, 0, 0, 0];
  let [hsv, hsl, skin] = [0, 0, 0];
  let [blueSum, redSum, strength] = [0, 0, 0];
  // Nothing in this loop makes an array or calls a function: it is most of the work.
  for (let at = 0; at < lumas.length; at++) {
    const y = lumas[at] ?? 0;
    const blue = (blues[at] ?? 0) - GRAY;
    const red = (reds[at] ?? 0) - GRAY;
    // The inverse of the matrix of JFIF (ITU-T T.871, section 7).
    const r = Math.min(255, Math.max(0, y + 1.402 * red));
    const g = Math.min(255, Math.max(0, y - 0.344136 * blue - 0.714136 * red));
    const b = Math.min(255, Math.max(0, y + 1.772 * blue));
    const rg = r - g;
    const yb = (r + g) / 2 - b;
    redGreen += rg;
    redGreenSquares += rg * rg;
    yellowBlue += yb;
    yellowBlueSquares += yb * yb;
    if (blue <= ROUNDING && blue >= -ROUNDING && red <= ROUNDING && red >= -ROUNDING) continue;
    blueSum += blue;
    redSum += red;
    strength += Math.sqrt(blue * blue + red * red);
    if (blue >= SKIN.leastCb && blue <= SKIN.mostCb && red >= SKIN.leastCr && red <= SKIN.mostCr) skin += 1;
    if (y <= DARK) continue;
    const most = Math.max(Math.max(r, g), b);
    const least = Math.min(Math.min(r, g), b);
    if (most === least) continue;
    hsv += (most - least) / most;
    hsl += (most - least) / (255 - Math.abs(most + least - 255));
  }
  const meanRg = redGreen / count;
  const meanYb = yellowBlue / count;
  const deviation = Math.sqrt(
    Math.max(0, redGreenSquares / count - meanRg * meanRg) + Math.max(0, yellowBlueSquares / count - meanYb * meanYb),
  );
  return {
    colorfulness: deviation + 0.3 * Math.sqrt(meanRg * meanRg + meanYb * meanYb),
    saturationHsv: hsv / count,
    saturationHsl: hsl / count,
    hueSpread: strength === 0 ? 0 : 1 - Math.min(1, Math.sqrt(blueSum * blueSum + redSum * redSum) / strength),
    skin: skin / count,
  };
}
