// Where the images of a storyboard go: into a folder, by the parent of the job, since a locked-down worker writes to no file. A job
// that runs in the caller's own thread writes for itself.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argumentError, errorFromData, errorToData, outputError, type ErrorData } from '../../base/index.js';
import type { JobContext } from '../../workers/index.js';
import { BifWriter } from './bif.js';
import { BIF_FILE, sheetFile, type SheetFormat } from './file-names.js';

/** Takes images as they are made. */
export interface BoardFiles {
  /** Writes the next sheet. */
  sheet(data: Uint8Array): Promise<void>;
  /** Adds the JPEG of the next step to the BIF. */
  image(jpeg: Uint8Array): Promise<void>;
  /** Finishes the BIF. @param every - seconds from one step to the next */
  end(every: number): Promise<void>;
}

/** The folder of a storyboard that is being made. */
export interface BoardFolder {
  readonly path: string;
  /** What it is called in messages: the name that its caller knows. */
  readonly name: string;
  readonly format: SheetFormat;
}

/** More than a storyboard of the most steps has. */
const MOST_FILES = 100_000;

/** Writes them into a folder. */
export class FilesInFolder implements BoardFiles {
  readonly #folder: BoardFolder;
  readonly #bif: BifWriter;
  #sheets = 0;
  #images = 0;

  constructor(folder: BoardFolder) {
    this.#folder = folder;
    this.#bif = new BifWriter(join(folder.path, BIF_FILE), join(folder.name, BIF_FILE));
  }

  async sheet(data: Uint8Array): Promise<void> {
    const { path, name, format } = this.#folder;
    this.#sheets = counted(this.#sheets);
    const file = sheetFile(this.#sheets, format);
    try {
      await writeFile(join(path, file), data, { flag: 'wx' });
    } catch (cause) {
      throw outputError(join(name, file), cause);
    }
  }

  async image(jpeg: Uint8Array): Promise<void> {
    this.#images = counted(this.#images);
    await this.#bif.add(jpeg);
  }

  async end(every: number): Promise<void> {
    await this.#bif.finish(every);
  }
}

function counted(files: number): number {
  if (files >= MOST_FILES) throw argumentError('every', `fewer than ${String(MOST_FILES)} images`, files);
  return files + 1;
}

/** What a job says to its parent: one of the calls, and waits for the answer. */
type Told =
  { readonly kind: 'sheet' | 'image'; readonly data: Uint8Array } | { readonly kind: 'end'; readonly every: number };

/** What the parent answers. */
interface Placed {
  readonly kind: 'placed';
  readonly error: ErrorData | undefined;
}

/** The files of a job whose parent writes them; one is on its way at a time. */
export function filesAtParent(context: JobContext): BoardFiles {
  const tell = async (told: Told): Promise<void> => {
    context.notify(told);
    for (;;) {
      const mail = context.takeMail();
      if (mail === undefined) {
        await context.pause();
        continue;
      }
      const answer = mail.kind === 'command' ? (mail.payload as Placed) : undefined;
      if (answer?.kind !== 'placed') continue;
      if (answer.error === undefined) return;
      throw errorFromData(answer.error);
    }
  };
  return {
    sheet: (data) => tell({ kind: 'sheet', data }),
    image: (data) => tell({ kind: 'image', data }),
    end: (every) => tell({ kind: 'end', every }),
  };
}

/** The parent's side: does what a job says, and nothing that only a worker which is no longer itself would say. */
export class FilesForJob {
  readonly #files: BoardFiles;
  /** Resolves when nothing is being written. */
  idle: Promise<void> = Promise.resolve();

  constructor(folder: BoardFolder) {
    this.#files = new FilesInFolder(folder);
  }

  /** Hears the job. @param answer - sends a command to it */
  hear(payload: unknown, answer: (command: unknown) => void): void {
    this.idle = this.idle.then(async () => {
      let error: ErrorData | undefined;
      try {
        await this.#place(payload as Told);
      } catch (cause) {
        error = errorToData(cause);
      }
      answer({ kind: 'placed', error } satisfies Placed);
    });
  }

  async #place(told: Told): Promise<void> {
    if (told.kind === 'end') return this.#files.end(told.every);
    if (!(told.data instanceof Uint8Array)) throw argumentError('data', 'bytes of an image', told.data);
    await (told.kind === 'sheet' ? this.#files.sheet(told.data) : this.#files.image(told.data));
  }
}
