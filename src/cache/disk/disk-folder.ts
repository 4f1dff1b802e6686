// Where entries lie on a disk: two levels of folders by the first digits of their keys, and unfinished files beside them.
import { createHash, randomBytes } from 'node:crypto';
import type { Dirent, Stats } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { makeFolders, systemCode } from '../../base/index.js';

/** Another format of files or names is another folder: older versions leave newer ones alone. */
const VERSION = 'v1';
const UNFINISHED = 'unfinished';
/** Bytes that a file takes at least: a block of most file systems. */
const BLOCK = 4096;
/** A file that is written takes no longer than this, in milliseconds; what is older was left behind. */
const WRITING = 3_600_000;

/** A file of an entry. */
export interface EntryFile {
  readonly path: string;
  readonly bytes: number;
  /** When it was last used, in milliseconds since 1970. */
  readonly usedAt: number;
}

/** Bytes of a disk that a file of a size takes. */
export function bytesOnDisk(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

/** The folder of a cache. */
export class DiskFolder {
  /** Where everything of this version lies. */
  readonly root: string;
  readonly #unfinished: string;
  readonly #host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

  constructor(folder: string) {
    this.root = join(folder, VERSION);
    this.#unfinished = join(this.root, UNFINISHED);
  }

  /** Makes what is missing of it. */
  async make(): Promise<void> {
    await makeFolders(resolve(this.#unfinished));
  }

  /** Where the entry of a key lies. */
  pathOf(key: string): string {
    return join(this.root, key.slice(0, 2), key.slice(2, 4), key);
  }

  /** Makes the folder of an entry. */
  async makeFor(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
  }

  /** A name for a file that is being written, which says who writes it. */
  unfinishedPath(): string {
    return join(this.#unfinished, `${this.#host}-${String(process.pid)}-${randomBytes(8).toString('hex')}`);
  }

  /** Removes what writers left behind that were killed. */
  async sweep(): Promise<void> {
    for (const name of await names(this.#unfinished)) {
      const path = join(this.#unfinished, name);
      const [host, pid] = name.split('-');
      // Processes of other machines, and of other containers, cannot be asked: age tells.
      const isOver = host === this.#host ? !isAlive(Number(pid)) : false;
      if (isOver || (await ageOf(path)) > WRITING) await rm(path, { force: true });
    }
  }

  /** Every entry. */
  async *all(): AsyncGenerator<EntryFile> {
    for (const first of await this.#folders())
      for (const second of await folders(join(this.root, first))) yield* entriesIn(join(this.root, first, second));
  }

  /**
   * Entries of folders that chance picks, as keys are spread evenly.
   * @param least - how many at least, unless there are not as many
   */
  async sample(least: number): Promise<EntryFile[]> {
    const found = new Map<string, EntryFile>();
    const firsts = await this.#folders();
    for (let tries = 0; tries < 4 * least && found.size < least && firsts.length > 0; tries++) {
      const first = join(this.root, pick(firsts));
      const seconds = await folders(first);
      if (seconds.length === 0) continue;
      for await (const file of entriesIn(join(first, pick(seconds)))) found.set(file.path, file);
    }
    return [...found.values()];
  }

  async #folders(): Promise<string[]> {
    return folders(this.root);
  }
}

function pick(list: readonly string[]): string {
  return list[Math.floor(Math.random() * list.length)] ?? '';
}

async function* entriesIn(folder: string): AsyncGenerator<EntryFile> {
  for (const name of await names(folder)) {
    const path = join(folder, name);
    const facts = await unlessGone<Stats | undefined>(stat(path), undefined);
    if (facts?.isFile() === true) yield { path, bytes: bytesOnDisk(facts.size), usedAt: facts.mtimeMs };
  }
}

/** Folders of one level: their names are two digits. */
async function folders(folder: string): Promise<string[]> {
  return (await names(folder)).filter((name) => /^[0-9a-f]{2}$/.test(name));
}

async function names(folder: string): Promise<string[]> {
  const entries = await unlessGone<Dirent[]>(readdir(folder, { withFileTypes: true }), []);
  return entries.map(({ name }) => name);
}

async function ageOf(path: string): Promise<number> {
  const facts = await unlessGone<Stats | undefined>(stat(path), undefined);
  return facts === undefined ? 0 : Date.now() - facts.mtimeMs;
}

/** What others remove meanwhile is not there, and that is all. */
async function unlessGone<Found>(found: Promise<Found>, otherwise: Found): Promise<Found> {
  try {
    return await found;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return otherwise;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}
