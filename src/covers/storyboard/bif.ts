// Writes BIF, the archive of small JPEGs that Roku, Plex and Emby players read. By Roku's specification: "BIF file
// creation using the Roku BIF tool", section "BIF file specification". All numbers are little-endian.
import { appendFile, open, rm, type FileHandle } from 'node:fs/promises';
import { outputError } from '../../base/index.js';

const MAGIC = [0x89, 0x42, 0x49, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const HEADER_BYTES = 64;
const ENTRY_BYTES = 8;
const END = 0xffffffff;
const COPIED_AT_ONCE = 1024 * 1024;

/**
 * The header and the index: images lie one behind the other after it, image `i` belongs to the time `i * multiplier`.
 * @param sizes - bytes of each image
 * @param multiplier - milliseconds
 */
export function bifIndex(sizes: readonly number[], multiplier: number): Buffer {
  const start = HEADER_BYTES + ENTRY_BYTES * (sizes.length + 1);
  const bytes = Buffer.alloc(start);
  bytes.set(MAGIC);
  bytes.writeUInt32LE(0, 8);
  bytes.writeUInt32LE(sizes.length, 12);
  bytes.writeUInt32LE(multiplier, 16);
  let offset = start;
  for (const [i, size] of [...sizes, 0].entries()) {
    const at = HEADER_BYTES + ENTRY_BYTES * i;
    bytes.writeUInt32LE(i === sizes.length ? END : i, at);
    bytes.writeUInt32LE(offset, at + 4);
    offset += size;
  }
  return bytes;
}

/** Gathers the images of one archive; the index comes first in it, so they wait in a file of their own. */
export class BifWriter {
  readonly #path: string;
  readonly #waiting: string;
  readonly #name: string;
  readonly #sizes: number[] = [];

  /**
   * @param path - where the archive goes; nothing may be there
   * @param name - what it is called in messages
   */
  constructor(path: string, name: string) {
    this.#path = path;
    this.#name = name;
    this.#waiting = `${path}.images`;
  }

  /** Adds the image of the next step. */
  async add(jpeg: Uint8Array): Promise<void> {
    try {
      await appendFile(this.#waiting, jpeg);
    } catch (cause) {
      throw outputError(this.#name, cause);
    }
    this.#sizes.push(jpeg.byteLength);
  }

  /** Writes the archive. @param every - seconds from one image to the next */
  async finish(every: number): Promise<void> {
    try {
      await using images = await open(this.#waiting, 'r');
      await using file = await open(this.#path, 'wx');
      await writeAll(file, bifIndex(this.#sizes, Math.round(every * 1000)));
      const piece = Buffer.alloc(COPIED_AT_ONCE);
      for (;;) {
        const { bytesRead } = await images.read(piece);
        if (bytesRead === 0) break;
        await writeAll(file, piece.subarray(0, bytesRead));
      }
      await rm(this.#waiting);
    } catch (cause) {
      throw outputError(this.#name, cause);
    }
  }
}

/** A full disk may take a part: the next write then says why. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) done += (await file.write(bytes, done)).bytesWritten;
}
