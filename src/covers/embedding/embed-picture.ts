// The embedding of a composed cover: it is made small once more, as a square, whatever its shape.
import { borrowScaler, pictureOver, type Picture } from '../../av/index.js';
import { planLayout } from '../../pixels/index.js';
import { embed, SIDE } from './embedding.js';

/** What a composed picture looks like; it stays the caller's. */
export function embedPicture(composed: Picture): Float32Array {
  const layout = planLayout('yuv444p', SIDE, SIDE, true);
  const memory = Buffer.alloc(layout.byteLength);
  const small = pictureOver(memory, layout);
  try {
    const scaler = borrowScaler({ filter: 'area', color: 'jpeg' }, composed, small);
    try {
      scaler.value.convert(composed, small);
    } finally {
      scaler.release();
    }
  } finally {
    small.close();
  }
  const size = SIDE * SIDE;
  const plane = (index: number): Buffer => memory.subarray(index * size, (index + 1) * size);
  return embed(plane(0), plane(1), plane(2));
}
