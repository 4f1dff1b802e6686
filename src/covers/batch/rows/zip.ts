// The parts of a zip archive that somebody else made: found by name, unpacked as they are read, within bounds.
import { promisify } from 'node:util';
import { fromBuffer, open, type Entry, type ZipFile } from 'yauzl';
import { firstLine, messageOf } from '../../../base/index.js';
import { manifestError } from './trouble.js';

/** Parts of an archive at most; a workbook of a hundred sheets has two hundred. */
const MOST_PARTS = 10_000;

const openFile = promisify<string, object, ZipFile>(open);
const openBuffer = promisify<Buffer, object, ZipFile>(fromBuffer);

/** An archive that is open. */
export class ZipParts {
  readonly #name: string;
  readonly #zip: ZipFile;
  readonly #parts: ReadonlyMap<string, Entry>;

  private constructor(name: string, zip: ZipFile, parts: ReadonlyMap<string, Entry>) {
    this.#name = name;
    this.#zip = zip;
    this.#parts = parts;
  }

  /** Opens an archive; rejects with FR_MANIFEST_INVALID. @param from - a path, or its bytes */
  static async open(name: string, from: string | Buffer): Promise<ZipParts> {
    const options = { lazyEntries: true, autoClose: false };
    try {
      const zip = await (typeof from === 'string' ? openFile(from, options) : openBuffer(from, options));
      if (zip.entryCount > MOST_PARTS) throw new Error(`it has more than ${String(MOST_PARTS)} parts`);
      return new ZipParts(name, zip, await partsOf(zip));
    } catch (cause) {
      throw manifestError(name, why(cause), cause);
    }
  }

  /** Whether it has a part. */
  has(part: string): boolean {
    return this.#parts.has(part);
  }

  /**
   * The bytes of a part as they are unpacked; rejects with FR_MANIFEST_INVALID.
   * @param most - bytes, unpacked: an archive may say anything of itself
   */
  async *read(part: string, most: number): AsyncGenerator<Buffer, void, undefined> {
    const entry = this.#parts.get(part);
    if (entry === undefined) throw manifestError(this.#name, `it has no ${part}`);
    let bytes = 0;
    try {
      const stream = await promisify(this.#zip.openReadStream.bind(this.#zip))(entry);
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        bytes += chunk.byteLength;
        if (bytes > most) throw new Error(`${part} unpacks to more than ${String(Math.round(most / 1024 ** 2))} MiB`);
        yield chunk;
      }
    } catch (cause) {
      throw manifestError(this.#name, why(cause), cause);
    }
  }

  /** Closes the file. */
  close(): void {
    this.#zip.close();
  }
}

function partsOf(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  return new Promise((resolve, reject) => {
    const parts = new Map<string, Entry>();
    zip.on('entry', (entry: Entry) => {
      parts.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.on('end', () => {
      resolve(parts);
    });
    zip.on('error', reject);
    zip.readEntry();
  });
}

function why(cause: unknown): string {
  return firstLine(messageOf(cause)).replace(/\.$/, '');
}
