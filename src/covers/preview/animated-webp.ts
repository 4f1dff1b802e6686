// A preview as an animated WebP.
import { animateWebp } from '../images/index.js';
import type { Effort } from './budget.js';
import type { FrameStack } from './frame-stack.js';

/** What is wanted of it. */
export interface AnimationWish {
  /** 1 to 100. */
  readonly quality: number;
  /** Frames per second. */
  readonly frameRate: number;
}

/** Milliseconds or other ticks that each frame is shown: together they are as long as they should be. */
export function ticksOf(count: number, step: number, frameRate: number, ticksPerSecond: number): number[] {
  const at = (i: number): number => Math.round((i * step * ticksPerSecond) / frameRate);
  return Array.from({ length: count }, (_, i) => at(i + 1) - at(i));
}

/** Encodes it; it loops for ever. */
export async function animatedWebp(
  stack: FrameStack,
  { quality, frameRate }: AnimationWish,
  { share, step }: Effort,
): Promise<{ readonly data: Uint8Array; readonly quality: number }> {
  const frames = stack.every(step);
  const { width, height } = stack.size;
  const data = new Uint8Array(frames.length * width * height * 3);
  let end = 0;
  for (const frame of frames) end = frame.packInto(data, end);
  const reached = Math.max(1, Math.round(quality * share));
  const delays = ticksOf(frames.length, step, frameRate, 1000);
  return { data: await animateWebp({ data, width, height, delays }, reached), quality: reached };
}
