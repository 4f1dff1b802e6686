// Workers that have nothing to do: after a while they are stopped, all but those that are to stay.

/** Keeps the time for which workers are idle. */
export class IdleWorkers<Worker> {
  readonly #timeout: number;
  readonly #stop: (worker: Worker) => boolean;
  readonly #since = new Map<Worker, number>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param timeout - milliseconds
   * @param stop - stops a worker, unless it is to stay; whether it did
   */
  constructor(timeout: number, stop: (worker: Worker) => boolean) {
    this.#timeout = timeout;
    this.#stop = stop;
  }

  /** A worker has nothing to do from now on. */
  rests(worker: Worker): void {
    if (!this.#since.has(worker)) this.#since.set(worker, performance.now());
    this.#watch();
  }

  /** A worker has something to do, or is gone. */
  works(worker: Worker): void {
    this.#since.delete(worker);
  }

  /** Stops keeping time. */
  close(): void {
    clearTimeout(this.#timer);
    this.#since.clear();
  }

  #watch(): void {
    // One of them stays in any case.
    if (this.#timer !== undefined || this.#since.size < 2) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const until = performance.now() - this.#timeout;
      for (const [worker, since] of [...this.#since]) if (since <= until && this.#stop(worker)) this.works(worker);
      this.#watch();
    }, this.#timeout).unref();
  }
}
