// How much of the disk the entries take, and which go when it is too much.
import { rm } from 'node:fs/promises';
import { NO_REPORTS, type TierReports } from '../tier.js';
import type { DiskFolder } from './disk-folder.js';

/** Entries that are looked at for each round; the older quarter of them goes. */
const SAMPLE = 20;
/** When there is too much, so much of the capacity is left. */
const KEPT = 0.95;
/** Other processes write too: after this share of the capacity it is counted anew. */
const RECOUNT = 1 / 16;

/** Counts bytes on a disk, and keeps them within a capacity. */
export class DiskUse {
  readonly #folder: DiskFolder;
  readonly #capacity: number;
  readonly #reports: TierReports;
  #entries = 0;
  #bytes = 0;
  /** Since all was counted; counted from the beginning, so that the first count comes at once. */
  #written = Number.POSITIVE_INFINITY;
  /** What was written while all is counted: whether the count saw it, only its name tells. */
  #meanwhile: Map<string, number> | undefined;
  #closed = false;

  constructor(folder: DiskFolder, capacity: number, reports = NO_REPORTS) {
    this.#folder = folder;
    this.#capacity = capacity;
    this.#reports = reports;
  }

  /** Entries and bytes, as far as this process knows. */
  get known(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#entries, bytes: this.#bytes };
  }

  /** Whether it is time to `settle()`. */
  get isUnsettled(): boolean {
    return this.#bytes > this.#capacity || this.#written > this.#capacity * RECOUNT;
  }

  /** Books an entry that was written. */
  added(path: string, bytes: number): void {
    this.#meanwhile?.set(path, bytes);
    this.#entries += 1;
    this.#bytes += bytes;
    this.#written += bytes;
  }

  /** Books an entry that was removed. */
  removed(bytes: number): void {
    this.#entries = Math.max(0, this.#entries - 1);
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  /** Counts what is there where that is due, and removes what was used longest ago until the rest fits. */
  async settle(): Promise<void> {
    // More may be written meanwhile.
    while (this.isUnsettled && !this.#closed) {
      if (this.#written > this.#capacity * RECOUNT) await this.#count();
      else if (!(await this.#evict())) await this.#count();
    }
  }

  /** Ends what it does. */
  close(): void {
    this.#closed = true;
  }

  /** Removes entries until there is room to spare; false where there is none left, as somebody else removed them. */
  async #evict(): Promise<boolean> {
    while (this.#bytes > this.#capacity * KEPT && !this.#closed) {
      const sample = await this.#folder.sample(SAMPLE);
      if (sample.length === 0) return false;
      sample.sort((a, b) => a.usedAt - b.usedAt);
      for (const { path, bytes } of sample.slice(0, Math.ceil(sample.length / 4))) {
        if (this.#bytes <= this.#capacity * KEPT) break;
        await rm(path, { force: true });
        this.removed(bytes);
        this.#reports.evicted('room');
      }
    }
    return true;
  }

  async #count(): Promise<void> {
    this.#written = 0;
    const meanwhile = (this.#meanwhile = new Map<string, number>());
    let [entries, bytes] = [0, 0];
    for await (const file of this.#folder.all()) {
      if (this.#closed) return;
      if (meanwhile.has(file.path)) continue;
      entries += 1;
      bytes += file.bytes;
    }
    for (const added of meanwhile.values()) bytes += added;
    this.#meanwhile = undefined;
    [this.#entries, this.#bytes] = [entries + meanwhile.size, bytes];
  }
}
