// Tiers of blocks by size: what is told apart in metrics, and how much is made at once when a pool grows.

const MIB = 1024 * 1024;

/** The tiers: small blocks up to 1 MiB, medium ones to 10 MiB, large ones beyond. */
export const TIERS = ['small', 'medium', 'large'] as const;

/** A tier: `small` up to 1 MiB, `medium` to 10 MiB, `large` beyond. */
export type Tier = (typeof TIERS)[number];

/** The tier of a block of so many bytes. */
export function tierOf(bytes: number): Tier {
  if (bytes <= MIB) return 'small';
  return bytes <= 10 * MIB ? 'medium' : 'large';
}

/** Frames in memory at once when nobody says otherwise, and at most. */
const DEFAULT_FRAMES = 8;
const MOST_FRAMES = 60;
/** Room for frames that are kept while others flow by. */
const HEADROOM = 1.5;
/** A region takes so much of the machine's memory at most. */
const MACHINE_SHARE = 0.5;
const SMALLEST_REGION = 16 * MIB;

/**
 * Bytes of a region for frames of one size: frame size times frames times 1.5, at most half of the machine.
 * @param frameBytes - bytes of one frame
 * @param frames - frames in memory at once; 8 by default, 60 at most
 * @param machineBytes - the memory of the machine or the container
 */
export function regionBytesFor(frameBytes: number, frames: number | undefined, machineBytes: number): number {
  const count = Math.min(MOST_FRAMES, Math.max(2, frames ?? DEFAULT_FRAMES));
  const wanted = Math.max(SMALLEST_REGION, frameBytes * count * HEADROOM);
  return Math.ceil(Math.min(wanted, machineBytes * MACHINE_SHARE) / MIB) * MIB;
}
