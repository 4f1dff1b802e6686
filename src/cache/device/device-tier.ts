// The second tier: what is large lies in the memory of a device, where there is one and somebody who can reach it.
import { systemCode } from '../base/index.js';
import { absence } from '../hardware/index.js';
import {
  bytesOf,
  LARGEST_SHARE,
  NO_REPORTS,
  type CacheEntry,
  type CacheTier,
  type TierReports,
  type TierStats,
} from './tier.js';

/** Memory of a device, as narrow as it can be: whoever has a context on one can write it. */
export interface DeviceStore<Handle = unknown> {
  /** Bytes of memory that the device has. */
  readonly totalBytes: number;
  /** Sets memory aside; undefined where the device has none left. */
  reserve(bytes: number): Promise<Handle | undefined>;
  /** Fills it from its beginning; the bytes are the caller's again once it is done. */
  upload(handle: Handle, bytes: Uint8Array): Promise<void>;
  /** What was filled, in memory of the caller. */
  download(handle: Handle, bytes: number): Promise<Uint8Array>;
  /** Gives memory back. */
  free(handle: Handle): void;
  /** Lets go of the device; nothing is asked of it then. */
  close(): Promise<void>;
}

/** The part of a device that the cache may fill: decoders and filters need some too. */
const BUDGET = 0.8;

interface Kept<Handle> {
  readonly handle: Handle;
  readonly facts: string;
  readonly lengths: readonly number[];
  readonly bytes: number;
}

/** Entries on a device. */
export class DeviceTier<Handle = unknown> implements CacheTier {
  readonly name = 'device';
  readonly absence: string | undefined;
  readonly #store: DeviceStore<Handle> | undefined;
  readonly #reports: TierReports;
  readonly #capacity: number;
  /** From the one that was used longest ago on. */
  readonly #entries = new Map<string, Kept<Handle>>();
  /** Calls follow each other: memory that one reads must not be freed by the next. */
  #turn: Promise<unknown> = Promise.resolve();
  #bytes = 0;

  /** @param store - undefined where nobody can reach a device */
  constructor(store: DeviceStore<Handle> | undefined, reports = NO_REPORTS) {
    this.#store = store;
    this.#reports = reports;
    this.#capacity = store === undefined ? 0 : Math.floor(BUDGET * store.totalBytes);
    this.absence = store === undefined ? (absence('nvenc') ?? NO_STORE) : undefined;
  }

  get(key: string): Promise<CacheEntry | undefined> {
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
    if (bytes > this.#capacity * LARGEST_SHARE) return Promise.resolve(false);
    return this.#inTurn(async (store) => {
      this.#forget(key, store);
      while (this.#bytes + bytes > this.#capacity) this.#dropOldest(store);
      const lengths = entry.parts.map(({ byteLength }) => byteLength);
      let handle = await store.reserve(sum(lengths));
      // Others use the device too: what they took, the cache gives way to.
      while (handle === undefined && this.#dropOldest(store)) handle = await store.reserve(sum(lengths));
      if (handle === undefined) return false;
      try {
        await store.upload(handle, Buffer.concat(entry.parts));
      } catch (error) {
        store.free(handle);
        throw error;
      }
      this.#entries.set(key, { handle, facts: entry.facts, lengths, bytes });
      this.#bytes += bytes;
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
    return this.#inTurn(async (store) => {
      for (const key of [...this.#entries.keys()]) this.#forget(key, store);
      await store.close();
    }, undefined);
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
