// What a cover looks like, as a list of numbers whose product with that of another one says how alike they are. Three kinds
// of figures, none of them learned: colours, directions of edges, and the rough layout of light and colour.
import { COLOR_LENGTH, colorHistogram } from './color-histogram.js';
import { EDGE_LENGTH, edgeHistogram } from './edge-histogram.js';
import { LAYOUT_LENGTH, layoutOf } from './layout.js';

/** Columns and rows of the picture that figures are computed of. */
export const SIDE = 64;
/** How many numbers there are. */
export const EMBEDDING_LENGTH = COLOR_LENGTH + EDGE_LENGTH + LAYOUT_LENGTH;

/** How much each kind says of a likeness; together 1. */
const WEIGHTS = { color: 0.4, edges: 0.2, layout: 0.4 } as const;
/** Every fifth pixel: they have the colours of all, in every row at other places. */
const COLOR_STEP = 5;

/** The embedding of a picture of {@link SIDE} x {@link SIDE} in the colours of JFIF; its length (as a vector) is 1. */
export function embed(luma: Uint8Array, cb: Uint8Array, cr: Uint8Array): Float32Array {
  const parts = [
    [WEIGHTS.color, colorHistogram(luma, cb, cr, COLOR_STEP)],
    [WEIGHTS.edges, edgeHistogram(luma, SIDE)],
    [WEIGHTS.layout, layoutOf([luma, cb, cr], SIDE)],
  ] as const;
  const embedding = new Float32Array(EMBEDDING_LENGTH);
  let at = 0;
  // Each kind is brought to one length, so that the product is the weighed mean of their cosines.
  for (const [weight, figures] of parts) {
    const length = Math.hypot(...figures);
    for (const figure of figures) embedding[at++] = length === 0 ? 0 : (Math.sqrt(weight) * figure) / length;
  }
  const length = Math.hypot(...embedding);
  return length === 0 ? embedding : embedding.map((figure) => figure / length);
}
