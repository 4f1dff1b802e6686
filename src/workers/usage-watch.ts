// Watches what a worker process uses: a job is ended that takes too much, and a worker replaced that keeps too much.
import { FramerailError } from '../base/index.js';
import { processUsage } from '../os/index.js';

/** What one job may use of a worker process. */
export interface UsageLimits {
  /** Seconds of processor time, on all cores together. @defaultValue no limit */
  readonly cpuSeconds?: number | undefined;
  /** Bytes of memory that the worker has for itself, apart from the frames that it shares. @defaultValue no limit */
  readonly ownBytes?: number | undefined;
}

/** Milliseconds between two looks. What a job takes within the first one is not seen. */
const INTERVAL = 100;
/** Milliseconds for which nobody asks again what an idle worker keeps. */
const LOOK_AGAIN = 1000;
const MIB = 1024 * 1024;

/** Looks at one worker process. */
export class UsageWatch {
  readonly #pid: number;
  readonly #keepBytes: number | undefined;
  #lastLook = Number.NEGATIVE_INFINITY;

  /** @param keepBytes - memory of its own that a worker may keep between jobs; undefined for any */
  constructor(pid: number, keepBytes: number | undefined) {
    this.#pid = pid;
    this.#keepBytes = keepBytes;
  }

  /**
   * Watches a job.
   * @param onExcess - called once, when it has taken more than it may
   * @returns ends the watch
   */
  watch({ cpuSeconds, ownBytes }: UsageLimits, onExcess: (error: FramerailError) => void): () => void {
    if (cpuSeconds === undefined && ownBytes === undefined) return () => undefined;
    let before: number | undefined;
    const timer = setInterval(() => {
      const usage = processUsage(this.#pid);
      if (usage === undefined) return;
      before ??= usage.cpuSeconds;
      const spent = usage.cpuSeconds - before;
      const excess =
        cpuSeconds !== undefined && spent > cpuSeconds
          ? tooMuch(`${String(cpuSeconds)} s of processor time`, { cpuSeconds: spent, limit: cpuSeconds })
          : ownBytes !== undefined && usage.ownBytes > ownBytes
            ? tooMuch(`${String(Math.round(ownBytes / MIB))} MiB of memory`, {
                ownBytes: usage.ownBytes,
                limit: ownBytes,
              })
            : undefined;
      if (excess === undefined) return;
      clearInterval(timer);
      onExcess(excess);
    }, INTERVAL);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  }

  /** Whether an idle worker keeps more than it should; asked once a second at most, as asking costs what a small cover does. */
  keepsTooMuch(): boolean {
    if (this.#keepBytes === undefined || performance.now() - this.#lastLook < LOOK_AGAIN) return false;
    this.#lastLook = performance.now();
    return (processUsage(this.#pid)?.ownBytes ?? 0) > this.#keepBytes;
  }
}

function tooMuch(what: string, details: Readonly<Record<string, number>>): FramerailError {
  return new FramerailError('FR_INPUT_LIMIT', `The input took more than ${what}; its worker was ended.`, { details });
}
