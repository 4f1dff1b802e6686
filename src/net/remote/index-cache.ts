// Indexes of files that were read before: what a further call need not fetch, as long as the version is the same.
import type { Extent } from './extents.js';
import type { FileIdentity } from './identity.js';

/** What is kept of a file. */
export interface KnownFile {
  readonly identity: FileIdentity;
  readonly extents: readonly Extent[];
}

/** Bytes of one file that are kept at most: an index of ten hours has them. */
const MOST_OF_ONE = 8 * 1024 * 1024;
/** What a file costs beside its bytes. */
const OVERHEAD = 1024;

/** The indexes that were used last, within a budget of bytes. */
export class IndexCache {
  /** From the one that was used longest ago on. */
  readonly #files = new Map<string, { readonly file: KnownFile; readonly bytes: number }>();
  readonly #most: number;
  #bytes = 0;

  /** @param most - bytes that all of them may take */
  constructor(most: number) {
    this.#most = most;
  }

  /** What is known of a file; the answer to the next request must confirm it. */
  get(key: string): KnownFile | undefined {
    const found = this.#files.get(key);
    if (found === undefined) return undefined;
    this.#files.delete(key);
    this.#files.set(key, found);
    return found.file;
  }

  /** Keeps the index of a file, unless its versions cannot be told apart. */
  set(key: string, file: KnownFile): void {
    this.delete(key);
    const bytes = file.extents.reduce((sum, extent) => sum + extent.bytes.byteLength, OVERHEAD);
    if (file.identity.validator === undefined || bytes > Math.min(MOST_OF_ONE, this.#most)) return;
    this.#files.set(key, { file, bytes });
    this.#bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.#files) {
      if (this.#bytes <= this.#most) break;
      this.#files.delete(oldest);
      this.#bytes -= freed;
    }
  }

  /** Forgets a file. */
  delete(key: string): void {
    this.#bytes -= this.#files.get(key)?.bytes ?? 0;
    this.#files.delete(key);
  }
}
