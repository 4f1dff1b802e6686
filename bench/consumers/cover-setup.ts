// What programs that make covers are told on their command line.

/** One cover of each file, at the same time in each. */
export interface CoverSetup {
  readonly files: readonly string[];
  /** Seconds. */
  readonly time: number;
  readonly width: number;
  readonly height: number;
  /** 1 to 100. */
  readonly quality: number;
}
