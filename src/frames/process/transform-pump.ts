// Calls the transform for one batch after another and hands the frames back in their order.
import { deadlineError, FramerailError, isFramerailError, untilAborted } from '../../base/index.js';
import type { PictureLayout } from '../../pixels/index.js';
import type { LeasedItem } from '../../workers/index.js';
import type { FrameFacts } from '../selection.js';
import { FrameBatch } from '../video-frame.js';
import { ProcessFrame } from './process-frame.js';
import type { CheckedProcess } from './process-options.js';
import type { ReturnFacts } from './process-params.js';
import type { ProcessSession } from './session.js';

/** A batch in the transform. */
interface Running {
  readonly items: readonly LeasedItem[];
  readonly frames: readonly ProcessFrame[];
  readonly byteLength: number;
  /** Settles as the transform does. */
  readonly done: Promise<void>;
}

/** Milliseconds after which the event loop gets a turn between two batches. */
const TURN_INTERVAL = 20;

/** Batches of one session. */
export class TransformPump {
  readonly #checked: CheckedProcess;
  readonly #session: ProcessSession;
  readonly #signal: AbortSignal;
  readonly #running: Running[] = [];
  #lastTurn = performance.now();

  constructor(checked: CheckedProcess, session: ProcessSession, signal: AbortSignal) {
    this.#checked = checked;
    this.#session = session;
    this.#signal = signal;
  }

  /** Starts the transform of a batch; waits while as many run as may. */
  async take(items: readonly LeasedItem[], layout: PictureLayout): Promise<void> {
    if (performance.now() - this.#lastTurn > TURN_INTERVAL) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#lastTurn = performance.now();
    }
    if (this.#signal.aborted) throw deadlineError(this.#signal);
    const frames = items.map(({ lease, facts }) => new ProcessFrame(lease, layout, facts as FrameFacts));
    const done = this.#call(frames);
    // Who waits for an earlier one hears of this one later.
    done.catch(() => undefined);
    this.#running.push({ items, frames, byteLength: layout.byteLength, done });
    while (this.#running.length >= this.#checked.concurrency) await this.#settleOldest();
  }

  /** Waits for every batch. */
  async finish(): Promise<void> {
    while (this.#running.length > 0) await this.#settleOldest();
  }

  /** Takes every frame out of the hands of a transform that is still at it. */
  stop(): void {
    for (const { items } of this.#running.splice(0)) for (const { lease } of items) lease.release();
  }

  async #settleOldest(): Promise<void> {
    const oldest = this.#running[0];
    if (oldest === undefined) return;
    await oldest.done;
    this.#running.shift();
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
      const why = cause instanceof Error ? cause.message : String(cause);
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
