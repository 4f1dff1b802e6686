// A report of a batch as one page: its cards are written aside while it runs, and the page appears as a whole at its end.
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeFolder, outputError, publishable, temporaryName } from '../../../base/index.js';
import type { BatchSummary, FailedCover, KeptCover, MadeCover } from '../run/events.js';
import { LineFile } from '../run/line-file.js';
import { failureRow, keptCard, madeCard } from './cards.js';
import { PAGE_END, pageHead, pageMiddle, type PageFacts } from './page.js';

/** Bytes of pictures within the page; those beyond lie beside it. */
const EMBEDDED = 20 * 1024 * 1024;
/** Covers and failures that are shown: beyond it no browser is of use. */
const MOST_CARDS = 10_000;
const MOST_ROWS = 5000;

/** Collects what a report shows; `close()` must follow. */
export class ReportWriter {
  readonly #path: string;
  readonly #out: string;
  readonly #whole: string;
  /** From the page to the covers. */
  readonly #prefix: string;
  readonly #cardsPath: string;
  readonly #rowsPath: string;
  readonly #cardsFile: LineFile;
  readonly #rowsFile: LineFile;
  #room = EMBEDDED;
  #cards = 0;
  #rows = 0;
  #linked = 0;

  /**
   * Throws FR_OUTPUT_FAILED.
   * @param path - of the page
   * @param out - the folder of the covers, a real path
   * @param temporary - a folder of the same file system for what is collected
   */
  constructor(path: string, out: string, temporary: string) {
    [this.#path, this.#out] = [resolve(path), out];
    this.#prefix = relative(dirname(this.#path), out).split(sep).join('/');
    [this.#whole, this.#cardsPath, this.#rowsPath] = [
      join(temporary, 'report.html'),
      join(temporary, 'report.cards'),
      join(temporary, 'report.rows'),
    ];
    this.#cardsFile = new LineFile(this.#cardsPath);
    this.#rowsFile = new LineFile(this.#rowsPath);
  }

  /** Shows a cover that was made. */
  made(cover: MadeCover): void {
    if (this.#cards >= MOST_CARDS) return;
    const bytes = cover.files.reduce((sum, file) => sum + file.bytes, 0);
    const embedded = bytes <= this.#room;
    if (embedded) this.#room -= bytes;
    else this.#linked += 1;
    this.#add(madeCard(cover, this.#prefix, embedded));
  }

  /** Shows a cover of an earlier run. */
  kept(cover: KeptCover): void {
    if (this.#cards >= MOST_CARDS) return;
    this.#linked += 1;
    this.#add(keptCard(cover, this.#prefix));
  }

  /** Shows a failure. */
  failed(failure: FailedCover): void {
    if (this.#rows >= MOST_ROWS) return;
    this.#rows += 1;
    this.#rowsFile.add(failureRow(failure));
  }

  /** Writes the page; rejects with FR_OUTPUT_FAILED. */
  async publish(title: string, summary: BatchSummary, failuresFile: string): Promise<void> {
    this.close();
    const facts: PageFacts = {
      ...{ title, summary, failuresFile, cards: this.#cards, rows: this.#rows, linked: this.#linked },
    };
    try {
      await makeFolder(dirname(this.#path));
      const target = await publishable(this.#path);
      const within = target.startsWith(this.#out + sep);
      const temporary = within ? this.#whole : temporaryName(target);
      try {
        await pipeline(pieces(facts, this.#rowsPath, this.#cardsPath), createWriteStream(temporary, { flags: 'wx' }));
        await rename(temporary, target);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    } catch (cause) {
      throw outputError(this.#path, cause);
    }
  }

  /** Lets go of what is collected, which lies among what is temporary. */
  close(): void {
    this.#cardsFile.close();
    this.#rowsFile.close();
  }

  #add(card: string): void {
    this.#cards += 1;
    this.#cardsFile.add(card);
  }
}

async function* pieces(
  facts: PageFacts,
  rows: string,
  cards: string,
): AsyncGenerator<string | Buffer, void, undefined> {
  yield pageHead(facts);
  if (facts.summary.failed > 0) yield* createReadStream(rows) as AsyncIterable<Buffer>;
  yield pageMiddle(facts);
  yield* createReadStream(cards) as AsyncIterable<Buffer>;
  yield PAGE_END;
}
