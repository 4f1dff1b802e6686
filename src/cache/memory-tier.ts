// The first tier: entries in memory, of which the one that was used longest ago goes first.
import {
  bytesOf,
  copyOf,
  LARGEST_SHARE,
  NO_REPORTS,
  type CacheEntry,
  type CacheTier,
  type KeepOptions,
  type TierReports,
  type TierStats,
} from './tier.js';

interface Kept {
  readonly entry: CacheEntry;
  readonly bytes: number;
  /** When it goes unless somebody asks for it before, by the clock of the tier. */
  fadesAt: number;
}

/** Entries in memory. */
export class MemoryTier implements CacheTier {
  readonly name = 'memory';
  readonly absence = undefined;
  readonly #capacity: number;
  readonly #reports: TierReports;
  readonly #now: () => number;
  /** From the one that was used longest ago on. */
  readonly #entries = new Map<string, Kept>();
  /** Those that nobody asked for yet, and that do not stay. */
  readonly #fading = new Set<string>();
  #bytes = 0;

  /**
   * @param capacity - bytes
   * @param now - a clock in milliseconds
   */
  constructor(capacity: number, reports = NO_REPORTS, now: () => number = () => performance.now()) {
    this.#capacity = capacity;
    this.#reports = reports;
    this.#now = now;
  }

  /** Whether an entry is there; if so it goes later than others, but a time that it has to be used within runs on. */
  touch(key: string): boolean {
    const kept = this.#entries.get(key);
    if (kept === undefined || kept.fadesAt <= this.#now()) return false;
    this.#entries.delete(key);
    this.#entries.set(key, kept);
    return true;
  }

  /** What `get()` gives, at once. */
  find(key: string): CacheEntry | undefined {
    const kept = this.#entries.get(key);
    if (kept === undefined) return undefined;
    if (kept.fadesAt <= this.#now()) {
      this.#drop(key, 'time');
      return undefined;
    }
    // What was asked for stays like everything else.
    kept.fadesAt = Number.POSITIVE_INFINITY;
    this.#fading.delete(key);
    this.#entries.delete(key);
    this.#entries.set(key, kept);
    return copyOf(kept.entry);
  }

  get(key: string): Promise<CacheEntry | undefined> {
    return Promise.resolve(this.find(key));
  }

  set(key: string, entry: CacheEntry, { unlessUsedWithin }: KeepOptions = {}): Promise<boolean> {
    const bytes = bytesOf(entry);
    if (bytes > this.#capacity * LARGEST_SHARE) return Promise.resolve(false);
    this.#forget(key);
    this.#makeRoom(bytes);
    const fadesAt = unlessUsedWithin === undefined ? Number.POSITIVE_INFINITY : this.#now() + unlessUsedWithin;
    this.#entries.set(key, { entry: copyOf(entry), bytes, fadesAt });
    if (unlessUsedWithin !== undefined) this.#fading.add(key);
    this.#bytes += bytes;
    return Promise.resolve(true);
  }

  delete(key: string): Promise<void> {
    this.#forget(key);
    return Promise.resolve();
  }

  stats(): TierStats {
    return { entries: this.#entries.size, bytes: this.#bytes, capacity: this.#capacity };
  }

  close(): Promise<void> {
    this.#entries.clear();
    this.#fading.clear();
    this.#bytes = 0;
    return Promise.resolve();
  }

  #makeRoom(bytes: number): void {
    if (this.#bytes + bytes <= this.#capacity) return;
    const now = this.#now();
    for (const key of this.#fading) if ((this.#entries.get(key)?.fadesAt ?? now) <= now) this.#drop(key, 'time');
    for (const key of this.#entries.keys()) {
      if (this.#bytes + bytes <= this.#capacity) break;
      this.#drop(key, 'room');
    }
  }

  #drop(key: string, why: 'room' | 'time'): void {
    this.#forget(key);
    this.#reports.evicted(why);
  }

  #forget(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
    this.#fading.delete(key);
  }
}
