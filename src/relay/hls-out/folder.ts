// The files of one playlist: segments and playlist appear whole, old ones stay for those who still fetch them.
import { createWriteStream, type WriteStream } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { outputError, publishFile, systemCode } from '../../base/index.js';
import { Playlist, readPlaylist, type ReadPlaylist, type Segment } from './playlist.js';

/** What is known of a segment when it ends. */
export type SegmentFacts = Omit<Segment, 'name'>;

/** A segment that left the playlist. */
interface Retired {
  readonly name: string;
  /** Milliseconds of media that have to pass until it may go. */
  left: number;
}

/** The files of one run. */
export class HlsFolder {
  /** Bytes that the system has taken. */
  sent = 0;
  readonly #path: string;
  readonly #folder: string;
  readonly #stem: string;
  readonly #list: number;
  /** Tells segments of this run from those of another one that had the same numbers. */
  readonly #run = Date.now().toString(36).padStart(9, '0');
  /** Names of segments, and of those that were never finished. */
  readonly #names: RegExp;
  readonly #parts: RegExp;
  #playlist: Playlist;
  #retired: Retired[] = [];
  #file: WriteStream | undefined;
  #temporary = '';
  /** Bytes of segments that are closed and not on the disk yet. */
  #closing = 0;
  #work: Promise<void> = Promise.resolve();
  /** It failed, or was given up: another run may write there already. */
  #over = false;
  readonly #onFail: (error: Error) => void;

  /**
   * @param path - of the playlist
   * @param list - how many segments it has
   * @param onFail - the disk does not take it; called once
   */
  constructor(path: string, list: number, onFail: (error: Error) => void) {
    this.#path = path;
    this.#folder = dirname(path);
    this.#stem = basename(path, extname(path));
    this.#list = list;
    const stem = this.#stem.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    this.#names = new RegExp(`^${stem}-[0-9a-z]{9}-\\d{6,15}\\.ts$`);
    this.#parts = new RegExp(`^\\.${stem}-[0-9a-z]{9}-\\d{6,15}\\.part$`);
    this.#playlist = new Playlist(list);
    this.#onFail = (error) => {
      if (this.#over) return;
      this.#over = true;
      onFail(error);
    };
  }

  /** Seconds that no segment is longer than; undefined while that is open. */
  get target(): number | undefined {
    return this.#playlist.target;
  }

  /** Whether the playlist has segments of an earlier run: what comes does not join them. */
  get continues(): boolean {
    return !this.#playlist.isEmpty;
  }

  /** Bytes that wait for the disk. */
  get queued(): number {
    return this.#closing + (this.#file?.writableLength ?? 0);
  }

  /** Reads what lies there, and removes what nobody will ask for any more. */
  async open(): Promise<void> {
    try {
      const names = await readdir(this.#folder);
      const before = await this.#before(new Set(names));
      this.#playlist = new Playlist(this.#list, before);
      const listed = new Set(before?.segments.map(({ name }) => name));
      for (const name of names)
        if (this.#parts.test(name) || (this.#names.test(name) && !listed.has(name)))
          await rm(join(this.#folder, name), { force: true });
    } catch (error) {
      throw outputError(this.#path, error);
    }
  }

  /** Takes bytes of the current segment, which are ours for good. */
  write(bytes: Buffer): void {
    this.#file ??= this.#begin();
    const { byteLength } = bytes;
    this.#file.write(bytes, () => {
      this.sent += byteLength;
    });
  }

  /**
   * Ends the current segment and publishes it.
   * @param least - seconds that the target duration has at least
   */
  finish(facts: SegmentFacts, least: number): void {
    const file = this.#file;
    const temporary = this.#temporary;
    if (file === undefined) return;
    this.#file = undefined;
    const bytes = file.writableLength;
    this.#closing += bytes;
    const name = `${this.#stem}-${this.#run}-${this.#count()}.ts`;
    const gone = this.#playlist.add({ name, ...facts }, least);
    const text = this.#playlist.toString();
    const dead = this.#retire(gone, facts.duration);
    const written = new Promise<void>((resolve, reject) => {
      file.once('close', resolve);
      file.once('error', reject);
      file.end();
    });
    written.catch(() => undefined);
    this.#then(
      async () => {
        await written;
        this.#closing -= bytes;
      },
      () => rename(temporary, join(this.#folder, name)),
      () => publishFile(this.#path, Buffer.from(text)),
      ...dead.map((old) => () => rm(join(this.#folder, old), { force: true })),
    );
  }

  /** Publishes the end of the stream; resolves when everything is on the disk, or is not. */
  async end(): Promise<void> {
    if (!this.#playlist.isEmpty) {
      this.#playlist.end();
      const text = this.#playlist.toString();
      this.#then(() => publishFile(this.#path, Buffer.from(text)));
    }
    await this.#work;
    await this.drop();
  }

  /** Gives up: nothing is written any more. */
  async drop(): Promise<void> {
    this.#over = true;
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    await new Promise<void>((resolve) => {
      file.once('close', resolve);
      file.destroy();
    });
    await rm(this.#temporary, { force: true }).catch(() => undefined);
  }

  /** The number of the current segment. */
  #count(): string {
    return String(this.#playlist.next).padStart(6, '0');
  }

  #begin(): WriteStream {
    this.#temporary = join(this.#folder, `.${this.#stem}-${this.#run}-${this.#count()}.part`);
    const file = createWriteStream(this.#temporary, { flags: 'wx' });
    file.on('error', (error) => {
      this.#onFail(outputError(this.#path, error));
    });
    return file;
  }

  /** What an earlier run left, as far as its segments are still there: those that are missing take all before them along. */
  async #before(names: ReadonlySet<string>): Promise<ReadPlaylist | undefined> {
    const text = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return '';
      throw error;
    });
    const read = readPlaylist(text, (name) => this.#names.test(name));
    if (read === undefined) return undefined;
    const missing = read.segments.findLastIndex(({ name }) => !names.has(name)) + 1;
    const lost = read.segments.slice(0, missing);
    return {
      ...read,
      segments: read.segments.slice(missing),
      sequence: read.sequence + missing,
      discontinuitySequence: read.discontinuitySequence + lost.filter(({ discontinuity }) => discontinuity).length,
    };
  }

  /**
   * What left the playlist stays for its own length and that of the playlist, so that whoever has an old one can still play
   * it (6.2.2).
   */
  #retire(gone: readonly Segment[], passed: number): string[] {
    for (const one of this.#retired) one.left -= passed;
    const dead = this.#retired.filter(({ left }) => left <= 0).map(({ name }) => name);
    this.#retired = this.#retired.filter(({ left }) => left > 0);
    const { duration: whole } = this.#playlist;
    for (const { name, duration } of gone) this.#retired.push({ name, left: duration + whole + duration });
    return dead;
  }

  /** Everything on the disk happens in its order; what fails ends it. */
  #then(...steps: (() => Promise<void>)[]): void {
    this.#work = this.#work
      .then(async () => {
        for (const step of steps) {
          if (this.#over) return;
          await step();
        }
      })
      .catch((error: unknown) => {
        this.#onFail(outputError(this.#path, error));
      });
  }
}
