// Many covers: items come in, results go out, and neither side is ever further ahead than a window.
import {
  argumentError,
  checkInteger,
  checkOptions,
  checkSwitch,
  type FramerailError,
  optionNames,
  toFramerailError,
} from '../../base/index.js';
import type { MediaInput } from '../../sources/index.js';
import { COVER_SET_NAMES, type CoverSetOptions } from '../cover-options.js';
import type { CoverSet } from '../cover.js';
import { mapWindowed, type Pulled, type Sequence } from './windowed.js';

/** One video of a batch. */
export interface CoverBatchItem {
  /** As for `makeAll()`. */
  readonly input: MediaInput;
  /** A name of the caller's own; it comes back with the result. */
  readonly id?: string | undefined;
  /** What is wanted of this video; each option goes ahead of the same one of the whole batch. */
  readonly options?: CoverSetOptions | undefined;
}

/** How a batch is made. */
export interface CoverBatchOptions {
  /** What holds for every item that does not say otherwise. @defaultValue as for `makeAll()` */
  readonly options?: CoverSetOptions | undefined;
  /**
   * Videos that are at work at a time, 1 to 256. @defaultValue two for each worker: while one is made, the next one waits for it
   */
  readonly concurrency?: number | undefined;
  /**
   * Items that are pulled ahead of their work at most, and results that wait to be taken at most, running ones among
   * them; not below `concurrency`, up to 10,000. @defaultValue twice `concurrency`
   */
  readonly window?: number | undefined;
  /** Whether results come in the order of the items, and not as they are finished. @defaultValue false */
  readonly ordered?: boolean | undefined;
  /** Ends the batch: what runs is called off, and the iteration rejects with FR_ABORTED. @defaultValue none */
  readonly signal?: AbortSignal | undefined;
}

/** What every result says. */
export interface CoverBatchEnd<Item extends CoverBatchItem = CoverBatchItem> {
  /** The very object that came in. */
  readonly item: Item;
  /** Its place among the items, from 0. */
  readonly index: number;
  /** Milliseconds from when it was pulled until it began. */
  readonly queueMs: number;
  /** Milliseconds that it took from then on. */
  readonly runMs: number;
}

/** The covers of an item. */
export interface CoverBatchMade<Item extends CoverBatchItem = CoverBatchItem> extends CoverBatchEnd<Item> {
  /** It has covers. */
  readonly ok: true;
  /** As `makeAll()` gives them. */
  readonly covers: CoverSet;
}

/** Why an item has none. */
export interface CoverBatchFailed<Item extends CoverBatchItem = CoverBatchItem> extends CoverBatchEnd<Item> {
  /** It has none. */
  readonly ok: false;
  /** What `makeAll()` rejected with. */
  readonly error: FramerailError;
}

/** How one item of a batch ended. */
export type CoverBatchResult<Item extends CoverBatchItem = CoverBatchItem> =
  CoverBatchMade<Item> | CoverBatchFailed<Item>;

/** Who makes the covers of one video. */
export type MakeAll = (input: MediaInput, options: CoverSetOptions) => Promise<CoverSet>;

const BATCH_NAMES = optionNames<CoverBatchOptions>({
  options: true,
  concurrency: true,
  window: true,
  ordered: true,
  signal: true,
});

/** Videos of a batch that may be at work at a time. */
export const MOST_AT_ONCE = 256;
const MOST_WINDOW = 10_000;

/**
 * Makes covers of all items.
 * @param atOnce - how many run at a time, unless the options say so
 */
export function makeBatch<Item extends CoverBatchItem>(
  makeAll: MakeAll,
  atOnce: number,
  items: Sequence<Item>,
  options: CoverBatchOptions,
): AsyncGenerator<CoverBatchResult<Item>, void, undefined> {
  checkOptions(options, BATCH_NAMES);
  if (typeof items !== 'object' || !(Symbol.iterator in items || Symbol.asyncIterator in items))
    throw argumentError('items', 'what can be iterated, at once or asynchronously', items);
  const concurrency = checkInteger('concurrency', options.concurrency ?? atOnce, 1, MOST_AT_ONCE);
  const window = checkInteger('window', options.window ?? concurrency * 2, concurrency, MOST_WINDOW);
  const ordered = checkSwitch('ordered', options.ordered, false);
  const { signal, options: usual = {} } = options;
  checkOptions(usual, COVER_SET_NAMES, '`options`');
  const work = async (pulled: Pulled<Item>, stop: AbortSignal): Promise<CoverBatchResult<Item>> => {
    const { item, index, at } = pulled;
    const began = performance.now();
    const facts = (): CoverBatchEnd<Item> => ({ item, index, queueMs: began - at, runMs: performance.now() - began });
    try {
      const covers = await makeItem(makeAll, usual, item, stop);
      return { ok: true, ...facts(), covers };
    } catch (cause) {
      return { ok: false, ...facts(), error: toFramerailError(cause) };
    }
  };
  return mapWindowed(items, work, { concurrency, window, ordered, signal });
}

async function makeItem(
  makeAll: MakeAll,
  usual: CoverSetOptions,
  item: CoverBatchItem,
  stop: AbortSignal,
): Promise<CoverSet> {
  if (typeof item !== 'object' || item === null) throw argumentError('items', 'objects with an `input`', item);
  const { input, options = {} } = item;
  checkOptions(options, COVER_SET_NAMES);
  const own = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const wanted: CoverSetOptions = { ...usual, ...own };
  if (wanted.signal === undefined) return makeAll(input, { ...wanted, signal: stop });
  // By hand: `AbortSignal.any()` leaves something behind at a signal that lives as long as the batch.
  const both = new AbortController();
  const signals = [wanted.signal, stop];
  const onAbort = (): void => {
    both.abort(signals.find(({ aborted }) => aborted)?.reason);
  };
  for (const signal of signals) signal.addEventListener('abort', onAbort);
  if (signals.some(({ aborted }) => aborted)) onAbort();
  try {
    return await makeAll(input, { ...wanted, signal: both.signal });
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', onAbort);
  }
}
