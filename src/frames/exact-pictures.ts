// The pictures on display at some times, for jobs of other features. It loads FFmpeg, so only workers load it.
import { isFramerailError } from '../base/index.js';
import { chooseFrames, type Chosen } from './choose.js';
import { InputWays, type InputWaysOptions } from './input-ways.js';

/** What exact pictures are taken from. */
export type ExactPicturesOptions = Omit<InputWaysOptions, 'keyframesOnly' | 'lateness'>;

/**
 * The picture on display at each time; each is good until the next one is asked for. Where the video ends before the last
 * time, what came before is all.
 * @param times - seconds from the start of the file, ascending
 * @param most - pictures decoded, wanted or not, after which no further one is given
 */
export async function* exactPictures(
  options: ExactPicturesOptions,
  times: readonly number[],
  most: number,
): AsyncGenerator<Chosen> {
  const { input } = options.opened;
  const ways = new InputWays({ ...options, keyframesOnly: false });
  const selection = { kind: 'times', times, places: times.map((_, place) => place) } as const;
  const choice = { selection, precision: 'exact', from: 0, to: null, count: null } as const;
  try {
    for await (const chosen of chooseFrames(ways, choice, { name: input.name, duration: input.duration })) {
      yield chosen;
      if (ways.decoded >= most) return;
    }
  } catch (error) {
    if (!isFramerailError(error) || error.code !== 'FR_TIME_BEYOND_END') throw error;
  } finally {
    ways.close();
  }
}
