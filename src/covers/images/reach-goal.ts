// Finds the quality that a goal asks for, in as few encodes as a search by halves takes.
import { FramerailError, formatBytes } from '../../base/index.js';
import type { ImageGoal } from './image-wish.js';

/** One picture that can be written at any quality, and what was written be held against it. */
export interface ImageWriter {
  /** The qualities that give different files, from the lowest up. */
  readonly qualities: readonly number[];
  /** The file of a quality; the bytes belong to the caller. */
  encode(quality: number): Promise<Uint8Array>;
  /** SSIM of a file against the picture. */
  likeness(file: Uint8Array): Promise<number>;
}

/** A file and how it came about. */
export interface WrittenImage {
  readonly data: Uint8Array;
  readonly quality: number;
  /** Null where nobody asked for it. */
  readonly ssim: number | null;
  /** How often the picture was encoded. */
  readonly attempts: number;
}

interface Attempt {
  readonly data: Uint8Array;
  readonly quality: number;
  readonly ssim: number | null;
}

/**
 * Writes the file that a goal asks for; throws FR_IMAGE_GOAL where no quality reaches it.
 * @param breathe - called between encodes; throws to stop
 */
export async function reachGoal(
  writer: ImageWriter,
  goal: ImageGoal,
  breathe: () => undefined | Promise<void>,
): Promise<WrittenImage> {
  if (goal.kind === 'quality')
    return { data: await writer.encode(goal.quality), quality: goal.quality, ssim: null, attempts: 1 };
  const wantsBytes = goal.kind === 'maxBytes';
  const meets = ({ data, ssim }: Attempt): boolean =>
    goal.kind === 'maxBytes' ? data.byteLength <= goal.bytes : (ssim ?? 0) >= goal.ssim;
  // Of bytes the highest quality that fits is wanted, of likeness the lowest that is good enough.
  const order = wantsBytes ? writer.qualities : writer.qualities.toReversed();
  let [best, nearest, attempts]: [Attempt | undefined, Attempt | undefined, number] = [undefined, undefined, 0];
  let [low, high] = [0, order.length];
  while (low < high) {
    await breathe();
    const middle = Math.floor((low + high) / 2);
    const quality = order[middle] ?? 1;
    const data = await writer.encode(quality);
    const attempt = { data, quality, ssim: wantsBytes ? null : await writer.likeness(data) };
    attempts += 1;
    if (meets(attempt)) [best, low] = [attempt, middle + 1];
    else [nearest, high] = [attempt, middle];
  }
  if (best !== undefined) return { ...best, attempts };
  throw unreachable(goal, nearest);
}

/** The last attempt of a search that failed was the one most likely to succeed: the lowest quality, or the highest. */
function unreachable(goal: Exclude<ImageGoal, { kind: 'quality' }>, nearest: Attempt | undefined): FramerailError {
  const bytes = nearest?.data.byteLength ?? 0;
  if (goal.kind === 'maxBytes')
    return new FramerailError(
      'FR_IMAGE_GOAL',
      `The smallest file that this cover can be is ${String(bytes)} bytes (${formatBytes(bytes)}), above the ${String(goal.bytes)} of \`maxBytes\`.`,
      { details: { smallest: bytes, maxBytes: goal.bytes } },
    );
  const ssim = nearest?.ssim ?? 0;
  return new FramerailError(
    'FR_IMAGE_GOAL',
    `The best that this cover can be has an SSIM of ${ssim.toFixed(4)}, below the ${String(goal.ssim)} of \`minSsim\`.`,
    { details: { best: ssim, minSsim: goal.ssim } },
  );
}
