// Gives a source that can be read only once to one command after another: its beginning as often as it is asked for,
// and all of it once.
import type { ReadBlock } from '../sources/index.js';
import type { Command } from './command.js';

/** What headers and first pictures are found in; it is kept. */
const HEAD_BYTES = 4 * 1024 * 1024;
const PIECE = 256 * 1024;

/** A source of bytes in order. */
export class SourceFeed {
  /** Whether a command waits for the source now, and not the other way round. */
  busy = false;
  readonly #read: ReadBlock;
  readonly #head: Uint8Array[] = [];
  #position = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(read: ReadBlock) {
    this.#read = read;
  }

  /** Writes the beginning of the source into a command, and all that follows where it is wanted; then its end. */
  async pour(command: Command, amount: 'head' | 'whole'): Promise<void> {
    let gone = false;
    void command.gone.then(() => {
      gone = true;
    });
    try {
      for (let at = 0; !gone; at++) {
        const bytes = this.#head[at] ?? (await this.#more(amount));
        if (bytes === undefined) break;
        await command.write(bytes);
      }
      command.finishInput();
    } catch (error) {
      this.#failure ??= { error };
      command.kill();
    }
  }

  /** The next bytes; undefined at the end, or when as many are kept as a look at the beginning is worth. */
  async #more(amount: 'head' | 'whole'): Promise<Uint8Array | undefined> {
    const heading = this.#position < HEAD_BYTES;
    if (this.#ended || (amount === 'head' && !heading)) return undefined;
    this.busy = true;
    // What was read belongs to the reader until the next call.
    const bytes = Uint8Array.from(
      await this.#read(this.#position, PIECE).finally(() => {
        this.busy = false;
      }),
    );
    this.#position += bytes.byteLength;
    this.#ended = bytes.byteLength === 0;
    if (heading && !this.#ended) this.#head.push(bytes);
    return this.#ended ? undefined : bytes;
  }

  /** Throws what the source failed with, which a command only sees as its end. */
  rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
