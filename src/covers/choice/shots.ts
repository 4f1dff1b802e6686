// The pictures for the wanted places of a video: the keyframe at or before each, or what is on display there.
import { availableParallelism } from 'node:os';
import type { Breathe, MediaInputHandle, Picture, VideoStreamInfo } from '../../av/index.js';
import type { CoverLimits, CoverPlace } from '../cover-params.js';
import type { StageClock } from '../stage-clock.js';
import { beyondEnd } from './beyond-end.js';
import { KeyframeFinder } from './keyframe-finder.js';
import { targetTime } from './target-time.js';

/** A picture of a video, and which place it was taken for. */
export interface Shot {
  /** The place's number in the list. */
  readonly place: number;
  /** Good until the next one is asked for. */
  readonly picture: Picture;
  /** Seconds from the start of the video. */
  readonly pts: number;
}

/** An input and the stream of it that covers are made of. */
export interface OpenedVideo {
  readonly input: MediaInputHandle;
  readonly stream: VideoStreamInfo;
}

/** What shots are taken with. */
export interface ShotOptions {
  /** Opens the video once more; whoever gave this closes what it opened. */
  readonly open: () => Promise<OpenedVideo>;
  /** The same, opened already and not read from yet. */
  readonly first: OpenedVideo;
  readonly limits: CoverLimits;
  /** Pictures are shown at a third of their size at most: the decoder may work roughly. */
  readonly rough: boolean;
  readonly clock: StageClock;
  /** Called for every packet; throws to stop. */
  readonly breathe: Breathe;
}

/** Threads for one exact picture: all pictures since the keyframe are decoded for it, but other covers wait too. */
const EXACT_THREADS = 4;

/** The keyframes for places, in the order of the list. */
export async function* keyframeShots(options: ShotOptions, places: readonly CoverPlace[]): AsyncGenerator<Shot> {
  const { open, first, clock, breathe } = options;
  let finder = new KeyframeFinder({ ...options, ...first });
  try {
    let opened = first;
    for (const [place, wanted] of places.entries()) {
      if (place > 0 && !opened.input.goesBack) {
        finder.close();
        opened = await open();
        finder = new KeyframeFinder({ ...options, ...opened });
      }
      const time = await targetTime(wanted, opened.input, opened.stream, breathe);
      clock.end('open');
      yield { place, ...(await finder.find(time)) };
    }
  } finally {
    finder.close();
  }
}

/** The pictures on display at places, in the order of their times. */
export async function* exactShots(options: ShotOptions, places: readonly CoverPlace[]): AsyncGenerator<Shot> {
  const { open, first, limits, clock, breathe } = options;
  const wanted: { readonly place: number; readonly time: number }[] = [];
  for (const [place, one] of places.entries())
    wanted.push({ place, time: await targetTime(one, first.input, first.stream, breathe) });
  wanted.sort((a, b) => a.time - b.time);
  // What was read to find the end of the video does not come again.
  const opened = first.input.goesBack ? first : await open();
  clock.end('open');
  const { loadExactPictures } = await import('../../frames/index.js');
  const exactPictures = await loadExactPictures();
  const pictures = exactPictures(
    {
      opened,
      reopen: open,
      threads: Math.min(EXACT_THREADS, availableParallelism()),
      decoding: { alpha: true, limits },
      maxDecoded: limits.maxDecodedFrames * places.length,
      breathe,
    },
    wanted.map(({ time }) => time),
    Number.POSITIVE_INFINITY,
  );
  let given = 0;
  for await (const { picture, time, index } of pictures) {
    clock.end('decode');
    given += 1;
    yield { place: wanted[index]?.place ?? index, picture, pts: time };
  }
  const missing = wanted[given];
  if (missing !== undefined) throw beyondEnd(opened.input.name, missing.time, opened.input.duration ?? 0);
}
