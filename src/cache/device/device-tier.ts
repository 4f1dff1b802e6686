// The second tier: what is large lies in the memory of a device, where there is one and somebody who can reach it.
import { messageOf, systemCode } from '../../base/index.js';
import { absence } from '../../hardware/index.js';
import {
  bytesOf,
  LARGEST_SHARE,
  NO_REPORTS,
  type CacheEntry,
  type CacheTier,
  type TierReports,
  type TierStats,
} from '../tier.js';
import type { DeviceStore } from './store.js';

/** The part of a device that the cache may fill: decoders and filters need some too. */
const BUDGET = 0.8;
/** The part of a device that stays free for whoever comes: entries go before they find nothing. */
const SPARE = 0.1;
/** Milliseconds after which it is looked again whether others need memory. */
const LOOK_EVERY = 2000;

interface Kept<Handle> {
  readonly handle: Handle;
  readonly facts: string;
  readonly lengths: readonly number[];
  readonly bytes: number;
}

/** Entries on a device, which is opened when the first one comes. */
export class DeviceTier<Handle = unknown> implements CacheTier {
  readonly name = 'device';
  readonly #store: DeviceStore<Handle> | undefined;
  readonly #reports: TierReports;
  readonly #lookEvery: number;
  /** From the one that was used longest ago on. */
  readonly #entries = new Map<string, Kept<Handle>>();
  #absence: string | undefined;
  #opening: Promise<boolean> | undefined;
  /** Bytes that the device has; 0 until it is open. */
  #total = 0;
  #looking: NodeJS.Timeout | undefined;
  /** Calls follow each other: memory that one reads must not be freed by the next. */
  #turn: Promise<unknown> = Promise.resolve();
  #bytes = 0;

  /**
   * @param store - undefined where nobody can reach a device
   * @param lookEvery - milliseconds between two looks at what others need, while there are entries
   */
  constructor(store: DeviceStore<Handle> | undefined, reports = NO_REPORTS, lookEvery = LOOK_EVERY) {
    this.#store = store;
    this.#reports = reports;
    this.#lookEvery = lookEvery;
    if (store === undefined) this.#absence = absence('nvenc') ?? NO_STORE;
  }

  get absence(): string | undefined {
    return this.#absence ?? this.#store?.failure;
  }

  get(key: string): Promise<CacheEntry | undefined> {
    if (this.#entries.size === 0) return Promise.resolve(undefined);
    return this.#inTurn(async (store) => {
      const kept = this.#entries.get(key);
      if (kept === undefined) return undefined;
      this.#entries.delete(key);
      this.#entries.set(key, kept);
      try {
        const whole = await store.download(kept.handle, sum(kept.lengths));
        let at = 0;
        return { facts: kept.facts, parts: kept.lengths.map((length) => whole.slice(at, (at += length))) };
      } catch (error) {
        this.#forget(key, store);
        throw error;
      }
    }, undefined);
  }

  set(key: string, entry: CacheEntry): Promise<boolean> {
    const bytes = bytesOf(entry);
    return this.#inTurn(async (store) => {
      if (!(await this.#open(store)) || bytes > this.#capacity * LARGEST_SHARE) return false;
      this.#forget(key, store);
      while (this.#bytes + bytes > this.#capacity) this.#dropOldest(store);
      await this.#giveWay(store, bytes);
      const lengths = entry.parts.map(({ byteLength }) => byteLength);
      // No device sets nothing aside.
      const handle = await store.reserve(Math.max(1, sum(lengths)));
      if (handle === undefined) return false;
      try {
        await store.upload(handle, Buffer.concat(entry.parts));
      } catch (error) {
        store.free(handle);
        throw error;
      }
      this.#entries.set(key, { handle, facts: entry.facts, lengths, bytes });
      this.#bytes += bytes;
      this.#look();
      return true;
    }, false);
  }

  delete(key: string): Promise<void> {
    return this.#inTurn((store) => {
      this.#forget(key, store);
      return Promise.resolve();
    }, undefined);
  }

  stats(): TierStats {
    return { entries: this.#entries.size, bytes: this.#bytes, capacity: this.#capacity };
  }

  close(): Promise<void> {
    clearInterval(this.#looking);
    return this.#inTurn(async (store) => {
      this.#forgetAll(store);
      await store.close();
    }, undefined);
  }

  get #capacity(): number {
    return Math.floor(BUDGET * this.#total);
  }

  async #open(store: DeviceStore<Handle>): Promise<boolean> {
    this.#opening ??= store.open().then(
      (total) => {
        this.#total = total;
        return true;
      },
      async (error: unknown) => {
        this.#absence = messageOf(error);
        this.#reports.failed(systemCode(error));
        // Nothing is asked of it any more.
        await store.close();
        return false;
      },
    );
    return await this.#opening;
  }

  /** Drops what was used longest ago until so many bytes, and what others need, are free; or nothing is left to drop. */
  async #giveWay(store: DeviceStore<Handle>, bytes: number): Promise<void> {
    let missing = bytes + SPARE * this.#total - (await store.freeBytes());
    while (missing > 0) {
      const before = this.#bytes;
      if (!this.#dropOldest(store)) return;
      missing -= before - this.#bytes;
    }
  }

  /** Looks again and again whether others need memory, while there is something to give. */
  #look(): void {
    this.#looking ??= setInterval(() => {
      if (this.#entries.size > 0) void this.#inTurn((store) => this.#giveWay(store, 0), undefined);
      else {
        clearInterval(this.#looking);
        this.#looking = undefined;
      }
    }, this.#lookEvery).unref();
  }

  async #inTurn<Result>(work: (store: DeviceStore<Handle>) => Promise<Result>, otherwise: Result): Promise<Result> {
    const store = this.#store;
    if (store === undefined) return otherwise;
    const done = this.#turn.then(() => work(store));
    this.#turn = done.catch(() => undefined);
    try {
      return await done;
    } catch (error) {
      this.#reports.failed(systemCode(error));
      if (store.failure !== undefined) this.#forgetAll(store);
      return otherwise;
    }
  }

  #dropOldest(store: DeviceStore<Handle>): boolean {
    const [oldest] = this.#entries.keys();
    if (oldest === undefined) return false;
    this.#forget(oldest, store);
    this.#reports.evicted('room');
    return true;
  }

  #forgetAll(store: DeviceStore<Handle>): void {
    for (const key of [...this.#entries.keys()]) this.#forget(key, store);
  }

  #forget(key: string, store: DeviceStore<Handle>): void {
    const kept = this.#entries.get(key);
    if (kept === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= kept.bytes;
    store.free(kept.handle);
  }
}

const NO_STORE = 'There is a device, and nothing that keeps covers in its memory.';

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0);
}
