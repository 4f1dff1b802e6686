// Keeps a preview within its bytes: it is encoded again with less quality, then with fewer frames, until it fits.
import { FramerailError } from '../../base/index.js';

/** How a preview is encoded. */
export interface Effort {
  /** The part of the wanted quality or bit rate. */
  readonly share: number;
  /** Every so many frames are shown. */
  readonly step: number;
}

/** Quality goes first, as far as it can be looked at; then every second frame, then two of three. */
export const EFFORTS: readonly Effort[] = [1, 2, 3].flatMap((step) =>
  [1, 0.8, 0.6, 0.45, 0.3].map((share) => ({ share, step })),
);

/** What came of an effort. */
export interface Encoded {
  readonly data: Uint8Array;
}

/**
 * The first effort whose file fits; rejects with FR_IMAGE_GOAL where none does.
 * @param maxBytes - null for the first one
 */
export async function withinBudget<Result extends Encoded>(
  maxBytes: number | null,
  efforts: readonly Effort[],
  encode: (effort: Effort) => Promise<Result>,
): Promise<Result & { readonly effort: Effort; readonly tries: number }> {
  let least = Number.POSITIVE_INFINITY;
  for (const [tried, effort] of efforts.entries()) {
    const made = await encode(effort);
    const bytes = made.data.byteLength;
    if (maxBytes === null || bytes <= maxBytes) return { ...made, effort, tries: tried + 1 };
    least = Math.min(least, bytes);
  }
  throw new FramerailError(
    'FR_IMAGE_GOAL',
    `The preview takes ${String(least)} bytes at its smallest, and may take ${String(maxBytes)}; ask for fewer seconds or columns, or allow more.`,
    { details: { bytes: least, maxBytes } },
  );
}
