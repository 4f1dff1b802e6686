// A cache of tiers: asked from the fastest one down, filled from the top, and what is found below moves up.
import type { Telemetry } from '../telemetry/index.js';
import { CacheMetrics } from './cache-metrics.js';
import { DeviceTier } from './device/device-tier.js';
import type { DeviceStore } from './device/store.js';
import { DiskTier } from './disk/disk-tier.js';
import { inTime } from './in-time.js';
import { MemoryTier } from './memory-tier.js';
import { bytesOf, type CacheEntry, type CacheTier, type TierName, type TierStats } from './tier.js';

/** How large the tiers of a cache are. */
export interface CacheSizes {
  /** Bytes of memory; 0 for none. */
  readonly memoryBytes: number;
  /** Undefined for no tier on a disk. */
  readonly folder: string | undefined;
  /** Bytes of that folder. */
  readonly diskBytes: number;
  /** Who reaches the memory of a device; undefined where nobody does. */
  readonly device?: DeviceStore | undefined;
}

/** What is known of a tier. */
export interface TierState extends TierStats {
  /** Which one it is. */
  readonly name: TierName;
  /** Why it keeps nothing now, in one sentence; undefined while it does. */
  readonly absence: string | undefined;
}

/** An entry, and where it was. */
export interface Found {
  readonly entry: CacheEntry;
  readonly tier: TierName;
}

/** Bytes of entries that move into memory when they are found below it, or are preheated. */
export const SMALL = 2 * 1024 * 1024;
/** Milliseconds in which closing waits for a disk: one that hangs keeps nobody. */
const LONGEST_CLOSE = 5000;
/** Bytes that may wait for the disk. */
const MOST_UNWRITTEN = 64 * 1024 * 1024;
/** Preheated entries whose hits are counted. */
const MOST_WATCHED = 10_000;

/** The tiers of one engine. */
export class Cache {
  readonly metrics: CacheMetrics;
  readonly memory: MemoryTier;
  readonly device: DeviceTier;
  /** Undefined where no folder was given. */
  readonly disk: DiskTier | undefined;
  readonly #tiers: readonly CacheTier[];
  readonly #unwatch: () => void;
  readonly #writes = new Set<Promise<unknown>>();
  readonly #preheated = new Set<string>();
  readonly #quiet: (() => void)[] = [];
  #unwritten = 0;
  /** Lookups below memory that somebody waits for. */
  #reading = 0;

  constructor({ memoryBytes, folder, diskBytes, device }: CacheSizes, telemetry: Telemetry) {
    this.metrics = new CacheMetrics(telemetry.metrics);
    const reports = (tier: TierName): ReturnType<CacheMetrics['reports']> => this.metrics.reports(tier);
    this.memory = new MemoryTier(memoryBytes, reports('memory'));
    this.device = new DeviceTier(device, reports('device'));
    this.disk =
      folder === undefined ? undefined : new DiskTier({ folder, capacity: diskBytes, reports: reports('disk') });
    this.#tiers = [this.memory, this.device, ...(this.disk === undefined ? [] : [this.disk])];
    this.#unwatch = this.metrics.watch(this.#tiers);
  }

  /** What memory has, at once. */
  inMemory(key: string): Found | undefined {
    const started = performance.now();
    const entry = this.memory.find(key);
    this.metrics.asked('memory', entry === undefined ? 'miss' : 'hit');
    if (entry === undefined) {
      if (this.device.stats().entries === 0) this.#preheated.delete(key);
      return undefined;
    }
    this.metrics.looked('memory', performance.now() - started);
    if (this.#preheated.has(key)) this.metrics.preheatedHit();
    return { entry, tier: 'memory' };
  }

  /** What the tiers below memory have; what is small moves up. */
  async below(key: string): Promise<Found | undefined> {
    const started = performance.now();
    this.#reading += 1;
    try {
      for (const tier of this.#tiers.slice(1)) {
        if (tier.absence !== undefined && tier.name === 'device') continue;
        const entry = await tier.get(key);
        this.metrics.asked(tier.name, entry === undefined ? 'miss' : 'hit');
        if (entry === undefined) continue;
        if (bytesOf(entry) <= SMALL) await this.memory.set(key, entry);
        if (tier.name === 'device' && this.#preheated.has(key)) this.metrics.preheatedHit();
        this.metrics.looked(tier.name, performance.now() - started);
        return { entry, tier: tier.name };
      }
      this.metrics.looked('none', performance.now() - started);
      return undefined;
    } finally {
      this.#reading -= 1;
      if (this.#reading === 0) for (const wake of this.#quiet.splice(0)) wake();
    }
  }

  /** What any tier has. */
  async get(key: string): Promise<Found | undefined> {
    return this.inMemory(key) ?? this.below(key);
  }

  /** Keeps an entry in memory at once, and on the disk in the background. Its bytes must not change until then. */
  put(key: string, entry: CacheEntry): void {
    this.#preheated.delete(key);
    void this.memory.set(key, entry);
    const { disk } = this;
    if (disk === undefined) return;
    const bytes = bytesOf(entry);
    if (this.#unwritten + bytes > MOST_UNWRITTEN) {
      this.metrics.unwritten();
      return;
    }
    this.#unwritten += bytes;
    const write = disk.set(key, entry).finally(() => {
      this.#unwritten -= bytes;
      this.#writes.delete(write);
    });
    this.#writes.add(write);
  }

  /** Forgets an entry in all tiers. */
  async delete(key: string): Promise<void> {
    for (const tier of this.#tiers) await tier.delete(key);
  }

  /** Has the hits of an entry counted that was brought up before anybody asked for it. */
  watchPreheated(key: string): void {
    this.#preheated.delete(key);
    this.#preheated.add(key);
    for (const oldest of this.#preheated) {
      if (this.#preheated.size <= MOST_WATCHED) break;
      this.#preheated.delete(oldest);
    }
  }

  /** Waits until nobody waits for a tier below memory. */
  async quiet(): Promise<void> {
    while (this.#reading > 0) await new Promise<void>((resolve) => this.#quiet.push(resolve));
  }

  /** What is known of each tier. */
  state(): TierState[] {
    return this.#tiers.map((tier) => ({ name: tier.name, absence: tier.absence, ...tier.stats() }));
  }

  /** Waits some seconds for what is being written, and lets go of everything. */
  async close(): Promise<void> {
    await inTime(Promise.all(this.#writes), LONGEST_CLOSE).catch(() => undefined);
    this.#unwatch();
    for (const tier of this.#tiers) await tier.close();
  }
}
