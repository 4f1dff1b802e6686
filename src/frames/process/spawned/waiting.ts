// One wait for the parent, shared by all who wait inside a job: a job context wakes one of them alone.
import type { JobContext } from '../../../workers/index.js';

/** Shares `context.pause()`. */
export class Waiting {
  readonly #context: JobContext;
  #pause: Promise<void> | undefined;

  constructor(context: JobContext) {
    this.#context = context;
  }

  /** Sends what is pending and waits for anything that the parent says; rejects when the job was cancelled. */
  forParent(): Promise<void> {
    if (this.#pause === undefined) {
      const pause = this.#context.pause().finally(() => {
        this.#pause = undefined;
      });
      // Who waited may have gone on with something else.
      pause.catch(() => undefined);
      this.#pause = pause;
    }
    return this.#pause;
  }
}
