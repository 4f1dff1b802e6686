// The qualities of JPEG that give different files.
import { jpegQuantiser } from '../../spelling/index.js';

/** One quality for each quantiser scale of mjpeg that a quality gives, the highest one, from the lowest up. */
export const JPEG_QUALITIES: readonly number[] = Array.from({ length: 100 }, (_, i) => i + 1).filter(
  (quality) => quality === 100 || jpegQuantiser(quality) !== jpegQuantiser(quality + 1),
);
