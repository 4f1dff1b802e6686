// What the program is told that decodes keyframes and makes them small.

/** Keyframes of one file. */
export interface BestSetup {
  readonly path: string;
  /** Seconds; for each the keyframe at or before it. */
  readonly times: readonly number[];
  readonly width: number;
  readonly height: number;
  /** How often all of it is done and measured. */
  readonly turns: number;
}
