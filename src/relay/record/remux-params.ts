// What the remux job is told, and what it tells: plain data.

/** The job's parameters; its source is the recording. */
export interface RemuxParams {
  /** What the output is called in messages. */
  readonly name: string;
  /** Where it is written; the parent publishes it. */
  readonly path: string;
  readonly container: 'mp4' | 'mov' | 'ipod';
}

/** Told now and then. */
export interface RemuxProgress {
  /** Bytes of the recording that were copied. */
  readonly bytes: number;
}

/** What became of it. */
export interface RemuxResult {
  /** Whether there was anything to write. */
  readonly written: boolean;
  /** Codecs of streams that the container does not hold. */
  readonly leftOut: readonly string[];
}
