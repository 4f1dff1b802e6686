// Records the stream of a relay as FLV, beside its destinations; the file appears when it is whole.
import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { FramerailError, outputError, publishable, temporaryName } from '../base/index.js';
import { flvHeader, flvTag } from './flv/bytes.js';
import type { AmfObject } from './amf0.js';
import { TAG } from './flv/tag.js';
import type { Feed, FeedNews, FeedTarget } from './feed.js';
import { FeedGate, type GateTaker } from './feed-gate.js';
import { metadataTag } from './metadata.js';

/** Bytes that may wait for the disk; a disk that is slower than that fails the recording. */
const MOST_QUEUED = 64 * 1024 * 1024;

/** Writes one file. */
export class Recorder implements FeedTarget, GateTaker {
  readonly #path: string;
  readonly #gate: FeedGate;
  readonly #onFail: (error: FramerailError) => void;
  #temporary: string | undefined;
  #target = '';
  #file: WriteStream | undefined;
  #opened: Promise<void> = Promise.resolve();
  #onFirst: () => void = () => undefined;
  #failure: FramerailError | undefined;

  constructor(path: string, feed: Feed, onFail: (error: FramerailError) => void) {
    this.#path = path;
    this.#gate = new FeedGate(feed, this);
    this.#onFail = onFail;
  }

  /** Opens the file beside its place. */
  open(onFirst: () => void): void {
    this.#onFirst = onFirst;
    this.#opened = this.#create();
    this.#opened.catch((error: unknown) => {
      this.#fail(error);
    });
  }

  /** The streams are known. */
  begin(): void {
    const file = this.#file;
    if (file === undefined || !this.#gate.open()) return;
    // A stream that comes later is a tag like any other: who plays the file must not rule it out.
    file.write(flvHeader({ audio: true, video: true }));
    this.#gate.begin((type, kind, time, payload) => {
      this.media(type, kind, time, payload);
    });
    this.#onFirst();
  }

  announce(news: FeedNews): void {
    this.#gate.announce(news);
  }

  media(type: number, kind: number, time: number, payload: Buffer): void {
    if (this.#gate.carries(type) && this.#gate.admits(type, kind)) this.write(type, time, payload);
  }

  data(time: number, payload: Buffer): void {
    if (this.#gate.isOpen) this.write(TAG.data, time, payload);
  }

  describe(metadata: AmfObject): Buffer {
    return metadataTag(metadata);
  }

  write(type: number, time: number, payload: Uint8Array): void {
    const file = this.#file;
    if (file === undefined || this.#failure !== undefined) return;
    file.write(flvTag(type, time, payload));
    if (file.writableLength > MOST_QUEUED)
      this.#fail(new FramerailError('FR_OUTPUT_FAILED', `Cannot write ${this.#path}: the disk is too slow.`));
  }

  /** Publishes the file, or removes what there is of it. */
  async close(publish: boolean): Promise<void> {
    await this.#opened.catch(() => undefined);
    const file = this.#file;
    const temporary = this.#temporary;
    this.#file = undefined;
    if (file === undefined || temporary === undefined) {
      if (this.#failure !== undefined) throw this.#failure;
      return;
    }
    await new Promise<void>((resolve) => {
      file.once('close', resolve);
      file.end();
    });
    try {
      if (this.#failure !== undefined) throw this.#failure;
      if (publish && this.#gate.isOpen) await rename(temporary, this.#target);
      else await rm(temporary, { force: true });
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw outputError(this.#path, error);
    }
  }

  async #create(): Promise<void> {
    this.#target = await publishable(this.#path).catch((error: unknown) => {
      throw outputError(this.#path, error);
    });
    const name = temporaryName(this.#target);
    const file = createWriteStream(name, { flags: 'wx' });
    await new Promise<void>((resolve, reject) => {
      file.once('open', () => {
        resolve();
      });
      file.once('error', reject);
    });
    file.on('error', (error) => {
      this.#fail(error);
    });
    this.#temporary = name;
    this.#file = file;
    this.begin();
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = outputError(this.#path, error);
    this.#onFail(this.#failure);
  }
}
