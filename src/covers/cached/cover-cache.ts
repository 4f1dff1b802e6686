// The cache of an engine of covers: looked into before a job starts, filled when it is done, and equal calls share one job.
import { argumentError, startDeadline, untilAborted } from '../../base/index.js';
import {
  Cache,
  Flights,
  keyOf,
  preheat,
  Recall,
  RecallKeeper,
  type Found,
  type PreheatReport,
  type TierState,
} from '../../cache/index.js';
import { isHttpAddress, type MediaInput, type ResolvedSource, type SourceIdentity } from '../../sources/index.js';
import type { CallOptions } from '../../base/index.js';
import type { Telemetry } from '../../telemetry/index.js';
import type { Backend } from '../../workers/index.js';
import type { CoverUse } from '../cover-options.js';
import type { CoverJobParams, CoverParams } from '../cover-params.js';
import type { CoverSet, CoverWork, MadeCovers } from '../cover.js';
import { EMBEDDING_LENGTH } from '../embedding/index.js';
import type { InputUser, TimedOptions } from '../input-user.js';
import type { CoverTimings } from '../stage-clock.js';
import { checkPreheat, checkUse, type CacheWish, type PreheatOptions } from './cache-options.js';
import { coversOf, entryOf } from './cover-entry.js';
import { engineVersion } from './engine-version.js';

/** What a call of covers says beside what they shall be. */
export type CachedCallOptions = TimedOptions & {
  readonly refresh?: boolean | undefined;
  readonly use?: CoverUse | undefined;
};

/** Runs a job of covers. */
export type RunCovers = (source: ResolvedSource, params: CoverJobParams, call: CallOptions) => Promise<MadeCovers>;

/** A call on its way through the cache. */
interface Passing {
  readonly key: string;
  readonly started: number;
  readonly use: CoverUse | undefined;
  readonly refresh: boolean;
  /** Whether memory was asked already. */
  readonly looked: boolean;
}

/** What is made where nothing was kept. */
interface Work {
  readonly source: ResolvedSource;
  readonly params: CoverParams;
  readonly run: RunCovers;
  /** Whether the input is still the version that was asked for. */
  readonly isSame: () => boolean;
}

/** What one flight gives to all who wait for it. */
type Flown = Found | { readonly made: MadeCovers };

const NO_TIMINGS: CoverTimings = { open: 0, seek: 0, decode: 0, analyse: 0, scale: 0, encode: 0, total: 0 };
const WHAT = 'Making a cover';

/** Keeps covers. */
export class CoverCache {
  readonly #cache: Cache;
  readonly #memoryBytes: number;
  readonly #recall: Recall | undefined;
  readonly #keeper: RecallKeeper | undefined;
  readonly #flights = new Flights<Flown>();
  readonly #user: InputUser;
  readonly #versions = new Map<Backend, string>();

  constructor(wish: CacheWish, telemetry: Telemetry, user: InputUser) {
    this.#cache = new Cache(wish, telemetry);
    this.#memoryBytes = wish.memoryBytes;
    this.#recall = wish.recall ? new Recall(EMBEDDING_LENGTH) : undefined;
    const { disk } = this.#cache;
    if (this.#recall !== undefined && disk !== undefined) this.#keeper = new RecallKeeper(this.#recall, disk);
    this.#user = user;
  }

  /** What is known of each tier. */
  get tiers(): TierState[] {
    return this.#cache.state();
  }

  /**
   * Gives covers that were kept, or makes them and keeps them. Rejects as making them does.
   * @param run - has the job done
   */
  async covers(input: MediaInput, params: CoverParams, options: CachedCallOptions, run: RunCovers): Promise<CoverSet> {
    const started = performance.now();
    const call = { started, use: checkUse('use', options.use), refresh: options.refresh === true };
    const { backend } = this.#user.pool;
    const version = this.#versions.get(backend) ?? (await this.#learnVersion(backend));
    // Which devices there are changes nothing of what was wanted.
    const { offer: _, ...wanted } = params;
    const key = (source: SourceIdentity): string => keyOf({ format: 1, version, source, params: wanted });
    if (isHttpAddress(input))
      return this.#user.use(input, options, WHAT, async (source, { signal }) => {
        const identity = source.blocks?.identity;
        if (identity === undefined || version === undefined || signal === undefined)
          return withoutEmbedding(await run(source, params, { signal }));
        const passing = {
          ...call,
          looked: false,
          key: key({ kind: 'remote', size: source.blocks?.size ?? 0, identity }),
        };
        const work = { source, params, run, isSame: () => true };
        return this.#pass(passing, signal, (flight) => this.#make(passing.key, work, flight));
      });
    const identity = version === undefined ? undefined : this.#user.identify(input, options);
    if (identity === undefined)
      return withoutEmbedding(
        await this.#user.use(input, options, WHAT, (source, timed) => run(source, params, timed)),
      );
    const passing = { ...call, looked: true, key: key(identity) };
    // What memory has is given at once, without a timer.
    const found = call.refresh || options.signal?.aborted === true ? undefined : this.#cache.inMemory(passing.key);
    if (found !== undefined) return this.#unpack(found, passing);
    const deadline = startDeadline(options, `${WHAT} of ${nameOf(input)}`);
    try {
      return await this.#pass(passing, deadline.signal, async (flight) => {
        const source = await untilAborted(this.#user.resolve(input, options), flight);
        // What was replaced while it was read is not what was asked for.
        const isSame = (): boolean => passing.key === keyIfAny(this.#user.identify(input, options), key);
        return this.#make(passing.key, { source, params, run, isSame }, flight);
      });
    } finally {
      deadline.done();
    }
  }

  /** Brings up what will probably be asked for. Rejects with FR_ARG_INVALID, FR_ABORTED, FR_TIMEOUT and as `covers()`. */
  async preheat(
    options: PreheatOptions,
    look: (input: MediaInput, call: CallOptions) => Promise<CoverWork>,
  ): Promise<PreheatReport> {
    const wish = checkPreheat(options, this.#memoryBytes);
    const recall = this.#recall;
    if (recall === undefined) throw argumentError('cache.recall', 'true for `preheat()`', false);
    const deadline = startDeadline(options, 'Preheating');
    const { signal } = deadline;
    try {
      await untilAborted(this.#keeper?.ready ?? Promise.resolve(), signal);
      const { template, segment, topK, budget } = wish;
      const key = await likeKey(wish.like, (input) => look(input, { signal }));
      const like = key === undefined ? undefined : await this.#embeddingOf(recall, key);
      return await preheat(this.#cache, recall, { template, segment, like, topK }, budget, signal);
    } finally {
      deadline.done();
    }
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#keeper?.close();
    await this.#cache.close();
  }

  async #pass(
    passing: Passing,
    signal: AbortSignal,
    make: (flight: AbortSignal) => Promise<MadeCovers>,
  ): Promise<CoverSet> {
    const { key, refresh, looked } = passing;
    let lookup = 0;
    const { result, joined } = await this.#flights.share(refresh ? `${key} anew` : key, signal, async (flight) => {
      const look = (): Promise<Found | undefined> => (looked ? this.#cache.below(key) : this.#cache.get(key));
      const found = refresh ? undefined : await look();
      lookup = performance.now() - passing.started;
      return found ?? { made: await make(flight) };
    });
    if (joined) this.#cache.metrics.joined();
    // Several callers got the same: each has bytes of its own.
    const own = joined ? structuredClone(result) : result;
    if (!('made' in own)) return this.#unpack(own, passing);
    this.#note(key, passing.use);
    return { ...withoutEmbedding(own.made), cache: { tier: null, key, lookup } };
  }

  async #make(key: string, { source, params, run, isSame }: Work, signal: AbortSignal): Promise<MadeCovers> {
    const { pool } = this.#user;
    const before = pool.backend;
    const made = await run(source, { ...params, embed: this.#recall !== undefined }, { signal });
    // Where native code could not be loaded, commands made it, which are another version.
    if (pool.backend === before && isSame()) {
      const { facts, parts } = entryOf(made);
      // The caller may write over what it gets while the disk is slow.
      this.#cache.put(key, { facts, parts: parts.map((part) => Uint8Array.from(part)) });
      this.#recall?.seen(key, made.embedding);
      this.#keeper?.changed();
    }
    return made;
  }

  /** What a caller gets of what was found. */
  #unpack({ entry, tier }: Found, { key, started, use }: Passing): CoverSet {
    const { covers } = coversOf(entry);
    this.#note(key, use);
    const lookup = performance.now() - started;
    return { ...covers, timings: { ...NO_TIMINGS, total: lookup }, cache: { tier, key, lookup } };
  }

  #note(key: string, use: CoverUse | undefined): void {
    if (use === undefined || this.#recall === undefined) return;
    this.#recall.used(key, use);
    this.#keeper?.changed();
  }

  async #learnVersion(backend: Backend): Promise<string | undefined> {
    const version = await engineVersion(backend);
    if (version !== undefined) this.#versions.set(backend, version);
    return version;
  }

  /** What an entry looks like; entries of other processes say it themselves. */
  async #embeddingOf(recall: Recall, key: string): Promise<Float32Array | undefined> {
    const known = recall.embeddingOf(key);
    if (known !== undefined) return known;
    const found = await this.#cache.get(key);
    return found === undefined ? undefined : coversOf(found.entry).embedding;
  }
}

async function likeKey(
  like: { readonly key: string } | { readonly input: MediaInput } | undefined,
  look: (input: MediaInput) => Promise<CoverWork>,
): Promise<string | undefined> {
  if (like === undefined) return undefined;
  return 'key' in like ? like.key : (await look(like.input)).cache?.key;
}

function keyIfAny(identity: SourceIdentity | undefined, key: (source: SourceIdentity) => string): string | undefined {
  return identity === undefined ? undefined : key(identity);
}

function withoutEmbedding({ embedding: _, ...covers }: MadeCovers): CoverSet {
  return covers;
}

function nameOf(input: MediaInput): string {
  if (typeof input === 'string' || input instanceof URL) return String(input);
  return input instanceof Uint8Array ? '(bytes in memory)' : (input.name ?? '(bytes in memory)');
}
