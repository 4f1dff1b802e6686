// Pieces of a file that were fetched: found by their place, the index kept for good, media for as long as there is room.

/** Whether a piece belongs to the index of a file, or to its media. */
export type ExtentKind = 'index' | 'media';

/** A piece of a file. */
export interface Extent {
  readonly start: number;
  readonly bytes: Buffer;
  readonly kind: ExtentKind;
}

/** The pieces of one file that are here; they never overlap. */
export class Extents {
  /** By their place. */
  readonly #sorted: Extent[] = [];
  /** Media from the one that was asked for longest ago on. */
  readonly #used = new Set<Extent>();
  readonly #mostMedia: number;
  #media = 0;

  /** @param mostMedia - bytes of media that are kept */
  constructor(mostMedia: number) {
    this.#mostMedia = mostMedia;
  }

  /** The bytes from a place on, at most `length` and at least one; undefined where the first one is not here. */
  read(offset: number, length: number): Buffer | undefined {
    const extent = this.#sorted[this.#before(offset)];
    if (extent === undefined || offset >= endOf(extent)) return undefined;
    if (this.#used.delete(extent)) this.#used.add(extent);
    return extent.bytes.subarray(offset - extent.start, offset - extent.start + length);
  }

  /** All bytes between two places; undefined where one of them is not here. */
  view(start: number, end: number): Buffer | undefined {
    const pieces: Buffer[] = [];
    for (let at = start; at < end;) {
      const piece = this.read(at, end - at);
      if (piece === undefined) return undefined;
      pieces.push(piece);
      at += piece.byteLength;
    }
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
  }

  /** Where the next piece behind a place begins; infinity where there is none. */
  nextStart(offset: number): number {
    return this.#sorted[this.#before(offset) + 1]?.start ?? Number.POSITIVE_INFINITY;
  }

  /** Keeps a piece that lies where none is; the bytes belong to the extents from then on. */
  add(start: number, bytes: Buffer, kind: ExtentKind): void {
    if (bytes.byteLength === 0) return;
    const extent = { start, bytes, kind };
    this.#sorted.splice(this.#before(start) + 1, 0, extent);
    if (kind === 'index') return;
    this.#used.add(extent);
    this.#media += bytes.byteLength;
    for (const oldest of this.#used) {
      if (this.#media <= this.#mostMedia || oldest === extent) break;
      this.#used.delete(oldest);
      this.#media -= oldest.bytes.byteLength;
      this.#sorted.splice(this.#before(oldest.start), 1);
    }
  }

  /** The pieces, in the order of the file. */
  [Symbol.iterator](): IterableIterator<Extent> {
    return this.#sorted.values();
  }

  /** The number of the last piece that begins at or before a place; -1 where none does. */
  #before(offset: number): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle]?.start ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function endOf({ start, bytes }: Extent): number {
  return start + bytes.byteLength;
}
