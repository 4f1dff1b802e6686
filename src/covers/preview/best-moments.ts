// The best moments of a video, by the choice that covers are made by.
import type { Breathe } from '../../av/index.js';
import type { OpenedVideo } from '../../frames/index.js';
import { BestFrames, KeyframeFinder } from '../choice/index.js';
import type { CoverLimits } from '../cover-params.js';
import type { StageClock } from '../stage-clock.js';
import type { PreviewMoment } from './preview.js';

/** What moments are looked for with. */
export interface MomentOptions {
  readonly opened: OpenedVideo;
  readonly reopen: () => Promise<OpenedVideo>;
  readonly limits: CoverLimits;
  readonly clock: StageClock;
  readonly breathe: Breathe;
}

/** Frames that are compared: covers compare up to as many. */
const CANDIDATES = 16;

/** All moments that are worth showing, the best first, one at least. Rejects with FR_DECODE_NO_FRAME. */
export async function bestMoments({ opened, reopen, ...work }: MomentOptions): Promise<PreviewMoment[]> {
  const finder = new KeyframeFinder({ ...opened, ...work, rough: true });
  let best: BestFrames | undefined;
  try {
    const range = { from: null, to: null };
    best = await BestFrames.choose({ finder, reopen, wanted: CANDIDATES, range, places: CANDIDATES });
    return best.choices();
  } finally {
    best?.close();
    finder.close();
  }
}
