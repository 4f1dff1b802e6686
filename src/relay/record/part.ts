// One file of a recording while it grows. Whatever happens to the relay, what was written stays readable under its name.
import { createWriteStream, type WriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
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
  failure: FramerailError | undefined;
  readonly #options: PartOptions;
  readonly #file: WriteStream;
  readonly #opened: Promise<void>;
  readonly #closed: Promise<void>;
  readonly #writer: TagWriter;
  /** Types of the tags of media that it holds. */
  readonly #holds = new Set<number>();
  #finished = false;

  /** Makes the file; it must not be there yet. */
  constructor(options: PartOptions) {
    const { path, written, start, zero, onWarning } = options;
    this.path = path;
    this.start = start;
    this.#options = options;
    this.#file = createWriteStream(path, { flags: 'wx' });
    this.#closed = new Promise((resolve) => this.#file.once('close', resolve));
    this.#opened = new Promise((resolve, reject) => this.#file.once('open', () => resolve()).once('error', reject));
    this.#opened.catch(() => undefined);
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

  /** Whether it has any media of a type, or of any. */
  holds(type?: number): boolean {
    return type === undefined ? this.#holds.size > 0 : this.#holds.has(type);
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

  /** Resolves when everything is on its way to the disk; rejects with what went wrong. */
  async close(): Promise<void> {
    if (!this.#finished) {
      this.#finished = true;
      this.#writer.end();
      this.#file.end();
    }
    await this.#opened.catch(() => undefined);
    await this.#closed;
    if (this.failure !== undefined) throw this.failure;
  }

  /** Removes it, after `close()`. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true }).catch(() => undefined);
  }

  #write(bytes: Buffer): void {
    if (this.failure !== undefined) return;
    this.#file.write(bytes);
    if (this.#file.writableLength > MOST_QUEUED)
      this.#fail(new FramerailError('FR_OUTPUT_FAILED', `Cannot write ${this.#options.name}: the disk is too slow.`));
  }

  #fail(cause: unknown): void {
    if (this.failure !== undefined) return;
    const { name, path, onFail } = this.#options;
    const { code, message, details } = outputError(name, cause);
    const kept = this.holds() ? ` What was recorded until then is in ${path}.` : '';
    this.failure = new FramerailError(code, message + kept, { details, cause });
    onFail(this.failure);
  }
}
