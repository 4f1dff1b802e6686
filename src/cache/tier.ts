// What a cache keeps, and what every tier of it can do.

/** What is kept under a key. */
export interface CacheEntry {
  /** What is known of it, as JSON. */
  readonly facts: string;
  /** Bytes that belong to it, in their order. */
  readonly parts: readonly Uint8Array[];
}

/** Where something may be kept, the fastest first. */
export type TierName = 'memory' | 'device' | 'disk';

/** How full a tier is. */
export interface TierStats {
  /** Entries; on a disk that several processes share, as far as this one knows. */
  readonly entries: number;
  /** Bytes that they take, as the tier counts them. */
  readonly bytes: number;
  /** Bytes that they may take. */
  readonly capacity: number;
}

/** How an entry is kept. */
export interface KeepOptions {
  /** Milliseconds after which it goes unless it was asked for until then; tiers that are not memory ignore it. */
  readonly unlessUsedWithin?: number | undefined;
}

/**
 * One place where entries are kept. Its calls never reject: what cannot be kept or read is not there, and the tier says so
 * to its reports.
 */
export interface CacheTier {
  readonly name: TierName;
  /** Why it keeps nothing now, in one sentence; undefined while it does. */
  readonly absence: string | undefined;
  /** An entry, whose bytes belong to the caller; undefined where there is none. */
  get(key: string): Promise<CacheEntry | undefined>;
  /** Keeps a copy of an entry; whether it did. What takes more than a quarter of the tier is not kept. */
  set(key: string, entry: CacheEntry, options?: KeepOptions): Promise<boolean>;
  /** Forgets an entry. */
  delete(key: string): Promise<void>;
  /** How full it is. */
  stats(): TierStats;
  /** Ends what it does in the background, and lets go of its memory. */
  close(): Promise<void>;
}

/** Who hears what happens in a tier. */
export interface TierReports {
  /** An entry went: for want of room, after its time, or as its bytes were not those that were written. */
  evicted(why: 'room' | 'time' | 'damage'): void;
  /** The system or the device refused something. @param code - its name of that, such as ENOSPC */
  failed(code: string): void;
}

/** Reports for nobody. */
export const NO_REPORTS: TierReports = { evicted: () => undefined, failed: () => undefined };

/** The part of a tier that one entry may take. */
export const LARGEST_SHARE = 1 / 4;

/** What an entry costs beside its bytes. */
const OVERHEAD = 512;

/** Bytes of memory that an entry takes. */
export function bytesOf({ facts, parts }: CacheEntry): number {
  return parts.reduce((sum, part) => sum + part.byteLength, OVERHEAD + 2 * facts.length);
}

/** The same entry in memory of its own. */
export function copyOf({ facts, parts }: CacheEntry): CacheEntry {
  return { facts, parts: parts.map((part) => Uint8Array.from(part)) };
}
