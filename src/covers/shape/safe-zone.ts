// The parts of a cover that apps draw their own buttons and captions over.
import type { Size } from '../../pixels/index.js';

/** What is covered at each side, as a fraction of the height or the width of the cover: 0.1 for a tenth. */
export interface SafeZoneMargins {
  /** What is covered above, as a fraction of the height. */
  readonly top: number;
  /** What is covered at the right, as a fraction of the width. */
  readonly right: number;
  /** What is covered below, as a fraction of the height. */
  readonly bottom: number;
  /** What is covered at the left, as a fraction of the width. */
  readonly left: number;
}

/**
 * Margins by the place where a cover is shown, each for 9:16. Apps change and captions differ in length: they are
 * where to keep clear of, and no promise.
 *
 * - `tiktok`: TikTok gives files to lay over and no figures, as its margins depend on the caption
 *   (ads.tiktok.com/help, "TikTok Auction In-Feed Ads"); these are the widest of three guides, in pixels of 1080x1920:
 *   250 above (socaptions.com, 2026), 440 below (adfuseai.com), 120 at the left (shotstack.io), 170 at the right.
 * - `reels`: 14 % above, 35 % below, 6 % at each side: Meta's guidance for Instagram and Facebook Reels.
 * - `shorts`: 288 above, 672 below, 48 at the left, 192 at the right of 1080x1920: Google's for vertical YouTube ads.
 * - `instagram-grid`: the profile shows the 3:4 in the middle (since January 2025), which is 240 less above and below.
 */
export const SAFE_ZONES = {
  tiktok: { top: 250 / 1920, right: 170 / 1080, bottom: 440 / 1920, left: 120 / 1080 },
  reels: { top: 0.14, right: 0.06, bottom: 0.35, left: 0.06 },
  shorts: { top: 288 / 1920, right: 192 / 1080, bottom: 672 / 1920, left: 48 / 1080 },
  'instagram-grid': { top: 240 / 1920, right: 0, bottom: 240 / 1920, left: 0 },
} as const satisfies Record<string, SafeZoneMargins>;

/** A place where covers are shown. */
export type SafeZoneName = keyof typeof SAFE_ZONES;

/** The middle of what stays clear, in pixels of the cover. */
export function clearMiddle(
  { top, right, bottom, left }: SafeZoneMargins,
  { width, height }: Size,
): Readonly<{ x: number; y: number }> {
  return { x: (width * (left + 1 - right)) / 2, y: (height * (top + 1 - bottom)) / 2 };
}
