// Waiting for the parent, shared by all who wait inside a job: a job context wakes one of them alone.
import type { JobContext } from '../../../workers/index.js';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Shares `context.pause()`. */
export class Waiting {
  readonly #context: JobContext;
  readonly #waiters: Waiter[] = [];

  constructor(context: JobContext) {
    this.#context = context;
  }

  /** Sends what is pending and waits for anything that the parent says; rejects when the job was cancelled. */
  forParent(): Promise<void> {
    const heard = new Promise<void>((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
    // Who waited may have gone on with something else.
    heard.catch(() => undefined);
    // Each pause sends what is pending now, and takes the place of the one before it: whichever ends wakes everybody.
    this.#context.pause().then(
      () => {
        for (const { resolve } of this.#waiters.splice(0)) resolve();
      },
      (error: unknown) => {
        for (const { reject } of this.#waiters.splice(0)) reject(error);
      },
    );
    return heard;
  }
}
