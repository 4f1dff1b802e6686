// What is fetched when a byte is wanted that is not here: as much as will be read, and hardly more.
import type { ExtentKind, Extents } from './extents.js';
import { BOX_HEAD, Mp4Layout, type RootBox } from './mp4/layout.js';

/** Bytes to fetch, from the wanted one on. */
export interface PlannedRead {
  /** The byte behind the last one. */
  readonly end: number;
  readonly kind: ExtentKind;
}

const KIB = 1024;
/** The first bytes of a file: enough to know what it is, and for small indexes to be here as a whole. */
export const HEAD_BYTES = 16 * KIB;
/** What is read at a place of which nothing is known, and what it grows to where reading goes on from there. */
const BLOCK = 64 * KIB;
const LARGEST_BLOCK = 1024 * KIB;
/** A read that begins this far behind the one ahead of it goes on with it: demuxers pass over small pieces. */
const NEARBY = 256 * KIB;
/** What follows the media of a file is fetched to its end where it is no more: it is the index. */
const WHOLE_TAIL = 8 * 1024 * KIB;
/** The beginning of a box of which nothing is known: a fragment's is mostly here as a whole then. */
const BOX_START = 4 * KIB;
/** A box that is fetched as a whole has this at most; larger ones come in blocks. */
const WHOLE_BOX = 32 * 1024 * KIB;
/** Boxes that hold no index. */
const NO_INDEX = new Set(['mdat', 'free', 'skip', 'wide']);

/** Plans the reads of one file. */
export class ReadPlan {
  readonly #size: number;
  #mp4: Mp4Layout | undefined;
  /** Where the last read of media ended, and what reading on from there fetches. */
  #last = Number.NEGATIVE_INFINITY;
  #window = 0;

  /** @param size - of the file */
  constructor(size: number) {
    this.#size = size;
  }

  /** Whether its layout is known, so that index and media can be told apart. */
  get tellsApart(): boolean {
    return this.#mp4 !== undefined;
  }

  /** Looks at what was fetched. */
  learn(extents: Extents): void {
    const head = this.#mp4 === undefined ? extents.read(0, BOX_HEAD) : undefined;
    if (head !== undefined && Mp4Layout.recognises(head)) this.#mp4 = new Mp4Layout(this.#size);
    this.#mp4?.advance((start, end) => extents.view(start, end));
  }

  /** What to fetch for a byte that is not here. */
  next(offset: number): PlannedRead {
    const planned = offset === 0 ? { end: HEAD_BYTES, kind: 'index' as const } : this.#planned(offset);
    const end = Math.min(this.#size, Math.max(planned.end, offset + 1));
    // Media that lies right behind the index is no reading on.
    this.#last = planned.kind === 'media' ? end : Number.NEGATIVE_INFINITY;
    return { end, kind: planned.kind };
  }

  #planned(offset: number): PlannedRead {
    const near = offset >= this.#last && offset - this.#last <= NEARBY;
    this.#window = near ? Math.min(LARGEST_BLOCK, Math.max(BLOCK, this.#window * 2)) : 0;
    return (
      (this.#mp4 && this.#inMp4(this.#mp4, offset)) ?? { end: offset + Math.max(BLOCK, this.#window), kind: 'media' }
    );
  }

  #inMp4(mp4: Mp4Layout, offset: number): PlannedRead | undefined {
    const root = mp4.rootAt(offset);
    if (root !== undefined) return this.#inBox(mp4, root, offset);
    const rest = this.#size - offset;
    // The last bytes of a file may say where an index of its fragments lies.
    if (offset !== mp4.next) return rest <= BOX_START ? { end: this.#size, kind: 'index' } : undefined;
    if (!mp4.hasIndex) return { end: offset + (rest <= WHOLE_TAIL ? rest : HEAD_BYTES), kind: 'index' };
    return { end: offset + BOX_START, kind: 'index' };
  }

  #inBox(mp4: Mp4Layout, root: RootBox, offset: number): PlannedRead | undefined {
    if (!NO_INDEX.has(root.type)) {
      // The heads of the boxes behind it tell whether there is more to read.
      const end = root.end + 2 * BOX_HEAD;
      return end - offset > WHOLE_BOX ? undefined : { end, kind: 'index' };
    }
    const sample = mp4.sampleAt(offset);
    if (sample === undefined) return undefined;
    if (this.#window === 0) return { end: sample.end, kind: 'media' };
    // Whoever reads on gets whole samples.
    const far = offset + this.#window;
    return { end: Math.max(sample.end, mp4.sampleAt(far)?.end ?? far), kind: 'media' };
  }
}
