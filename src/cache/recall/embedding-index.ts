// Which of many pictures are most like one: an exact search, by the products of embeddings in one matrix.
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Rows that are compared in one turn of the event loop: a few milliseconds. */
const SLICE = 8192;
const FIRST_ROWS = 256;

/** An item, and the cosine of the angle between it and what was asked for. */
export interface Alike {
  readonly item: string;
  readonly cosine: number;
}

/** Embeddings of one length (as lists), of length 1 (as vectors). */
export class EmbeddingIndex {
  readonly #length: number;
  #rows: Float32Array;
  readonly #items: string[] = [];
  readonly #places = new Map<string, number>();

  /** @param length - numbers of each embedding */
  constructor(length: number) {
    this.#length = length;
    this.#rows = new Float32Array(FIRST_ROWS * length);
  }

  /** How many there are. */
  get size(): number {
    return this.#items.length;
  }

  /** Adds the embedding of an item, or replaces it; one of another length is left out. */
  set(item: string, embedding: ArrayLike<number>): void {
    if (embedding.length !== this.#length) return;
    let place = this.#places.get(item);
    if (place === undefined) {
      place = this.#items.push(item) - 1;
      this.#places.set(item, place);
    }
    if ((place + 1) * this.#length > this.#rows.length) {
      const larger = new Float32Array(2 * this.#rows.length);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#rows.set(embedding, place * this.#length);
  }

  /** A copy of the embedding of an item. */
  get(item: string): Float32Array | undefined {
    const place = this.#places.get(item);
    return place === undefined ? undefined : this.#rows.slice(place * this.#length, (place + 1) * this.#length);
  }

  /** Removes an item: the last one takes its place. */
  delete(item: string): void {
    const place = this.#places.get(item);
    const last = this.#items.pop();
    if (place === undefined || last === undefined) {
      if (last !== undefined) this.#items.push(last);
      return;
    }
    this.#places.delete(item);
    if (last === item) return;
    const from = this.#items.length * this.#length;
    this.#rows.copyWithin(place * this.#length, from, from + this.#length);
    this.#items[place] = last;
    this.#places.set(last, place);
  }

  /** The cosine between an item and an embedding; undefined where there is no such item. */
  cosine(item: string, embedding: Float32Array): number | undefined {
    const place = this.#places.get(item);
    return place === undefined ? undefined : this.#product(place, embedding);
  }

  /** The items most like an embedding, the most alike first. */
  async search(embedding: Float32Array, most: number): Promise<Alike[]> {
    const found: Alike[] = [];
    for (let place = 0; place < this.#items.length; place++) {
      const [cosine, worst] = [this.#product(place, embedding), found.at(-1)];
      if (found.length < most || (worst !== undefined && cosine > worst.cosine)) {
        const next = found.findIndex((one) => one.cosine < cosine);
        found.splice(next < 0 ? found.length : next, 0, { item: this.#items[place] ?? '', cosine });
        if (found.length > most) found.pop();
      }
      // Items that go meanwhile may be missed, or seen twice.
      if ((place + 1) % SLICE === 0) await nextTurn();
    }
    return found;
  }

  #product(place: number, embedding: Float32Array): number {
    const [rows, start] = [this.#rows, place * this.#length];
    let sum = 0;
    for (let at = 0; at < embedding.length; at++) sum += (rows[start + at] ?? 0) * (embedding[at] ?? 0);
    return sum;
  }
}
