// Calls the transform for one batch after another and hands the frames back in their order.
import { deadlineError, FramerailError, isFramerailError, messageOf, untilAborted } from '../../base/index.js';
import type { PictureLayout } from '../../pixels/index.js';
import type { LeasedItem } from '../../workers/index.js';
import type { FrameFacts } from '../selection.js';
import { FrameBatch } from '../video-frame.js';
import { ProcessFrame } from './process-frame.js';
import type { CheckedProcess } from './process-options.js';
import type { ReturnFacts } from './process-params.js';
import type { RunningProcess } from './running-process.js';

/** A batch in the transform. */
interface Running {
  readonly items: readonly LeasedItem[];
  readonly frames: readonly ProcessFrame[];
  readonly byteLength: number;
  /** Settles when it has gone back, after those before it. */
  readonly gone: Promise<void>;
}

/** Milliseconds after which the event loop gets a turn between two batches. */
const TURN_INTERVAL = 20;

/** Batches of one session. */
export class TransformPump {
  readonly #checked: CheckedProcess;
  readonly #session: RunningProcess;
  readonly #signal: AbortSignal;
  readonly #onFailure: (error: unknown) => void;
  readonly #running: Running[] = [];
  /** Settles when the batch that was taken last has gone back. */
  #last: Promise<void> = Promise.resolve();
  #stopped = false;
  #lastTurn = performance.now();

  /** @param onFailure - hears of a transform that failed, also while nobody waits for it */
  constructor(
    checked: CheckedProcess,
    session: RunningProcess,
    signal: AbortSignal,
    onFailure: (error: unknown) => void,
  ) {
    this.#checked = checked;
    this.#session = session;
    this.#signal = signal;
    this.#onFailure = onFailure;
  }

  /** Starts the transform of a batch; waits while as many run as may. */
  async take(items: readonly LeasedItem[], layout: PictureLayout): Promise<void> {
    if (performance.now() - this.#lastTurn > TURN_INTERVAL) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#lastTurn = performance.now();
    }
    if (this.#signal.aborted) throw deadlineError(this.#signal);
    const frames = items.map(({ lease, facts }) => new ProcessFrame(lease, layout, facts as FrameFacts));
    const [before, done] = [this.#last, this.#call(frames)];
    // Who waits for an earlier one hears of this one later.
    done.catch(() => undefined);
    // Batches go back as soon as they may: the last ones of a video are followed by no other that would push them.
    const gone = before
      .then(() => done)
      .then(() => {
        this.#handBackOldest();
      });
    gone.catch(this.#onFailure);
    this.#running.push({ items, frames, byteLength: layout.byteLength, gone });
    this.#last = gone;
    while (this.#running.length >= this.#checked.concurrency) await this.#running[0]?.gone;
  }

  /** Waits for every batch. */
  async finish(): Promise<void> {
    await this.#last;
  }

  /** Takes every frame out of the hands of a transform that is still at it. */
  stop(): void {
    this.#stopped = true;
    for (const { items } of this.#running.splice(0)) for (const { lease } of items) lease.release();
  }

  #handBackOldest(): void {
    const oldest = this.#stopped ? undefined : this.#running.shift();
    if (oldest === undefined) return;
    for (const [place, item] of oldest.items.entries())
      item.handBack({ drop: oldest.frames[place]?.dropped ?? true } satisfies ReturnFacts, oldest.byteLength);
  }

  async #call(frames: readonly ProcessFrame[]): Promise<void> {
    const { transform, transformTimeout } = this.#checked;
    const facts = { index: frames[0]?.index, pts: frames[0]?.pts };
    const where = `at frame ${String(facts.index)} (${(facts.pts ?? 0).toFixed(3)} s)`;
    let timer: NodeJS.Timeout | undefined;
    try {
      const returned: unknown = transform?.(new FrameBatch(frames), this.#session);
      if (!isPromise(returned)) {
        if (returned !== undefined) throw new TypeError(RETURNED);
        return;
      }
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          reject(
            new FramerailError(
              'FR_TRANSFORM_STALLED',
              `The transform did not settle within ${String(transformTimeout)} ms ${where}; raise \`transformTimeout\` if it needs longer.`,
              { details: { ...facts, transformTimeout } },
            ),
          );
        }, transformTimeout);
      });
      const settled = await untilAborted(Promise.race([returned, late]), this.#signal);
      if (settled !== undefined) throw new TypeError(RETURNED);
    } catch (cause) {
      if (this.#signal.aborted) throw deadlineError(this.#signal);
      if (isFramerailError(cause) && cause.code === 'FR_TRANSFORM_STALLED') throw cause;
      const why = messageOf(cause);
      throw new FramerailError('FR_TRANSFORM_FAILED', `The transform failed ${where}: ${why}`, {
        details: facts,
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
  }
}

const RETURNED = 'a transform changes frames in place and returns nothing; use `frame.drop()` to leave one out.';

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
