// What a transform may do with the call that it belongs to.
import type { BatchStats } from '../../workers/index.js';
import type { ProcessProgress } from './progress.js';

/** What may change while a video is encoded; each from the next frame on. */
export interface ProcessUpdate {
  /** Bits per second on average. */
  readonly bitrate?: number | undefined;
  /** Constant quality from 0 to 100. */
  readonly quality?: number | undefined;
  /** Seconds from one keyframe to the next at most. */
  readonly keyframeInterval?: number | undefined;
}

/** A video that is being processed, as its transform sees it: without the result, which waits for the transform. */
export interface RunningProcess {
  /** How far it is. */
  readonly progress: ProcessProgress;
  /** The batches so far: their size now, what sent them, and how long frames waited for the transform. */
  readonly batches: BatchStats;
  /** Has the frames that wait for their batch to fill sent at once. */
  flush(): void;
  /**
   * Changes the running encode from the next frame on, without a gap; throws FR_ARG_INVALID for wrong values. A bit rate
   * ends a constant quality and the other way round. libx264 takes a quality as it runs, and a bit rate that its options
   * `maxrate` (the same) and `bufsize` make constant, also for frames that it looks ahead at; all else starts with a
   * keyframe.
   * @param change - bit rate in bits per second, quality from 0 to 100, seconds between keyframes
   */
  update(change: ProcessUpdate): void;
  /**
   * Ends the input here, as for a live one that has been recorded for long enough: what was read is still changed,
   * encoded and published, and the call resolves. At least one frame is waited for, and a live input that is silent for
   * as long as its `inputTimeout`. Where `backend: 'spawn'` changes the frames of a file in JavaScript, the sound is
   * read by a command of its own, and goes on to its end.
   */
  stop(): void;
}
