// Books the time of a cover job under its stages.

/** How long each stage took, in milliseconds. */
export interface CoverTimings {
  /** Opening the container and reading its headers. */
  readonly open: number;
  /** Finding the keyframes and reading their packets. */
  readonly seek: number;
  /** Opening the decoder and decoding. */
  readonly decode: number;
  /** Computing features of candidates and judging them, where the best frame is wanted. */
  readonly analyse: number;
  /** Cropping, scaling and turning. */
  readonly scale: number;
  /** Writing the images. */
  readonly encode: number;
  /** All of it. */
  readonly total: number;
}

/** A part of the work that has a time of its own. */
export type Stage = keyof Omit<CoverTimings, 'total'>;

/** Runs from its making on. */
export class StageClock {
  readonly #started = performance.now();
  readonly #stages: Record<Stage, number> = { open: 0, seek: 0, decode: 0, analyse: 0, scale: 0, encode: 0 };
  #last = this.#started;

  /** Books the time since the last call under a stage. */
  end(stage: Stage): void {
    const now = performance.now();
    this.#stages[stage] += now - this.#last;
    this.#last = now;
  }

  /** Milliseconds of each stage so far, and of all. */
  timings(): CoverTimings {
    return { ...this.#stages, total: performance.now() - this.#started };
  }
}
