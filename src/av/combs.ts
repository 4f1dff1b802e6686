// Finds combs: the rows of two moments, woven into one picture, where something moved in between.
import { formatShape } from '../pixels/index.js';
import { nativeFrame, type Picture } from './picture.js';

/** How far a row must differ from both of its neighbours, in the same direction; of 255. */
const CONTRAST = 12;
/** How alike rows of one moment must be beside that: noise and fine texture differ there too; of 255. */
const LIKENESS = 8;
/** Every so many columns are looked at. */
const STEP = 4;
/** Rows and columns of the blocks that are judged one by one: what moves may be small. */
const BLOCK = 16;
/** Looked-at samples of a block that must be combed for it to count. */
const COMBED = (BLOCK * BLOCK) / STEP / 3;

/**
 * Whether rows of two moments can be told apart in a picture. Video that is flagged as interlaced often is not: film, and
 * what stands still. Where the layout of a format is not known, combs are taken for granted.
 */
export function hasCombs(picture: Picture): boolean {
  const { width, height, format } = picture;
  const shape = formatShape(format)?.[0];
  const frame = nativeFrame(picture);
  const data = frame.data?.[0];
  const stride = frame.linesize[0] ?? 0;
  const deep = /le$/.test(format);
  if (shape === undefined || data === undefined || stride <= 0 || shape.step > 2) return true;
  const bits = Number(/(9|1[0-6])le$/.exec(format)?.[1] ?? 8);
  // The upper eight bits are enough; samples of p010 lie at the top of their sixteen.
  const shift = deep && !format.startsWith('p0') ? bits - 8 : 8;
  const luma = (x: number, y: number): number =>
    deep ? data.readUInt16LE(y * stride + 2 * x) >> shift : (data[y * stride + x] ?? 0);
  for (let top = 2; top + BLOCK + 2 <= height; top += BLOCK)
    for (let left = 0; left + BLOCK <= width; left += BLOCK) {
      let combed = 0;
      for (let y = top; y < top + BLOCK; y++)
        for (let x = left; x < left + BLOCK; x += STEP) {
          const here = luma(x, y);
          const [above, below] = [here - luma(x, y - 1), here - luma(x, y + 1)];
          if (above * below < CONTRAST * CONTRAST) continue;
          if (Math.abs(here - luma(x, y - 2)) < LIKENESS && Math.abs(here - luma(x, y + 2)) < LIKENESS) combed += 1;
        }
      if (combed >= COMBED) return true;
    }
  return false;
}
