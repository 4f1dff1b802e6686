// One picture for each step of a video, for jobs of other features. It loads FFmpeg, so only workers load it.
import { FramerailError } from '../base/index.js';
import { chooseFrames, type Chosen } from './choose.js';
import { InputWays, type InputWaysOptions } from './input-ways.js';
import type { Precision } from './options.js';

/** What the pictures are taken from. */
export type SteppedPicturesOptions = Omit<InputWaysOptions, 'keyframesOnly' | 'lateness'>;

/**
 * The picture for each multiple of so many seconds, in order of time; each is good until the next one is asked for.
 * Rejects with FR_DECODE_NO_FRAME where pictures were tried and none could be decoded.
 * @param every - seconds from one step to the next
 * @param precision - `keyframe` gives each keyframe once, `exact` a picture for each step
 */
export async function* steppedPictures(
  options: SteppedPicturesOptions,
  every: number,
  precision: Precision,
): AsyncGenerator<Chosen> {
  const { input, stream } = options.opened;
  const ways = new InputWays({ ...options, keyframesOnly: precision === 'keyframe' });
  const choice = { selection: { kind: 'every', seconds: every }, precision, from: 0, to: null, count: null } as const;
  try {
    yield* chooseFrames(ways, choice, { name: input.name, duration: input.duration });
    if (!ways.tried || ways.decoded > 0) return;
    throw new FramerailError(
      'FR_DECODE_NO_FRAME',
      `${input.name} has a video stream (${stream.codec}) but no frame of it could be decoded.`,
      { details: { damagedPackets: ways.damagedPackets } },
    );
  } finally {
    ways.close();
  }
}
