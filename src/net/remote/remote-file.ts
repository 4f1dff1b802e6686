// One remote file as a source of blocks: what a demuxer reads is fetched in the parts that it will need.
import type { BlockSource } from '../../sources/index.js';
import { Extents, type Extent } from './extents.js';
import type { KnownFile } from './index-cache.js';
import { RangeReader, type Fetched, type RangeReaderOptions } from './range-reader.js';
import { HEAD_BYTES, ReadPlan } from './read-plan.js';

/** Bytes of media that one file keeps; a keyframe that is read twice is fetched once. */
const MEDIA_KEPT = 16 * 1024 * 1024;
/** What is kept of a file whose index cannot be told from its media: what was read of it first. */
const BEGINNING_KEPT = 1024 * 1024;

/** A remote file that is open. */
export class RemoteFile implements BlockSource {
  readonly name: string;
  readonly exact = true;
  readonly #address: string;
  readonly #reader: RangeReader;
  readonly #extents = new Extents(MEDIA_KEPT);
  /** The first pieces that came of a file whose index cannot be told from its media. */
  readonly #beginning: Extent[] = [];
  #room = BEGINNING_KEPT;
  #plan: ReadPlan;
  /** Reads follow each other: the second one may find what the first one fetched. */
  #turn: Promise<unknown> = Promise.resolve();
  /** What a fetch was given up with: no other one is tried then, whoever still asks. */
  #failure: { readonly error: unknown } | undefined;

  /**
   * A file that nothing was asked of yet; throws FR_ADDRESS_REFUSED.
   * @param name - the address as it may be shown
   * @param known - its index, as far as an earlier call read it
   */
  constructor(name: string, options: Omit<RangeReaderOptions, 'known'>, known?: KnownFile) {
    this.name = name;
    this.#address = options.url.href;
    this.#reader = new RangeReader({ ...options, known: known?.identity });
    this.#plan = new ReadPlan(this.size);
    for (const { start, bytes } of known?.extents ?? []) this.#add(start, bytes, 'index');
  }

  /** Bytes of the whole file; zero before it is known. */
  get size(): number {
    return this.#reader.identity?.size ?? 0;
  }

  /** The version that is read, as the server names it. */
  get etag(): string | undefined {
    return this.#reader.identity?.etag;
  }

  /** What tells this version from others: its address and what the server lets one compare; undefined where it gives nothing. */
  get identity(): string | undefined {
    const known = this.#reader.identity;
    return known?.validator === undefined ? undefined : `${this.#address} ${known.validator}`;
  }

  /** Whether it became another version meanwhile. */
  get changed(): boolean {
    return this.#reader.changed;
  }

  /** Requests and redirects so far. */
  get sent(): { readonly requests: number; readonly redirects: number } {
    return this.#reader.sent;
  }

  /**
   * Learns how large it is, without a request where its index is known; reads come after it. Throws FR_REMOTE_*,
   * FR_INPUT_* and FR_ADDRESS_REFUSED.
   */
  async begin(): Promise<void> {
    if (this.#reader.identity !== undefined) return;
    const { start, bytes } = await this.#reader.fetch(0, HEAD_BYTES);
    this.#plan = new ReadPlan(this.size);
    this.#add(start, bytes, 'index');
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = this.#turn.then(() => this.#read(offset, length));
    this.#turn = bytes.catch(() => undefined);
    return bytes;
  }

  /** Asks the server whether what is known from an earlier call still holds, unless it said so already. */
  async confirm(): Promise<void> {
    await this.#turn;
    if (!this.#reader.confirmed) await this.#fetch(0, 1);
  }

  /** What a further call for the same file need not fetch. */
  known(): KnownFile | undefined {
    const { identity } = this.#reader;
    if (identity === undefined || this.#reader.whole) return undefined;
    const index = [...this.#extents].filter(({ kind }) => kind === 'index');
    return { identity, extents: this.#plan.tellsApart ? index : this.#beginning };
  }

  /** Ends what is under way. It is no `close()`: after a job that read it, the server may still have to confirm it. */
  release(): void {
    this.#reader.close();
  }

  async #read(offset: number, length: number): Promise<Uint8Array> {
    if (offset >= this.size) return new Uint8Array(0);
    const here = this.#extents.read(offset, length);
    if (here !== undefined) return here;
    const { end, kind } = this.#plan.next(offset);
    const { start, bytes } = await this.#fetch(offset, Math.min(end, this.#extents.nextStart(offset)));
    this.#add(start, bytes, kind);
    return bytes.subarray(0, length);
  }

  async #fetch(start: number, end: number): Promise<Fetched> {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      return await this.#reader.fetch(start, end);
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  #add(start: number, bytes: Buffer, kind: Extent['kind']): void {
    this.#extents.add(start, bytes, kind);
    this.#plan.learn(this.#extents);
    this.#room -= bytes.byteLength;
    if (this.#room >= 0) this.#beginning.push({ start, bytes, kind });
  }
}
