// The pictures for the wanted places of a video: the keyframe at or before each, or what is on display there.
import { availableParallelism } from 'node:os';
import type { Breathe, MediaInputHandle, Picture, PictureDecoder, VideoStreamInfo } from '../../av/index.js';
import type { CoverLimits, CoverParams, TimedPlace } from '../cover-params.js';
import type { StageClock } from '../stage-clock.js';
import { beyondEnd } from './beyond-end.js';
import { BestFrames, type CoverChoice } from './best/index.js';
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
  /** Why it was chosen, where the best frame was wanted. */
  readonly choice?: CoverChoice;
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
  /** Opens the decoder for single keyframes, where it is not one in software. */
  readonly openDecoder?: ((opened: OpenedVideo) => PictureDecoder) | undefined;
}

/** Threads for one exact picture: all pictures since the keyframe are decoded for it, but other covers wait too. */
const EXACT_THREADS = 4;

/** A time that is wanted, and its number in the list of places. */
interface Wanted {
  readonly place: number;
  readonly wanted: TimedPlace;
}

/** The pictures for places, in an order of their own. */
export async function* takeShots(
  options: ShotOptions,
  { places, precision, best }: Pick<CoverParams, 'places' | 'precision' | 'best'>,
): AsyncGenerator<Shot> {
  const [timed, ranked]: [Wanted[], number[]] = [[], []];
  for (const [place, wanted] of places.entries())
    if (wanted.kind === 'best') ranked.push(place);
    else timed.push({ place, wanted });
  if (timed.length > 0) yield* (precision === 'exact' ? exactShots : keyframeShots)(options, timed);
  if (ranked.length === 0) return;
  const { first, open } = options;
  // What others read may not come again.
  const opened = timed.length === 0 || first.input.goesBack ? first : await open();
  yield* bestShots({ ...options, first: opened }, ranked, best);
}

/** The best pictures, in the order of their ranks. */
async function* bestShots(
  options: ShotOptions,
  places: readonly number[],
  range: CoverParams['best'],
): AsyncGenerator<Shot> {
  const { open, first, clock } = options;
  const finder = finderOf(options, first, false);
  let best: BestFrames | undefined;
  try {
    clock.end('open');
    best = await BestFrames.choose({ finder, reopen: open, wanted: range.candidates, range, places: places.length });
    for (const [rank, place] of places.entries()) yield { place, ...(await best.take(rank)) };
  } finally {
    best?.close();
    finder.close();
  }
}

/** The keyframes for places, in the order of the list. */
async function* keyframeShots(options: ShotOptions, places: readonly Wanted[]): AsyncGenerator<Shot> {
  const { open, first, clock, breathe } = options;
  let finder = finderOf(options, first, true);
  try {
    let opened = first;
    for (const [turn, { place, wanted }] of places.entries()) {
      if (turn > 0 && !opened.input.goesBack) {
        finder.close();
        opened = await open();
        finder = finderOf(options, opened, true);
      }
      const time = await targetTime(wanted, opened.input, opened.stream, breathe);
      clock.end('open');
      yield { place, ...(await finder.find(time)) };
    }
  } finally {
    finder.close();
  }
}

/** @param single - keyframes are looked for one by one: only those are decoded on a device */
function finderOf({ openDecoder, ...options }: ShotOptions, opened: OpenedVideo, single: boolean): KeyframeFinder {
  const choose = single && openDecoder !== undefined ? () => openDecoder(opened) : undefined;
  return new KeyframeFinder({ ...options, ...opened, openDecoder: choose });
}

/** The pictures on display at places, in the order of their times. */
async function* exactShots(options: ShotOptions, places: readonly Wanted[]): AsyncGenerator<Shot> {
  const { open, first, limits, clock, breathe } = options;
  const wanted: { readonly place: number; readonly time: number }[] = [];
  for (const one of places)
    wanted.push({ place: one.place, time: await targetTime(one.wanted, first.input, first.stream, breathe) });
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
