// Watches one file: what it holds is told once it rests, whoever writes it and however.
import { watch, type BigIntStats, type FSWatcher } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { FramerailError, systemCode } from '../base/index.js';

/** Who hears of a file. */
export interface WatchHandlers {
  /** It holds something else than before, and has rested. */
  readonly onText: (text: string) => void;
  /** It is gone, or cannot be read; told once, until it can be read again. */
  readonly onTrouble: (error: FramerailError) => void;
}

/** How long is waited; tests are in a hurry. Milliseconds. */
export interface WatchTimes {
  /** For which a file must not have changed. */
  readonly rest: number;
  /** The same for one that does not end with a line, as half a file does not. */
  readonly longRest: number;
  /** Between two looks when nothing is heard, as on file systems of a network. */
  readonly poll: number;
}

const TIMES: WatchTimes = { rest: 200, longRest: 1500, poll: 2000 };

/** Reads a file of text; throws FR_INPUT_NOT_FOUND, FR_INPUT_UNREADABLE or FR_INPUT_READ. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw readError(path, cause);
  }
}

/** A file that is watched. */
export class FileWatch {
  readonly #path: string;
  readonly #handlers: WatchHandlers;
  readonly #times: WatchTimes;
  readonly #poll: NodeJS.Timeout;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** What was told last. */
  #text: string;
  /** How the file looked when it was read last, and when it was looked at last. */
  #read = '';
  #seen = '';
  #looking = false;
  #again = false;
  #troubled = false;
  #closed = false;

  /** @param text - what is known of it already */
  constructor(path: string, text: string, handlers: WatchHandlers, times: Partial<WatchTimes> = {}) {
    this.#path = path;
    this.#text = text;
    this.#handlers = handlers;
    this.#times = { ...TIMES, ...times };
    this.#poll = setInterval(() => {
      this.#look();
    }, this.#times.poll);
    this.#hear();
    this.#look();
  }

  /** Ends it; nothing is told any more. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#timer);
    this.#watcher?.close();
  }

  /** Editors put another file in the place of this one, so its folder is watched. */
  #hear(): void {
    try {
      this.#watcher = watch(dirname(this.#path), { persistent: false }, (_, name) => {
        // Links that lead elsewhere change under names of their own.
        if (name === null || name === basename(this.#path) || name.startsWith('..')) this.#look();
      });
      this.#watcher.on('error', () => {
        this.#watcher?.close();
      });
    } catch {
      // There may be no more watches, or the folder is not there yet: the looks from time to time remain.
      this.#watcher = undefined;
    }
  }

  #look(): void {
    if (this.#closed) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    this.#examine()
      .catch((error: unknown) => {
        this.#trouble(readError(this.#path, error));
      })
      .finally(() => {
        this.#looking = false;
        if (!this.#again) return;
        this.#again = false;
        this.#look();
      });
  }

  async #examine(): Promise<void> {
    const now = looksOf(await stat(this.#path, { bigint: true }));
    if (now !== this.#seen) {
      this.#seen = now;
      if (now !== this.#read) this.#later(this.#times.rest);
      return;
    }
    if (now === this.#read || this.#timer !== undefined) return;
    const text = await readFile(this.#path, 'utf8');
    const after = await stat(this.#path, { bigint: true });
    if (looksOf(after) !== now) {
      this.#seen = looksOf(after);
      this.#later(this.#times.rest);
      return;
    }
    const age = Date.now() - Number(after.mtimeMs);
    const { longRest } = this.#times;
    if (!text.endsWith('\n') && age >= 0 && age < longRest) {
      this.#later(longRest - age);
      return;
    }
    this.#read = now;
    this.#troubled = false;
    if (this.#closed || text === this.#text) return;
    this.#text = text;
    this.#handlers.onText(text);
  }

  #later(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, milliseconds);
  }

  #trouble(error: FramerailError): void {
    // What comes next is another file, also when it looks the same.
    this.#read = this.#seen = '';
    if (this.#closed || this.#troubled) return;
    this.#troubled = true;
    this.#handlers.onTrouble(error);
  }
}

/** What differs when a file was written or another one took its place. */
function looksOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join('/');
}

function readError(path: string, cause: unknown): FramerailError {
  const system = systemCode(cause);
  const [code, why] =
    system === 'ENOENT'
      ? (['FR_INPUT_NOT_FOUND', 'does not exist'] as const)
      : system === 'EACCES' || system === 'EPERM'
        ? (['FR_INPUT_UNREADABLE', 'may not be read by this user'] as const)
        : (['FR_INPUT_READ', `cannot be read: ${system}`] as const);
  return new FramerailError(code, `${path} ${why}.`, { details: { path, system }, cause });
}
