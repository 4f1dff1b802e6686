// How an MP4 lies in its file, as far as its bytes are here: the boxes at its root, and which bytes are one sample.
import {
  boxesIn,
  boxHead,
  FragmentReader,
  MalformedBoxes,
  readDefaults,
  type FragmentTrack,
} from '../../../sources/index.js';
import { readSampleTables, type SampleTable, type Span } from './sample-table.js';

/** A box at the root of a file. */
export interface RootBox extends Span {
  readonly type: string;
}

/** Gives the bytes between two places of the file; undefined where one of them is not here. */
export type View = (start: number, end: number) => Buffer | undefined;

/** Types that files begin with. */
const FIRST = new Set(['ftyp', 'styp', 'moov', 'mdat', 'moof', 'sidx', 'free', 'skip', 'wide', 'pnot', 'uuid']);
/** Boxes of a file at most: a day in fragments of a second has as many. */
const MOST_ROOTS = 200_000;
/** Samples of fragments that are remembered, and boxes that are waited for: those behind them are read in blocks. */
const MOST_SAMPLES = 1_000_000;
const MOST_UNREAD = 1000;
/** Bytes of a `moov` or a `moof` that is looked into. */
const MOST_LOOKED_INTO = 64 * 1024 * 1024;
/** Bytes of the head of a box at most. */
export const BOX_HEAD = 16;

/** What is known of the layout of one file. */
export class Mp4Layout {
  /** Where the first box begins whose head is not here yet. */
  next = 0;
  /** Whether the `moov` was met. */
  hasIndex = false;
  readonly #size: number;
  readonly #roots: RootBox[] = [];
  /** Boxes that were met and are not here as a whole. */
  readonly #unread = new Set<RootBox>();
  #tables: readonly SampleTable[] = [];
  #tracks: ReadonlyMap<number, FragmentTrack> = new Map();
  /** Samples of fragments, by where they begin. */
  readonly #fragments: Span[] = [];

  /** @param size - of the file */
  constructor(size: number) {
    this.#size = size;
  }

  /** Whether a file that begins with these bytes is one. */
  static recognises(head: Buffer): boolean {
    return FIRST.has(head.toString('latin1', 4, 8));
  }

  /** Looks at what came since; what is malformed stays unknown. */
  advance(view: View): void {
    try {
      while (this.next < this.#size && this.#roots.length < MOST_ROOTS && this.#enter(view));
      for (const box of this.#unread) {
        const bytes = box.end - box.start > MOST_LOOKED_INTO ? undefined : view(box.start, box.end);
        if (bytes === undefined) continue;
        this.#unread.delete(box);
        this.#read(box, bytes);
      }
    } catch (error) {
      if (!(error instanceof MalformedBoxes)) throw error;
    }
  }

  /** The box at the root that a byte belongs to; undefined where none is known. */
  rootAt(offset: number): RootBox | undefined {
    return around(this.#roots, offset);
  }

  /** The sample that a byte belongs to; undefined where none is known. */
  sampleAt(offset: number): Span | undefined {
    for (const table of this.#tables) {
      const span = table.spanAt(offset);
      if (span !== undefined) return span;
    }
    return around(this.#fragments, offset);
  }

  /** Notes the next box; false where its head is not here. */
  #enter(view: View): boolean {
    const start = this.next;
    const bytes = view(start, Math.min(start + BOX_HEAD, this.#size)) ?? view(start, Math.min(start + 8, this.#size));
    const head = bytes && boxHead(bytes, 0, bytes.byteLength);
    if (head === undefined) return false;
    const end = head.size === 0 ? this.#size : Math.min(this.#size, start + head.size);
    const box = { type: head.type, start, end };
    this.#roots.push(box);
    this.next = end;
    if (box.type === 'moov') this.hasIndex = true;
    if ((box.type === 'moov' || box.type === 'moof') && this.#unread.size < MOST_UNREAD) this.#unread.add(box);
    return true;
  }

  #read(box: RootBox, bytes: Buffer): void {
    const head = boxHead(bytes, 0, bytes.byteLength);
    const content = bytes.subarray(head?.header ?? 0);
    if (box.type === 'moov') {
      const defaults = readDefaults(boxesIn(content));
      this.#tracks = new Map([...defaults].map(([id, sample]) => [id, { id, defaults: sample }]));
      this.#tables = readSampleTables(content);
      return;
    }
    const samples = new FragmentReader<FragmentTrack>().read(content, box.start, this.#tracks);
    if (this.#fragments.length + samples.length > MOST_SAMPLES) return;
    const ordered = (this.#fragments.at(-1)?.start ?? 0) <= (samples[0]?.offset ?? 0);
    for (const { offset, size } of samples) this.#fragments.push({ start: offset, end: offset + size });
    if (!ordered) this.#fragments.sort((a, b) => a.start - b.start);
  }
}

/** Which of some spans, in their order, has a byte. */
function around<Found extends Span>(spans: readonly Found[], offset: number): Found | undefined {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle]?.start ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  const found = spans[low - 1];
  return found !== undefined && offset < found.end ? found : undefined;
}
