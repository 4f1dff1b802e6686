// What a picture is brought into: plain data.
import type { Size } from '../../pixels/index.js';
import type { CoverBorder } from './borders.js';
import type { SafeZoneMargins } from './safe-zone.js';

/** How a picture is brought into a size of another shape: by cutting what sticks out, by borders, or by cutting around what draws the eye. */
export type CoverFit = 'cover' | 'contain' | 'smart';

/** Columns or rows of a cover at most. */
export const MAX_SIDE = 4096;

/** What a picture is brought into. */
export interface CoverShape {
  /** Null for the size of the video as a person sees it. */
  readonly size: Size | null;
  readonly fit: CoverFit;
  readonly border: CoverBorder;
  /** Red, green and blue of borders of one colour, 0 to 255. */
  readonly background: readonly [number, number, number];
  /** What something else is drawn over; null for nothing. */
  readonly safeZone: SafeZoneMargins | null;
}
