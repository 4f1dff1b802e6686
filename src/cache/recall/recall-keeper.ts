// Keeps what is remembered beside the entries of a disk: read at the beginning, merged and written anew from time to time.
import type { DiskTier } from '../disk/disk-tier.js';
import { mergeRecall, writeRecall } from './recall-data.js';
import type { Recall } from './recall.js';

const FILE = 'recall.json';
/** Milliseconds between writing it: uses since then are forgotten when the process is killed. */
const INTERVAL = 60_000;

/** Writes what is remembered. */
export class RecallKeeper {
  readonly #recall: Recall;
  readonly #disk: DiskTier;
  /** Resolves once what was written before is known. */
  readonly ready: Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #changed = false;
  #saving: Promise<void> = Promise.resolve();

  constructor(recall: Recall, disk: DiskTier) {
    this.#recall = recall;
    this.#disk = disk;
    this.ready = this.#read();
    this.#timer = setInterval(() => void this.save(), INTERVAL);
    // It keeps no process alive.
    this.#timer.unref();
  }

  /** Something is remembered that is not written yet. */
  changed(): void {
    this.#changed = true;
  }

  /** Writes what changed. Others write the same file: what they knew is taken over first, and nothing is lost for long. */
  save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      if (!this.#changed) return;
      this.#changed = false;
      await this.ready;
      await this.#read();
      if (!(await this.#disk.writeBeside(FILE, Buffer.from(writeRecall(this.#recall))))) this.#changed = true;
    });
    return this.#saving;
  }

  /** Writes it once more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.save();
  }

  async #read(): Promise<void> {
    const text = await this.#disk.readBeside(FILE);
    if (text !== undefined) mergeRecall(this.#recall, text.toString('utf8'));
  }
}
