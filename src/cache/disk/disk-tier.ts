// The third tier: a file for each entry in a folder that processes share. It may be deleted, filled or cut off at any time.
//
// A file appears by rename, whole or not at all. Nothing is flushed to the disk on the way: what a failure of power leaves
// half-written has another checksum and is no entry. Nothing is compressed either: images do not become smaller, and with their
// facts compressed 50 covers took 177 blocks of 4 KiB and not 184.
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../base/index.js';
import { inTime } from '../in-time.js';
import {
  LARGEST_SHARE,
  NO_REPORTS,
  type CacheEntry,
  type CacheTier,
  type TierReports,
  type TierStats,
} from '../tier.js';
import { bytesOnDisk, DiskFolder } from './disk-folder.js';
import { DiskUse } from './disk-use.js';
import { decodeEntry, encodeEntry } from './entry-file.js';

/** Times of use are written so often at most, in milliseconds: a write for every read would cost more than it tells. */
const TOUCH_INTERVAL = 60_000;
/** Milliseconds until a folder that failed is tried again; they double with every failure. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [1000, 60_000];
/** Milliseconds that somebody waits for an entry: a disk that hangs, as a network's may, is done without. */
const PATIENCE = 2000;
/** Milliseconds in which closing waits for what is being done, and what is remembered must be written. */
const LONGEST_CLOSE = 5000;
/** What says that only writing is impossible: what is there can still be read. */
const ONLY_WRITING = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG']);

/** Bytes of a file beside the entries. */
const MOST_BESIDE = 32 * 1024 * 1024;

/** How a folder is used. */
export interface DiskTierOptions {
  /** It is made when it is missing. */
  readonly folder: string;
  /** Bytes that entries may take; each process that writes to the folder may exceed them by a sixteenth. */
  readonly capacity: number;
  readonly reports?: TierReports;
  /** A clock in milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds that reading an entry may take. @defaultValue 2000 */
  readonly patience?: number;
}

/** Entries on a disk. */
export class DiskTier implements CacheTier {
  readonly name = 'disk';
  readonly #name: string;
  readonly #folder: DiskFolder;
  readonly #capacity: number;
  readonly #use: DiskUse;
  readonly #reports: TierReports;
  readonly #now: () => number;
  readonly #patience: number;
  /** Until when nothing is read, and nothing written, after a failure. */
  readonly #pausedUntil = { read: 0, write: 0 };
  #pause = FIRST_PAUSE;
  #why = '';
  #opening: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  #closed = false;

  constructor({ folder, capacity, reports = NO_REPORTS, now = Date.now, patience = PATIENCE }: DiskTierOptions) {
    this.#name = folder;
    this.#folder = new DiskFolder(folder);
    this.#capacity = capacity;
    this.#reports = reports;
    this.#now = now;
    this.#patience = patience;
    this.#use = new DiskUse(this.#folder, capacity, reports);
  }

  get absence(): string | undefined {
    if (this.#closed) return 'It was closed.';
    return this.#now() < Math.max(this.#pausedUntil.read, this.#pausedUntil.write) ? this.#why : undefined;
  }

  async get(key: string): Promise<CacheEntry | undefined> {
    if (this.#isPaused('read')) return undefined;
    try {
      return await inTime(this.#read(key), this.#patience);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') this.#failed(error);
      return undefined;
    }
  }

  async set(key: string, entry: CacheEntry): Promise<boolean> {
    if (this.#isPaused('write')) return false;
    const path = this.#folder.pathOf(key);
    const pieces = encodeEntry(key, entry);
    const bytes = bytesOnDisk(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
    if (bytes > this.#capacity * LARGEST_SHARE) return false;
    try {
      await (this.#opening ??= this.#open());
      await this.#write(path, pieces);
      this.#pause = FIRST_PAUSE;
    } catch (error) {
      this.#failed(error);
      return false;
    }
    this.#use.added(path, bytes);
    this.#settle();
    return true;
  }

  async delete(key: string): Promise<void> {
    if (this.#isPaused('read')) return;
    try {
      await rm(this.#folder.pathOf(key), { force: true });
    } catch (error) {
      this.#failed(error);
    }
  }

  /** A file beside the entries; undefined where it cannot be read. */
  async readBeside(name: string): Promise<Buffer | undefined> {
    if (this.#isPaused('read')) return undefined;
    try {
      return await inTime(this.#readFile(join(this.#folder.root, name)), this.#patience);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') this.#failed(error);
      return undefined;
    }
  }

  /** Writes a file beside the entries, whole or not at all; whether it did. */
  async writeBeside(name: string, bytes: Uint8Array): Promise<boolean> {
    if (this.#isPaused('write')) return false;
    try {
      const write = async (): Promise<void> => {
        await (this.#opening ??= this.#open());
        await this.#write(join(this.#folder.root, name), [bytes]);
      };
      await inTime(write(), LONGEST_CLOSE);
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  stats(): TierStats {
    return { ...this.#use.known, capacity: this.#capacity };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#use.close();
    await inTime(this.#settling ?? Promise.resolve(), LONGEST_CLOSE).catch(() => undefined);
  }

  /** Waits until what was written is within the capacity again. */
  async settled(): Promise<void> {
    await this.#settling;
  }

  #isPaused(what: 'read' | 'write'): boolean {
    return this.#closed || this.#now() < this.#pausedUntil[what];
  }

  async #open(): Promise<void> {
    await this.#folder.make();
    await this.#folder.sweep();
  }

  async #read(key: string): Promise<CacheEntry | undefined> {
    const path = this.#folder.pathOf(key);
    const file = await open(path, 'r');
    try {
      const { size, mtimeMs } = await file.stat();
      const entry = size > this.#capacity ? undefined : decodeEntry(key, await readWhole(file, size));
      if (entry === undefined) {
        await rm(path, { force: true });
        this.#use.removed(bytesOnDisk(size));
        this.#reports.evicted('damage');
        return undefined;
      }
      const now = this.#now();
      // Where the folder may only be read, others keep no times either.
      if (now - mtimeMs > TOUCH_INTERVAL) await file.utimes(now / 1000, now / 1000).catch(() => undefined);
      return entry;
    } finally {
      await file.close();
    }
  }

  async #readFile(path: string): Promise<Buffer | undefined> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      return size > MOST_BESIDE ? undefined : await readWhole(file, size);
    } finally {
      await file.close();
    }
  }

  async #write(path: string, pieces: readonly Uint8Array[]): Promise<void> {
    for (let again = false; ; again = true) {
      const unfinished = this.#folder.unfinishedPath();
      try {
        const file = await open(unfinished, 'wx');
        try {
          await file.writeFile(Buffer.concat(pieces));
        } finally {
          await file.close();
        }
        await this.#publish(unfinished, path);
        return;
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => undefined);
        // Somebody removed the folder, or emptied it: it is made anew, once.
        if (again || systemCode(error) !== 'ENOENT') throw error;
        await this.#folder.make();
      }
    }
  }

  async #publish(unfinished: string, path: string): Promise<void> {
    try {
      await rename(unfinished, path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      await this.#folder.makeFor(path);
      await rename(unfinished, path);
    }
  }

  #settle(): void {
    if (this.#settling !== undefined || !this.#use.isUnsettled) return;
    this.#settling = this.#use
      .settle()
      .catch((error: unknown) => {
        this.#failed(error);
      })
      .finally(() => (this.#settling = undefined));
  }

  /** Goes on without the folder for a while. One warning is enough, whatever comes after it. */
  #failed(error: unknown): void {
    const code = systemCode(error);
    this.#reports.failed(code);
    // Files that are open are few again in a moment, and everybody else says so too.
    const until = this.#now() + this.#pause;
    this.#pause = Math.min(LONGEST_PAUSE, 2 * this.#pause);
    this.#opening = undefined;
    this.#pausedUntil.write = until;
    if (!ONLY_WRITING.has(code)) this.#pausedUntil.read = until;
    this.#why = `The folder ${this.#name} ${WHY[code] ?? `cannot be used: ${code}`}.`;
    if (warned.has(this.#name)) return;
    warned.add(this.#name);
    process.emitWarning(`${this.#why} Work goes on without what it keeps, and it is tried again.`, {
      code: 'FRAMERAIL_CACHE',
    });
  }
}

/** Folders that were warned of, once in a process. */
const warned = new Set<string>();

const WHY: Readonly<Record<string, string>> = {
  ENOSPC: 'is on a disk that is full',
  EDQUOT: 'is beyond the quota of this user',
  EROFS: 'is on a file system that may only be read',
  EACCES: 'may not be used by this user',
  EPERM: 'may not be used by this user',
  ENOTDIR: 'is no folder',
  ETIMEDOUT: 'does not answer in time',
  EEXIST: 'is no folder',
};

/** The bytes of a file; fewer where it became shorter meanwhile. */
async function readWhole(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await file.read(bytes, at, size - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}
