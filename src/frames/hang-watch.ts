// A decoder that never returns must not look alive: its thread is not the one whose silence the parent notices.

/** A packet that takes longer is taken for hanging; milliseconds. */
const LIMIT = 5000;
const CHECK_INTERVAL = 1000;
/** How long the thread is silent before it looks again: longer than parents commonly wait for a sign of life. */
const SILENCE = 120_000;

/** Watches calls that run on other threads. While one hangs, this thread is silent, so that the worker is killed. */
export class HangWatch {
  readonly #since = new Set<{ readonly at: number }>();
  readonly #timer: NodeJS.Timeout;

  /** @param silence - stops this thread for so many milliseconds */
  constructor(silence: (duration: number) => void = block) {
    this.#timer = setInterval(() => {
      const limit = performance.now() - LIMIT;
      if ([...this.#since].some(({ at }) => at < limit)) silence(SILENCE);
    }, CHECK_INTERVAL).unref();
  }

  /** Waits for a call. */
  async during<T>(call: Promise<T>): Promise<T> {
    const begun = { at: performance.now() };
    this.#since.add(begun);
    try {
      return await call;
    } finally {
      this.#since.delete(begun);
    }
  }

  /** Ends the watch. */
  close(): void {
    clearInterval(this.#timer);
  }
}

function block(duration: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, duration);
}
