// A preview as a short muted H.264 video: encoded in hardware where there is some, and never larger than its bit rate
// allows.
import { DRAWN, type Breathe, type EncoderReport, type EncoderWish } from '../../av/index.js';
import { toRatio } from '../../base/index.js';
import type { HardwareDoor } from '../../hardware/index.js';
import type { Effort } from './budget.js';
import { encodeFrames } from './encode-frames.js';
import type { FrameStack } from './frame-stack.js';

/** Bytes of an MP4 around its video: boxes that are always there, and what each frame has in the tables. */
const BOX_BYTES = 1280;
const FRAME_BYTES = 14;
/** The least that `bitrate` takes. */
const LEAST_BITRATE = 1000;

/** What is wanted of it. */
export interface VideoWish {
  readonly wish: EncoderWish;
  /** Frames per second. */
  readonly frameRate: number;
}

/** How it is made. */
export interface VideoMeans {
  readonly hardware: HardwareDoor | undefined;
  /** Called for every frame; throws to stop. */
  readonly breathe: Breathe;
}

/** Bytes that a video of some length may take: those of its highest bit rate, and those of the container. */
export function videoBudget(maxBitrate: number, seconds: number, frames: number): number {
  return Math.floor((maxBitrate * seconds) / 8) + indexBytes(frames);
}

function indexBytes(frames: number): number {
  return BOX_BYTES + FRAME_BYTES * frames;
}

/** Encodes it, with its index in front. */
export async function shortVideo(
  stack: FrameStack,
  { wish, frameRate }: VideoWish,
  { share, step }: Effort,
  { hardware, breathe }: VideoMeans,
): Promise<{ readonly data: Uint8Array; readonly encoder: EncoderReport; readonly bitrate: number }> {
  const frames = stack.every(step);
  const rate = toRatio(frameRate);
  const { bitrate, maxBitrate } = wish.controls;
  const lowered = (bits: number | null): number => Math.max(LEAST_BITRATE, (bits ?? 0) * share);
  const controls = {
    ...wish.controls,
    bitrate: lowered(bitrate),
    maxBitrate: lowered(maxBitrate),
    // It starts over and over, and is never sought in: one keyframe is enough.
    keyframeInterval: wish.controls.keyframeInterval ?? (frames.length * step) / frameRate + 1,
  };
  const input = {
    size: stack.size,
    format: 'yuv420p',
    original: undefined,
    color: DRAWN,
    timeBase: { num: rate.den, den: rate.num },
    frameRate: { num: rate.num, den: rate.den * step },
    pixelAspect: { num: 1, den: 1 },
  };
  const total = stack.frames.length;
  const timed = frames.map(({ picture }, i) => ({ picture, duration: Math.min(step, total - i * step) }));
  const made = await encodeFrames(timed, {
    ...{ container: 'mp4', wish: { ...wish, controls }, input, hardware, breathe },
    indexBytes: indexBytes(frames.length),
  });
  return { ...made, bitrate: controls.bitrate };
}
