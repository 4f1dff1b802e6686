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
/** Who keeps more than this share of what it may keep, for so many milliseconds, does not give it back any more. */
const HIGH_SHARE = 0.85;
const HIGH_FOR = 300_000;
const MIB = 1024 * 1024;

/** Looks at one worker process. */
export class UsageWatch {
  readonly #pid: number;
  readonly #keepBytes: number | undefined;
  #lastLook = Number.NEGATIVE_INFINITY;
  #highSince: number | undefined;
  readonly #usageOf: typeof processUsage;
  readonly #now: () => number;

  /**
   * @param keepBytes - memory of its own that a worker may keep between jobs; undefined for any
   * @param usageOf - what a process uses
   * @param now - a clock in milliseconds
   */
  constructor(
    pid: number,
    keepBytes: number | undefined,
    usageOf: typeof processUsage = processUsage,
    now: () => number = () => performance.now(),
  ) {
    this.#pid = pid;
    this.#keepBytes = keepBytes;
    this.#usageOf = usageOf;
    this.#now = now;
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
      const usage = this.#usageOf(this.#pid);
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

  /**
   * Whether an idle worker keeps more than it may, or nearly as much for long; asked once a second at most, as asking
   * costs what a small cover does.
   */
  keepsTooMuch(): boolean {
    const now = this.#now();
    if (this.#keepBytes === undefined || now - this.#lastLook < LOOK_AGAIN) return false;
    this.#lastLook = now;
    const kept = this.#usageOf(this.#pid)?.ownBytes ?? 0;
    if (kept <= this.#keepBytes * HIGH_SHARE) this.#highSince = undefined;
    else this.#highSince ??= now;
    return kept > this.#keepBytes || (this.#highSince !== undefined && now - this.#highSince >= HIGH_FOR);
  }
}

function tooMuch(what: string, details: Readonly<Record<string, number>>): FramerailError {
  return new FramerailError('FR_INPUT_LIMIT', `The input took more than ${what}; its worker was ended.`, { details });
}
