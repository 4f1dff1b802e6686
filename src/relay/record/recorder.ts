// Records the stream of a relay beside its destinations: as one file, or as one after the other.
import { dirname } from 'node:path';
import { access, constants } from 'node:fs/promises';
import { type FramerailError, isFramerailError, outputError, publishable } from '../../base/index.js';
import type { AmfObject } from '../amf0.js';
import type { Feed, FeedNews, FeedTarget } from '../feed.js';
import { FeedGate, type GateTaker } from '../feed-gate.js';
import { KIND, TAG } from '../flv/tag.js';
import { METADATA_TIME, metadataTag } from '../metadata.js';
import { Finisher } from './finisher.js';
import { recordFormat, type RecordFormat } from './format.js';
import { countedName, partName, timedName } from './names.js';
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
  /** It cannot go on. */
  readonly onFail: (error: FramerailError) => void;
}

/** Writes one recording. */
export class Recorder implements FeedTarget, GateTaker {
  readonly #options: RecordOptions;
  readonly #handlers: RecordHandlers;
  readonly #feed: Feed;
  readonly #format: RecordFormat;
  readonly #gate: FeedGate;
  readonly #finisher: Finisher;
  #target = '';
  #opened: Promise<void> = Promise.resolve();
  #ready = false;
  #part: RecordPart | undefined;
  /** Takes over from the current one with the next keyframe; streams that changed are written there already. */
  #next: RecordPart | undefined;
  readonly #moved = new Set<number>();
  /** Files are published in their order. */
  #publishing: Promise<void> = Promise.resolve();
  #published = 0;
  #failure: FramerailError | undefined;

  constructor(options: RecordOptions, feed: Feed, handlers: RecordHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#feed = feed;
    this.#format = recordFormat(options.path);
    this.#gate = new FeedGate(feed, this);
    this.#finisher = new Finisher(handlers.onWarning);
  }

  /** Looks whether there is a place for it: what cannot be written fails before anything is recorded. */
  open(): void {
    this.#opened = this.#prepare();
    this.#opened.catch((error: unknown) => {
      this.#fail(isFramerailError(error) ? error : outputError(this.#options.path, error));
    });
  }

  /** The streams are known. */
  begin(): void {
    if (!this.#ready || this.#failure !== undefined || !this.#gate.open()) return;
    const { gop, clock } = this.#feed;
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
    await this.#opened.catch(() => undefined);
    for (const part of [this.#part, this.#next]) if (part !== undefined) this.#end(part, publish);
    this.#part = this.#next = undefined;
    await this.#publishing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #prepare(): Promise<void> {
    const { path } = this.#options;
    try {
      this.#target = await publishable(path);
      await access(dirname(this.#target), constants.W_OK | constants.X_OK);
    } catch (error) {
      throw outputError(path, error);
    }
    this.#ready = true;
    this.begin();
  }

  #begin(start: number): RecordPart {
    const { written } = this.#format;
    const path = partName(this.#target, written, new Date());
    // Whoever plays FLV as it is expects the times of the stream; a day later they would only be large numbers.
    const zero = this.#format.container === undefined && this.#options.every === undefined ? 0 : start;
    return new RecordPart({
      ...{ path, written, name: this.#options.path, zero, start },
      onFail: (error) => {
        this.#fail(error);
      },
      onWarning: this.#handlers.onWarning,
    });
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

  /** Publishes a part behind those ahead of it. */
  #end(part: RecordPart, publish: boolean): void {
    const closed = part.close();
    closed.catch(() => undefined);
    this.#publishing = this.#publishing.then(async () => {
      try {
        await closed;
        if (publish && part.holds()) await this.#publish(part);
        else await part.remove();
      } catch (error) {
        this.#failed(isFramerailError(error) ? error : outputError(this.#options.path, error));
      }
    });
  }

  async #publish(part: RecordPart): Promise<void> {
    const { every } = this.#options;
    const target =
      every === undefined ? countedName(this.#target, this.#published) : await timedName(this.#target, part.began);
    this.#published += 1;
    await this.#finisher.publish({ path: part.path, target, format: this.#format });
    this.#handlers.onPublished(target);
  }

  /** A file that could not be published is no reason to stop: the next one may be. At the end it is one to say so. */
  #failed(error: FramerailError): void {
    if (this.#failure === undefined) this.#handlers.onWarning(error.message);
    this.#failure ??= error;
  }

  #fail(error: FramerailError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#handlers.onFail(error);
  }
}
