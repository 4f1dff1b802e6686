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
  added(bytes: number): void {
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
    if (this.#written > this.#capacity * RECOUNT) await this.#count();
    if (this.#bytes <= this.#capacity) return;
    while (this.#bytes > this.#capacity * KEPT && !this.#closed) {
      const sample = await this.#folder.sample(SAMPLE);
      sample.sort((a, b) => a.usedAt - b.usedAt);
      if (sample.length === 0) {
        // Somebody else removed all of it.
        await this.#count();
        return;
      }
      for (const { path, bytes } of sample.slice(0, Math.ceil(sample.length / 4))) {
        if (this.#bytes <= this.#capacity * KEPT) break;
        await rm(path, { force: true });
        this.removed(bytes);
        this.#reports.evicted('room');
      }
    }
  }

  /** Ends what it does. */
  close(): void {
    this.#closed = true;
  }

  async #count(): Promise<void> {
    // What is written while others are counted may be counted twice; the next count sets it right.
    this.#written = 0;
    let [entries, bytes] = [0, 0];
    for await (const file of this.#folder.all()) {
      if (this.#closed) return;
      entries += 1;
      bytes += file.bytes;
    }
    [this.#entries, this.#bytes] = [entries, bytes];
  }
}
