// Brings up what will probably be asked for, in the background and within budgets: small entries into memory for a while,
// larger ones onto a device where there is one.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deadlineError } from '../../base/index.js';
import { SMALL, type Cache } from '../cache.js';
import { bytesOf } from '../tier.js';
import type { Recall, Recalled, RecallWish } from './recall.js';

/** What preheating may take. */
export interface PreheatBudget {
  /** Bytes of entries that are brought up. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly time: number;
  /** Milliseconds that an entry stays in memory unless somebody asks for it. */
  readonly keepFor: number;
}

/**
 * What became of an entry: it came into `memory`, onto a `device`, or stayed on the `disk` as it is large; it was `present`
 * in memory already; it was `gone` from the disk; or there was no `budget` left for it.
 */
export type PreheatOutcome = 'memory' | 'device' | 'disk' | 'present' | 'gone' | 'budget';

/** One entry that was looked at. */
export interface PreheatedItem extends Recalled {
  /** What became of it. */
  readonly outcome: PreheatOutcome;
  /** Bytes that it takes; 0 where it was not read. */
  readonly bytes: number;
}

/** What preheating did. */
export interface PreheatReport {
  /** What was recalled, the likeliest first, as far as it was looked at. */
  readonly items: readonly PreheatedItem[];
  /** Bytes that were brought up. */
  readonly bytes: number;
  /** Milliseconds that it took, with the times in which calls went first. */
  readonly milliseconds: number;
  /** Whether everything that was recalled was looked at, or the time was over before. */
  readonly ended: 'done' | 'time';
}

/** Preheats a cache. Rejects with the reason of the signal; what was brought up until then stays. */
export async function preheat(
  cache: Cache,
  recall: Recall,
  wish: RecallWish,
  budget: PreheatBudget,
  signal: AbortSignal,
): Promise<PreheatReport> {
  const started = performance.now();
  const items: PreheatedItem[] = [];
  let bytes = 0;
  const report = (ended: PreheatReport['ended']): PreheatReport => ({
    items,
    bytes,
    milliseconds: performance.now() - started,
    ended,
  });
  for (const recalled of await recall.find(wish)) {
    // Whoever waits for an answer goes first.
    await nextTurn();
    await cache.quiet();
    if (signal.aborted) throw deadlineError(signal);
    if (performance.now() - started > budget.time) return report('time');
    const { outcome, taken } = await bringUp(cache, recalled.key, { ...budget, bytes: budget.bytes - bytes });
    // A disk that cannot be read now may be there again.
    if (outcome === 'gone' && cache.disk?.absence === undefined) recall.forget(recalled.key);
    if (outcome === 'memory' || outcome === 'device') bytes += taken;
    cache.metrics.preheated(outcome);
    items.push({ ...recalled, outcome, bytes: taken });
  }
  return report('done');
}

async function bringUp(
  cache: Cache,
  key: string,
  { bytes: left, keepFor }: PreheatBudget,
): Promise<{ readonly outcome: PreheatOutcome; readonly taken: number }> {
  if (cache.memory.touch(key)) return { outcome: 'present', taken: 0 };
  if (left <= 0) return { outcome: 'budget', taken: 0 };
  const entry = await cache.disk?.get(key);
  if (entry === undefined) return { outcome: 'gone', taken: 0 };
  const taken = bytesOf(entry);
  if (taken > left) return { outcome: 'budget', taken };
  if (taken <= SMALL) {
    if (!(await cache.memory.set(key, entry, { unlessUsedWithin: keepFor }))) return { outcome: 'disk', taken };
    cache.watchPreheated(key);
    return { outcome: 'memory', taken };
  }
  if (!(await cache.device.set(key, entry))) return { outcome: 'disk', taken };
  cache.watchPreheated(key);
  return { outcome: 'device', taken };
}
