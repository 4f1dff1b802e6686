// Which bytes of a file are one sample, by the tables of a track (ISO/IEC 14496-12, 8.7): looked up, never unfolded.
import { BoxReader, boxesIn, boxWithin, findBox } from '../../../sources/index.js';

/** Bytes that belong together. */
export interface Span {
  readonly start: number;
  /** The byte behind the last one. */
  readonly end: number;
}

/** Samples of one chunk that are looked at; real chunks have hundreds. */
const MOST_WALKED = 100_000;
/** Bytes: what is smaller is uncompressed sound, of which a whole chunk is read. */
const SMALL_SAMPLE = 1024;

/** A column of numbers that lies in the file. */
interface Column {
  readonly length: number;
  at(index: number): number;
}

/** The tables of one track. */
export class SampleTable {
  /** Where each chunk lies, in the order of the file. */
  readonly #chunks: Column;
  /** The number of each chunk in that order; undefined where they are in order by themselves, as nearly all are. */
  readonly #order: Uint32Array | undefined;
  readonly #runs: Runs;
  readonly #sizes: Sizes;

  /** @param stbl - the content of the box; throws MalformedBoxes for one that is broken */
  constructor(stbl: Buffer) {
    const boxes = boxesIn(stbl);
    this.#sizes = readSizes(findBox(boxes, 'stsz'), findBox(boxes, 'stz2'));
    this.#runs = new Runs(findBox(boxes, 'stsc'));
    const offsets = readOffsets(findBox(boxes, 'stco'), findBox(boxes, 'co64'));
    const sorted = inOrder(offsets);
    this.#order = sorted;
    this.#chunks = sorted === undefined ? offsets : { length: offsets.length, at: (i) => offsets.at(sorted[i] ?? 0) };
  }

  /** The sample that a byte belongs to; undefined where it is none of this track. */
  spanAt(offset: number): Span | undefined {
    const rank = lastAtMost(this.#chunks, offset);
    if (rank < 0) return undefined;
    const { first, count } = this.#runs.samplesOf(this.#order?.[rank] ?? rank);
    let start = this.#chunks.at(rank);
    const { fixed } = this.#sizes;
    if (fixed > 0) {
      const whole = start + fixed * Math.min(count, this.#sizes.length - first);
      if (offset >= whole) return undefined;
      if (fixed < SMALL_SAMPLE) return { start, end: whole };
      start += Math.floor((offset - start) / fixed) * fixed;
      return { start, end: start + fixed };
    }
    const last = Math.min(first + Math.min(count, MOST_WALKED), this.#sizes.length);
    for (let sample = first; sample < last; sample++) {
      const end = start + this.#sizes.at(sample);
      if (offset < end) return { start, end };
      start = end;
    }
    return undefined;
  }
}

/** The tables of all tracks of a `moov`, of which the content is given; throws MalformedBoxes. */
export function readSampleTables(moov: Buffer): SampleTable[] {
  return boxesIn(moov).flatMap(({ type, data }) => {
    const stbl = type === 'trak' ? boxWithin(data, 'mdia', 'minf', 'stbl') : undefined;
    return stbl === undefined ? [] : [new SampleTable(stbl)];
  });
}

/** How many samples each chunk has, in runs of chunks that are alike. */
class Runs {
  readonly #table: Buffer;
  readonly #length: number;
  /** The number of the first sample of each run. */
  readonly #samples: Float64Array;

  constructor(stsc: Buffer | undefined) {
    const { table, length } = rows(stsc, 12);
    this.#table = table;
    this.#length = length;
    this.#samples = new Float64Array(length);
    for (let run = 1; run < length; run++) {
      const chunks = Math.max(0, this.#firstChunk(run) - this.#firstChunk(run - 1));
      this.#samples[run] = (this.#samples[run - 1] ?? 0) + chunks * this.#count(run - 1);
    }
  }

  samplesOf(chunk: number): { readonly first: number; readonly count: number } {
    const run = lastAtMost({ length: this.#length, at: (i) => this.#firstChunk(i) }, chunk);
    if (run < 0) return { first: 0, count: 0 };
    const count = this.#count(run);
    return { first: (this.#samples[run] ?? 0) + (chunk - this.#firstChunk(run)) * count, count };
  }

  /** Chunks are counted from one in the file. */
  #firstChunk(run: number): number {
    return this.#table.readUInt32BE(run * 12) - 1;
  }

  #count(run: number): number {
    return this.#table.readUInt32BE(run * 12 + 4);
  }
}

interface Sizes extends Column {
  /** What all samples have; zero where each has its own. */
  readonly fixed: number;
}

function readSizes(stsz: Buffer | undefined, stz2: Buffer | undefined): Sizes {
  if (stsz !== undefined) {
    const reader = new BoxReader(stsz).skip(4);
    const fixed = reader.u32();
    const count = reader.u32();
    const table = reader.rest();
    const length = fixed > 0 ? count : Math.min(count, Math.floor(table.byteLength / 4));
    return { fixed, length, at: (i) => table.readUInt32BE(i * 4) };
  }
  if (stz2 === undefined) return { fixed: 0, length: 0, at: () => 0 };
  const reader = new BoxReader(stz2).skip(4);
  const bits = reader.u32() & 0xff;
  const count = reader.u32();
  const table = reader.rest();
  const length = Math.min(count, Math.floor((table.byteLength * 8) / Math.max(1, bits)));
  const at = (i: number): number => {
    if (bits === 16) return table.readUInt16BE(i * 2);
    if (bits === 8) return table.readUInt8(i);
    return (table.readUInt8(i >> 1) >> (i % 2 === 0 ? 4 : 0)) & 15;
  };
  return { fixed: 0, length: bits === 4 || bits === 8 || bits === 16 ? length : 0, at };
}

function readOffsets(stco: Buffer | undefined, co64: Buffer | undefined): Column {
  if (stco !== undefined) {
    const { table, length } = rows(stco, 4);
    return { length, at: (i) => table.readUInt32BE(i * 4) };
  }
  const { table, length } = rows(co64, 8);
  return { length, at: (i) => Number(table.readBigUInt64BE(i * 8)) };
}

/** The rows of a full box that begins with how many there are, as far as they are there. */
function rows(box: Buffer | undefined, bytes: number): { readonly table: Buffer; readonly length: number } {
  if (box === undefined) return { table: Buffer.alloc(0), length: 0 };
  const reader = new BoxReader(box).skip(4);
  const count = reader.u32();
  const table = reader.rest();
  return { table, length: Math.min(count, Math.floor(table.byteLength / bytes)) };
}

/** The order in which numbers grow; undefined where they grow by themselves. */
function inOrder(column: Column): Uint32Array | undefined {
  let sorted = true;
  for (let i = 1; i < column.length && sorted; i++) sorted = column.at(i - 1) <= column.at(i);
  if (sorted) return undefined;
  const order = Uint32Array.from({ length: column.length }, (_, i) => i);
  return order.sort((a, b) => column.at(a) - column.at(b));
}

/** The last row of a growing column that is at most a value; -1 where none is. */
function lastAtMost(column: Column, value: number): number {
  let [low, high] = [0, column.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (column.at(middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
