// What callers say about the cache of an engine of covers, and about its use.
import { resolve } from 'node:path';
import {
  argumentError,
  checkInteger,
  checkNames,
  checkNumber,
  checkOptions,
  checkSwitch,
  optionNames,
  type CallOptions,
} from '../../base/index.js';
import { CudaStore, isKey, type CacheSizes, type PreheatBudget } from '../../cache/index.js';
import { absence } from '../../hardware/index.js';
import type { MediaInput } from '../../sources/index.js';
import type { CoverUse } from '../cover-options.js';

/** How an engine keeps covers that it made. */
export interface CoverCacheOptions {
  /** Bytes of memory for covers; 0 for none. @defaultValue 64 MiB */
  readonly memoryBytes?: number | undefined;
  /**
   * A folder for covers, which is made when it is missing, and which several processes may share. What happens to it stops
   * no call: while it cannot be used, work goes on without it, after one warning (FRAMERAIL_CACHE). @defaultValue none
   */
  readonly folder?: string | undefined;
  /**
   * Bytes that the folder may take, in blocks of 4 KiB; the covers that were used longest ago go. Each process that writes
   * to it may exceed them by a sixteenth. @defaultValue 1 GiB
   */
  readonly diskBytes?: number | undefined;
  /**
   * Whether `preheat()` may keep covers of more than 2 MiB in the memory of an NVIDIA device, where there is one: up to four
   * fifths of it, and a tenth of it is left to others. A process of its own opens it when the first one comes.
   * @defaultValue true
   */
  readonly device?: boolean | undefined;
  /**
   * Whether it is remembered what is used where, and what it looks like, for `preheat()`; in the folder as well, once a
   * minute. @defaultValue true
   */
  readonly recall?: boolean | undefined;
}

/** What will probably be asked for, and what may be done about it. */
export interface PreheatOptions extends CallOptions, CoverUse {
  /** Covers that look like these: those of a key (`cover.cache.key`), or a picture or a video. @defaultValue whatever was used */
  readonly like?: { readonly key: string } | { readonly input: MediaInput } | undefined;
  /** Entries at most, from 1 to 1000; an entry is what a call of `make()` or `makeAll()` gave. @defaultValue 50 */
  readonly topK?: number | undefined;
  /** Bytes that are brought up at most. @defaultValue a quarter of the memory of the cache */
  readonly bytes?: number | undefined;
  /** Milliseconds after which it ends with what it has done. @defaultValue 10,000 */
  readonly within?: number | undefined;
  /** Milliseconds that an entry stays in memory unless it is used. @defaultValue 60,000 */
  readonly keepFor?: number | undefined;
}

/** A cache as it was asked for. */
export interface CacheWish extends CacheSizes {
  readonly recall: boolean;
}

const [MIB, GIB] = [1024 ** 2, 1024 ** 3];
const MEMORY = 64 * MIB;
const MOST_TEXT = 200;

const OPTION_NAMES = optionNames<CoverCacheOptions>({
  memoryBytes: true,
  folder: true,
  diskBytes: true,
  device: true,
  recall: true,
});
const PREHEAT_NAMES = optionNames<PreheatOptions>({
  signal: true,
  timeout: true,
  template: true,
  segment: true,
  like: true,
  topK: true,
  bytes: true,
  within: true,
  keepFor: true,
});
const USE_NAMES = optionNames<CoverUse>({ template: true, segment: true });

/** Checks the option of the engine; undefined for no cache. */
export function checkCache(cache: boolean | CoverCacheOptions | undefined): CacheWish | undefined {
  if (cache === undefined || cache === false) return undefined;
  if (cache !== true && (typeof cache !== 'object' || cache === null))
    throw argumentError('cache', 'true, false or an object', cache);
  const options = cache === true ? {} : cache;
  checkNames('`cache`', options, OPTION_NAMES);
  const { memoryBytes, folder, diskBytes } = options;
  if (folder !== undefined && (typeof folder !== 'string' || folder === '' || folder.includes('\0')))
    throw argumentError('cache.folder', 'a path', folder);
  return {
    memoryBytes: checkInteger('cache.memoryBytes', memoryBytes ?? MEMORY, 0, Number.MAX_SAFE_INTEGER),
    folder: folder === undefined ? undefined : resolve(folder),
    diskBytes: checkInteger('cache.diskBytes', diskBytes ?? GIB, MIB, Number.MAX_SAFE_INTEGER),
    device:
      checkSwitch('cache.device', options.device, true) && absence('nvenc') === undefined ? new CudaStore() : undefined,
    recall: checkSwitch('cache.recall', options.recall, true),
  };
}

/** Checks in which surroundings a call is made. */
export function checkUse(name: string, use: CoverUse | undefined): CoverUse | undefined {
  if (use === undefined) return undefined;
  if (typeof use !== 'object' || use === null) throw argumentError(name, 'an object', use);
  checkNames(`\`${name}\``, use, USE_NAMES);
  const { template, segment } = use;
  return { template: checkText(`${name}.template`, template), segment: checkText(`${name}.segment`, segment) };
}

/** What preheating is told. */
export interface PreheatWish extends CoverUse {
  readonly like: { readonly key: string } | { readonly input: MediaInput } | undefined;
  readonly topK: number;
  readonly budget: PreheatBudget;
}

/** Checks what preheating is told. @param memoryBytes - of the cache */
export function checkPreheat(options: PreheatOptions, memoryBytes: number): PreheatWish {
  checkOptions(options, PREHEAT_NAMES);
  const { template, segment, like, topK = 50, within = 10_000, keepFor = 60_000 } = options;
  if (like !== undefined && (typeof like !== 'object' || like === null || !('key' in like || 'input' in like)))
    throw argumentError('like', 'an object with a `key` or an `input`', like);
  if (like !== undefined && 'key' in like && !isKey(like.key))
    throw argumentError('like.key', 'the key of a cover (`cover.cache.key`)', like.key);
  return {
    template: checkText('template', template),
    segment: checkText('segment', segment),
    like,
    topK: checkInteger('topK', topK, 1, 1000),
    budget: {
      bytes: checkInteger('bytes', options.bytes ?? Math.floor(memoryBytes / 4), 0, Number.MAX_SAFE_INTEGER),
      time: checkNumber('within', within, 0, 'milliseconds'),
      keepFor: checkNumber('keepFor', keepFor, 1, 'milliseconds'),
    },
  };
}

function checkText(name: string, text: unknown): string | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || text.length > MOST_TEXT)
    throw argumentError(name, `a text of ${String(MOST_TEXT)} characters at most`, text);
  return text;
}
