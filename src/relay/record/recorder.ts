// Records the stream of a relay beside its destinations: as one file, or as one after the other.
import { dirname, resolve } from 'node:path';
import { access, constants } from 'node:fs/promises';
import { type FramerailError, isFramerailError, outputError, publishable } from '../../base/index.js';
import type { AmfObject } from '../amf0.js';
import { Attempts } from '../attempts.js';
import { eventError } from '../event-error.js';
import type { Feed, FeedNews, FeedTarget } from '../feed.js';
import { FeedGate, type GateTaker } from '../feed-gate.js';
import { KIND, TAG } from '../flv/tag.js';
import { METADATA_TIME, metadataTag } from '../metadata.js';
import type { RecordingState, RecordingStatus } from '../status.js';
import { Finisher } from './finisher.js';
import { recordFormat, type RecordFormat } from './format.js';
import { countedNames, type Names, partName, timedNames } from './names.js';
import { RecordPart } from './part.js';

/** What is recorded, and how. */
export interface RecordOptions {
  /** The file; its ending says the format. */
  readonly path: string;
  /** Milliseconds after which a file is closed and another one begun, at a keyframe; undefined for one file. */
  readonly every: number | undefined;
}

/** Who hears of a recording. */
export interface RecordHandlers {
  /** The first tag was written. */
  readonly onFirst: () => void;
  /** A file is complete under its name. */
  readonly onPublished: (path: string) => void;
  readonly onWarning: (message: string) => void;
  /** It could not go on; `retryIn` milliseconds until it begins anew, or undefined when it is given up. */
  readonly onLost: (error: FramerailError, retryIn: number | undefined) => void;
}

/** Writes one recording, and begins it anew where it could not go on. */
export class Recorder implements FeedTarget, GateTaker {
  readonly #options: RecordOptions;
  readonly #handlers: RecordHandlers;
  readonly #feed: Feed;
  readonly #format: RecordFormat;
  readonly #gate: FeedGate;
  readonly #finisher: Finisher;
  readonly #attempts = new Attempts();
  #state: RecordingState = 'idle';
  #target = '';
  #opened: Promise<void> = Promise.resolve();
  #ready = false;
  #retry: NodeJS.Timeout | undefined;
  /** Files that were begun. */
  #begun = 0;
  #part: RecordPart | undefined;
  /** Takes over from the current one with the next keyframe; streams that changed are written there already. */
  #next: RecordPart | undefined;
  readonly #moved = new Set<number>();
  /** Files are published in their order. */
  #publishing: Promise<void> = Promise.resolve();
  /** Of a recording that is not cut by time: one that was given is not given again, whatever became of its file. */
  #names: Names | undefined;
  /** Files that are complete under their names. */
  #complete = 0;
  #lastError: FramerailError | undefined;
  #failure: FramerailError | undefined;

  constructor(options: RecordOptions, feed: Feed, handlers: RecordHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#feed = feed;
    this.#format = recordFormat(options.path);
    this.#gate = new FeedGate(feed, this);
    this.#finisher = new Finisher(handlers.onWarning);
  }

  /** What is known of it now. */
  get status(): RecordingStatus {
    return {
      file: resolve(this.#options.path),
      state: this.#state,
      files: this.#complete,
      lastError: this.#lastError === undefined ? null : eventError(this.#lastError),
    };
  }

  /** Looks whether there is a place for it: what cannot be written fails before anything is recorded. */
  open(): void {
    this.#state = 'idle';
    this.#opened = this.#prepare().catch((error: unknown) => {
      this.#lost(outputError(this.#options.path, error));
    });
  }

  /** The streams are known. */
  begin(): void {
    if (this.#state !== 'idle' || !this.#ready || !this.#gate.open()) return;
    const { gop, clock } = this.#feed;
    this.#state = 'recording';
    this.#part = this.#begin(gop.tags[0]?.time ?? clock.latest);
    this.#gate.begin((type, kind, time, payload) => {
      this.media(type, kind, time, payload);
    });
    this.#handlers.onFirst();
  }

  announce(news: FeedNews): void {
    // FLV and transport streams go on with other parameters; an MP4 says at its beginning what is in it.
    const splits = this.#format.container !== undefined && news.breaks && !news.late && news.kind !== 'metadata';
    if (splits && this.#gate.isOpen) this.#split(news.kind === 'video' ? TAG.video : TAG.audio, news);
    else this.#gate.announce(news);
  }

  media(type: number, kind: number, time: number, payload: Buffer): void {
    if (!this.#gate.carries(type) || !this.#gate.admits(type, kind)) return;
    const begins = type === TAG.video ? (kind & KIND.key) !== 0 : !this.#gate.hasVideo;
    if (begins && this.#next === undefined && this.#isDue(time)) {
      this.#next = this.#begin(time);
      this.#opening(this.#next, time);
    }
    if (begins && this.#next !== undefined) this.#goOn();
    this.#partOf(type)?.media(type, time, payload);
  }

  data(time: number, payload: Buffer): void {
    if (this.#gate.isOpen) this.#partOf(TAG.data)?.about(TAG.data, time, payload);
  }

  describe(metadata: AmfObject): Buffer {
    return metadataTag(metadata);
  }

  write(type: number, time: number, payload: Buffer): void {
    this.#partOf(type)?.about(type, type === TAG.data ? METADATA_TIME : time, payload);
  }

  /** Leaves what is not an MP4 yet as it was recorded: `close()` then rejects with where it is. */
  abort(): void {
    this.#finisher.abort();
  }

  /**
   * Publishes what there is; rejects with the first failure.
   * @param publish - false to remove what there is of the last file
   */
  async close(publish: boolean): Promise<void> {
    // A beginning that is on its way is waited for: there may be something to record already.
    await this.#opened;
    clearTimeout(this.#retry);
    this.#state = 'closed';
    this.#leave(publish);
    await this.#publishing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #prepare(): Promise<void> {
    // What is told of its files holds wherever it is read.
    this.#target = await publishable(resolve(this.#options.path));
    await access(dirname(this.#target), constants.W_OK | constants.X_OK);
    this.#ready = true;
    this.begin();
  }

  #begin(start: number): RecordPart {
    const { written, container } = this.#format;
    const path = partName(this.#target, written, new Date());
    // Whoever plays FLV as it is expects the times of the stream; a day later they would only be large numbers.
    const first = this.#begun === 0 && this.#options.every === undefined;
    const zero = container === undefined && first ? 0 : start;
    this.#begun += 1;
    const part: RecordPart = new RecordPart({
      ...{ path, written, name: this.#options.path, zero, start },
      onOpen: () => {
        this.#attempts.accepted();
      },
      onFail: (error) => {
        if (this.#state === 'closed') this.#failed(error);
        else if (part === this.#part || part === this.#next) this.#lost(error);
        else this.#failed(error);
      },
      onWarning: this.#handlers.onWarning,
    });
    return part;
  }

  #isDue(time: number): boolean {
    const { every } = this.#options;
    return every !== undefined && this.#part !== undefined && time - this.#part.start >= every;
  }

  /** What another file begins with, like the first one. */
  #opening(part: RecordPart, time: number): void {
    const { metadata, gop } = this.#feed;
    if (metadata !== undefined) part.about(TAG.data, METADATA_TIME, metadataTag(metadata));
    for (const { type, payload } of gop.setups) if (this.#gate.carries(type)) part.about(type, time, payload);
  }

  /** A stream changed: it goes to another file from here on, the others follow with the next keyframe. */
  #split(type: number, { time, setup }: FeedNews): void {
    if (type === TAG.video) this.#gate.tear();
    // It changes once more: what the other file has of it stays there.
    if (this.#next?.holds(type) === true) this.#goOn();
    if (this.#part !== undefined && this.#part.holds(type) && this.#next === undefined) {
      this.#next = this.#begin(time);
      this.#opening(this.#next, time);
    } else if (setup !== undefined) (this.#next ?? this.#part)?.about(type, time, setup.payload);
    this.#moved.add(type);
    if (!this.#gate.hasVideo) this.#goOn();
  }

  #partOf(type: number): RecordPart | undefined {
    return this.#next !== undefined && this.#moved.has(type) ? this.#next : this.#part;
  }

  #goOn(): void {
    if (this.#next === undefined) return;
    if (this.#part !== undefined) this.#end(this.#part, true);
    this.#part = this.#next;
    this.#next = undefined;
    this.#moved.clear();
  }

  /** Ends what grows. */
  #leave(publish: boolean): void {
    this.#gate.close();
    for (const part of [this.#part, this.#next]) if (part !== undefined) this.#end(part, publish);
    this.#part = this.#next = undefined;
    this.#moved.clear();
  }

  /** Publishes a part behind those ahead of it. */
  #end(part: RecordPart, publish: boolean): void {
    const closed = part.close();
    this.#publishing = this.#publishing.then(async () => {
      try {
        if ((await closed) && publish) await this.#publish(part);
        else await part.remove();
      } catch (error) {
        this.#failed(isFramerailError(error) ? error : outputError(this.#options.path, error));
      }
    });
  }

  async #publish(part: RecordPart): Promise<void> {
    const names =
      this.#options.every === undefined
        ? (this.#names ??= countedNames(this.#target))
        : timedNames(this.#target, part.began);
    const file = { path: part.path, target: this.#target, names, format: this.#format };
    const name = await this.#finisher.publish(file);
    if (name === undefined) return;
    this.#complete += 1;
    this.#handlers.onPublished(name);
  }

  /** A file that could not be published is no reason to stop: the next one may be. At the end it is one to say so. */
  #failed(error: FramerailError): void {
    this.#handlers.onWarning(error.message);
    this.#lastError = error;
    this.#failure ??= error;
  }

  /** It cannot go on: what there is of it is published, and it begins anew as a destination is dialled again. */
  #lost(error: FramerailError): void {
    this.#ready = false;
    this.#lastError = error;
    this.#failure ??= error;
    const wait = this.#attempts.failed(error);
    this.#state = wait === undefined ? 'failed' : 'waiting';
    const rests = [this.#part, this.#next].map(async (part) => await part?.close());
    this.#leave(true);
    this.#handlers.onLost(error, wait);
    if (wait === undefined) return;
    // What waits for a slow disk is not joined by more of the same.
    void Promise.all(rests).then(() => {
      if (this.#state !== 'waiting') return;
      this.#retry = setTimeout(() => {
        this.open();
      }, wait);
    });
  }
}
