// One file of a recording while it grows. Whatever happens to the relay, what was written stays readable under its name.
import { createWriteStream, type WriteStream } from 'node:fs';
import { rm, stat, truncate } from 'node:fs/promises';
import { FramerailError, outputError } from '../../base/index.js';
import { TAG } from '../flv/tag.js';
import { flvWriter, tsWriter, type TagWriter } from './tag-writers.js';

/** Bytes that may wait for the disk; a disk that is slower than that fails the recording. */
const MOST_QUEUED = 64 * 1024 * 1024;

/** How a part is written. */
export interface PartOptions {
  /** Where it lies while it grows. */
  readonly path: string;
  /** What it will be called, for messages. */
  readonly name: string;
  readonly written: 'flv' | 'ts';
  /** The time that becomes zero, in milliseconds. */
  readonly zero: number;
  /** The time at which it begins, in milliseconds. */
  readonly start: number;
  /** There is a file. */
  readonly onOpen: () => void;
  readonly onFail: (error: FramerailError) => void;
  readonly onWarning: (message: string) => void;
}

/** Writes tags to one file. */
export class RecordPart {
  readonly path: string;
  /** When it began, by the clock on the wall. */
  readonly began = new Date();
  /** The time of the feed at which it began, in milliseconds. */
  readonly start: number;
  readonly #options: PartOptions;
  readonly #file: WriteStream;
  readonly #closed: Promise<void>;
  readonly #writer: TagWriter;
  /** Types of the tags of media that it holds. */
  readonly #holds = new Set<number>();
  #made = false;
  #failed = false;
  #finished = false;
  /** Bytes that were given to the disk so far, and those of them that it took. */
  #given = 0;
  #taken = 0;
  /** Where what it was given but has not taken yet may be broken off: ends of tags, or of packets. */
  readonly #ends: number[] = [];
  /** Bytes from which on there is media. */
  #firstMedia = Infinity;

  /** Makes the file; it must not be there yet. */
  constructor(options: PartOptions) {
    const { path, written, start, zero, onOpen, onWarning } = options;
    this.path = path;
    this.start = start;
    this.#options = options;
    this.#file = createWriteStream(path, { flags: 'wx' });
    this.#closed = new Promise((resolve) => this.#file.once('close', resolve));
    this.#file.once('open', () => {
      this.#made = true;
      onOpen();
    });
    this.#file.on('error', (error) => {
      this.#fail(error);
    });
    const handlers = {
      onWarning,
      onBytes: (bytes: Buffer) => {
        this.#write(bytes);
      },
    };
    this.#writer = written === 'flv' ? flvWriter(handlers, zero) : tsWriter(handlers);
    this.#writer.begin();
  }

  /** Whether it was given any media of a type. */
  holds(type: number): boolean {
    return this.#holds.has(type);
  }

  /** Takes a tag of media. */
  media(type: number, time: number, payload: Buffer): void {
    this.#holds.add(type);
    this.#writer.tag(type, time, payload);
  }

  /** Takes any other tag. */
  about(type: number, time: number, payload: Buffer): void {
    if (type === TAG.data || type === TAG.audio || type === TAG.video) this.#writer.tag(type, time, payload);
  }

  /** Resolves when everything is on its way to the disk, or what could not be written is cut off: whether there is media. */
  async close(): Promise<boolean> {
    if (!this.#finished) {
      this.#finished = true;
      this.#writer.end();
      this.#file.end();
    }
    await this.#closed;
    if (!this.#failed) return this.#holds.size > 0;
    const whole = await this.#mend().catch(() => 0);
    return whole >= this.#firstMedia;
  }

  /** Removes it, after `close()`. */
  async remove(): Promise<void> {
    // A file that was there already is somebody else's.
    if (this.#made) await rm(this.path, { force: true }).catch(() => undefined);
  }

  #write(bytes: Buffer): void {
    if (this.#failed) return;
    this.#given += bytes.byteLength;
    this.#ends.push(this.#given);
    if (this.#holds.size > 0) this.#firstMedia = Math.min(this.#firstMedia, this.#given);
    this.#file.write(bytes, (error) => {
      if (!(error instanceof Error)) this.#taken = this.#ends.shift() ?? this.#taken;
    });
    if (this.#file.writableLength > MOST_QUEUED)
      this.#fail(new FramerailError('FR_OUTPUT_FAILED', `Cannot write ${this.#options.name}: the disk is too slow.`));
  }

  /** Cuts off what was half written; gives the bytes that stay. */
  async #mend(): Promise<number> {
    if (!this.#made) return 0;
    const { size } = await stat(this.path);
    const whole = this.#ends.findLast((end) => end <= size) ?? this.#taken;
    if (whole < size) await truncate(this.path, whole);
    return whole;
  }

  #fail(cause: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFail(outputError(this.#options.name, cause));
  }
}
