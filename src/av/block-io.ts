// libav's input callbacks over blocks that somebody else supplies: no file, no network in this process.
import { AVERROR_EIO, AVERROR_EOF, AVSEEK_CUR, AVSEEK_END, AVSEEK_SET, AVSEEK_SIZE } from './constants.js';
import { IOContext } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import { blockReader, freeWhenClosed, type ReadBlock } from '../sources/index.js';

/** A custom input of libav; `rethrow()` throws what a callback ran into, which libav itself can only call EIO. */
export interface BlockIo {
  readonly context: IOContext;
  /** Makes it ready for a container to be opened. */
  prepare(): Promise<void>;
  rethrow(): void;
  /** Lets go of it. @param reusable - the container was opened and closed without a failure of libav */
  close(reusable: boolean): void;
}

/** node-av never frees the buffer of such a context: those of sources that can seek are used again. */
const BUFFER_BYTES = 64 * 1024;
const STREAM_BUFFER_BYTES = 32 * 1024;
/** Contexts that wait for the next source. */
const KEPT_CONTEXTS = 4;
/** Far beyond any source: a seek there empties the buffer, so that nobody reads what the source before had left in it. */
const NOWHERE = 2n ** 60n;

/** Makes the input for a source; one without a size comes in order and cannot seek. */
export function blockIo(
  source: { readonly name: string; readonly size?: number; readonly exact?: true },
  read: ReadBlock | undefined,
): BlockIo {
  if (read === undefined) throw new FramerailError('FR_INTERNAL', `Nobody supplies the blocks of ${source.name}.`);
  const { name, size, exact } = source;
  if (size === undefined) return new OneWayInput(name, read);
  const input = kept.pop() ?? new SeekableInput();
  input.assign(name, size, blockReader({ size, ...(exact && { exact }) }, read));
  return input;
}

const kept: SeekableInput[] = [];

// Its callbacks keep a process alive as long as such a context is there: that of an inline engine would never end.
freeWhenClosed(() => {
  for (const input of kept.splice(0)) input.context.freeContext();
});

/** What both kinds of inputs do with a failure that libav itself can only call EIO. */
class Failures {
  readonly #name: string;
  #failure: { readonly error: unknown } | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** The error goes round libav: an async callback that rejects would leave libav waiting. */
  async around(work: () => Promise<Uint8Array>): Promise<Buffer | number> {
    // libav reads on behind an error, and would have everything tried anew that was given up.
    if (this.failed) return AVERROR_EIO;
    try {
      const bytes = await work();
      if (bytes.byteLength === 0) return AVERROR_EOF;
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch (error) {
      this.#failure = { error };
      return AVERROR_EIO;
    }
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  rethrow(): void {
    if (this.#failure === undefined) return;
    const { error } = this.#failure;
    if (error instanceof Error) throw error;
    throw new FramerailError('FR_INPUT_READ', `${this.#name} could not be read.`, { cause: error });
  }
}

/** Bytes that come in order, once. */
class OneWayInput implements BlockIo {
  readonly context = new IOContext();
  readonly #failures: Failures;

  constructor(name: string, read: ReadBlock) {
    const failures = new Failures(name);
    this.#failures = failures;
    let position = 0;
    const onRead = (length: number): Promise<Buffer | number> =>
      failures.around(async () => {
        const bytes = await read(position, length);
        position += bytes.byteLength;
        return bytes;
      });
    this.context.allocContextWithCallbacks(STREAM_BUFFER_BYTES, 0, onRead, null, null);
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  rethrow(): void {
    this.#failures.rethrow();
  }

  close(): void {
    this.context.freeContext();
  }
}

/** A source of known size; the next one may use its context. */
class SeekableInput implements BlockIo {
  readonly context = new IOContext();
  #failures = new Failures('');
  #blocks: ReadBlock | undefined;
  #size = 0;
  #position = 0;
  #used = false;

  constructor() {
    this.context.allocContextWithCallbacks(
      BUFFER_BYTES,
      0,
      (length) => this.#read(length),
      null,
      (offset, whence) => this.#seek(offset, whence),
    );
  }

  assign(name: string, size: number, read: ReadBlock): void {
    this.#failures = new Failures(name);
    this.#blocks = read;
    this.#size = size;
    this.#position = 0;
  }

  async prepare(): Promise<void> {
    if (this.#used) {
      await this.context.seek(NOWHERE, AVSEEK_SET);
      await this.context.seek(0n, AVSEEK_SET);
    }
    this.#used = true;
  }

  async #read(length: number): Promise<Buffer | number> {
    if (this.#position >= this.#size) return AVERROR_EOF;
    return this.#failures.around(async () => {
      const bytes = (await this.#blocks?.(this.#position, length)) ?? new Uint8Array(0);
      this.#position += bytes.byteLength;
      return bytes;
    });
  }

  #seek(offset: bigint, whence: number): bigint {
    if ((whence & AVSEEK_SIZE) !== 0) return BigInt(this.#size);
    const base = { [AVSEEK_SET]: 0, [AVSEEK_CUR]: this.#position, [AVSEEK_END]: this.#size }[whence & 0xffff];
    if (base === undefined) return -1n;
    this.#position = base + Number(offset);
    return BigInt(this.#position);
  }

  rethrow(): void {
    this.#failures.rethrow();
  }

  close(reusable: boolean): void {
    this.#blocks = undefined;
    // After a failure libav may have let go of it, or remembers the error.
    if (reusable && !this.#failures.failed && kept.length < KEPT_CONTEXTS) kept.push(this);
    else this.context.freeContext();
  }
}
