// How small a picture may be made on the device, so that little of it crosses the bus.
import type { Size } from '../../pixels/index.js';
import type { CoverShape } from '../shape/index.js';

/** What is left over what covers need: the last step of scaling is done in software, as for all others. */
const SPARE = 2;

/**
 * The size to which a device scales a picture: a whole fraction of it, so that pixels stay square, and twice what the
 * largest cover needs. Undefined where all of it is needed, or nothing fits.
 */
export function shrunkSize(stored: Size, shapes: readonly CoverShape[]): Size | undefined {
  let needed = 0;
  for (const { size } of shapes) {
    if (size === null) return undefined;
    needed = Math.max(needed, size.width, size.height);
  }
  const most = Math.floor(Math.min(stored.width, stored.height) / (SPARE * needed));
  for (let by = most; by > 1; by--) {
    const [width, height] = [stored.width / by, stored.height / by];
    if (width % 2 === 0 && height % 2 === 0) return { width, height };
  }
  return undefined;
}
