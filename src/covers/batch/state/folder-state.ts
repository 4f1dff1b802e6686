// The memory of a folder of covers, in one file of SQLite that one process has at a time.
import { createHash } from 'node:crypto';
import { FramerailError, isFramerailError, messageOf } from '../../../base/index.js';
import type { BatchState, Claimed, CoverClaim, CoverFileRecord, CoverRecord, SourceVersion } from './batch-state.js';
import { openSqlite, type SqlDatabase, type SqlStatement, type SqlValue } from './sqlite.js';

/** Tables of another layout are those of another version. */
const LAYOUT = 1;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS cover (
  id BLOB PRIMARY KEY, run INTEGER NOT NULL, line INTEGER NOT NULL, other INTEGER NOT NULL,
  size INTEGER, mark, print TEXT, files TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS name (key BLOB PRIMARY KEY, id BLOB NOT NULL) WITHOUT ROWID;
`;

/** Kept in memory by SQLite: some MiB, however many covers there are. */
const CACHE_KIB = 16 * 1024;
/** Claims that are written in one go; those of a run that is killed are made again. */
const CLAIMS_AT_ONCE = 500;
/** Bytes of a hash that stands for a name: among ten million, two alike are one in ten billions of billions. */
const KEY_BYTES = 12;

/** Remembers the covers of a folder. */
export class FolderState implements BatchState {
  readonly #database: SqlDatabase;
  readonly #foldCase: boolean;
  readonly #run: number;
  readonly #find: SqlStatement;
  readonly #add: SqlStatement;
  readonly #touch: SqlStatement;
  readonly #finish: SqlStatement;
  readonly #owner: SqlStatement;
  readonly #own: SqlStatement;
  /** Claims since the last commit. */
  #open = 0;

  private constructor(database: SqlDatabase, foldCase: boolean, run: number) {
    this.#database = database;
    this.#foldCase = foldCase;
    this.#run = run;
    this.#find = database.prepare('SELECT run, line, other, size, mark, print, files FROM cover WHERE id = ?');
    this.#add = database.prepare('INSERT INTO cover (id, run, line, other) VALUES (?, ?, ?, ?)');
    this.#touch = database.prepare('UPDATE cover SET run = ?, line = ?, other = ? WHERE id = ?');
    this.#finish = database.prepare('UPDATE cover SET size = ?, mark = ?, print = ?, files = ? WHERE id = ?');
    this.#owner = database.prepare('SELECT id FROM name WHERE key = ?');
    this.#own = database.prepare('INSERT OR REPLACE INTO name (key, id) VALUES (?, ?)');
  }

  /**
   * Opens the memory of a folder, or begins one; rejects with FR_BATCH_BUSY while another process has it, with
   * FR_BATCH_STATE, or with FR_ENGINE_LOAD.
   * @param path - of its file
   * @param folder - how the folder is called, for messages
   * @param foldCase - whether its file system takes `A` and `a` for the same name
   */
  static async open(path: string, folder: string, foldCase: boolean): Promise<FolderState> {
    let database: SqlDatabase | undefined;
    try {
      database = await openSqlite(path);
      // The lock goes with the process, however it ends. What is committed survives it; nothing is lost but by a power cut,
      // and then files are not of the size that is known.
      database.exec(
        `PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         PRAGMA cache_size = -${String(CACHE_KIB)}; BEGIN IMMEDIATE; COMMIT;`,
      );
      return new FolderState(database, foldCase, begin(database, folder));
    } catch (cause) {
      database?.close();
      if (isFramerailError(cause)) throw cause;
      if (isBusy(cause))
        throw new FramerailError(
          'FR_BATCH_BUSY',
          `Another command is making covers into ${folder}: wait for its end.`,
          {
            details: { folder },
            cause,
          },
        );
      throw stateError(folder, cause);
    }
  }

  claim(claim: CoverClaim): Claimed {
    return this.#guard(() => {
      if (this.#open === 0) this.#database.exec('BEGIN');
      this.#open += 1;
      const claimed = this.#claim(claim);
      if (this.#open >= CLAIMS_AT_ONCE) this.#commit();
      return claimed;
    });
  }

  keep(id: Uint8Array, { version, print, files }: CoverRecord): void {
    this.#guard(() => {
      const kept = JSON.stringify(files.map(({ name, bytes, width, height }) => [name, bytes, width, height]));
      this.#finish.run(version.size, version.mark, print, kept, id);
      this.#commit();
    });
  }

  close(): void {
    this.#guard(() => {
      this.#commit();
      // Statements keep a closed database, and its lock, until they are collected: the lock is given back ahead of that.
      this.#database.exec(
        'PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; BEGIN; SELECT 1 FROM name; COMMIT;',
      );
    });
    this.#database.close();
  }

  #claim({ id, names, otherNames, named, line }: CoverClaim): Claimed {
    const known = this.#find.get(id);
    if (known?.['run'] === this.#run) return { kind: 'twice', line: Number(known['line']) };
    const keep = Number(known?.['other'] ?? 0) === 0 && this.#take(id, names, named);
    if (!keep) this.#take(id, otherNames, true);
    const other = keep ? 0 : 1;
    if (known === undefined) this.#add.run(id, this.#run, line, other);
    else this.#touch.run(this.#run, line, other, id);
    return { kind: 'own', other: !keep, record: known === undefined ? undefined : recordOf(known) };
  }

  /** Takes all names or none. @param force - also from a cover that this run has not come across */
  #take(id: Uint8Array, names: readonly string[], force: boolean): boolean {
    const keys = names.map((name) => this.#keyOf(name));
    const missing: Uint8Array[] = [];
    for (const key of keys) {
      const owner = this.#owner.get(key)?.['id'];
      if (owner instanceof Uint8Array && Buffer.compare(owner, id) === 0) continue;
      if (owner instanceof Uint8Array && !(force && this.#find.get(owner)?.['run'] !== this.#run)) return false;
      missing.push(key);
    }
    for (const key of missing) this.#own.run(key, id);
    return true;
  }

  #keyOf(name: string): Uint8Array {
    const same = this.#foldCase ? name.normalize('NFC').toLowerCase() : name;
    return createHash('sha256').update(same).digest().subarray(0, KEY_BYTES);
  }

  #commit(): void {
    if (this.#open === 0) return;
    this.#database.exec('COMMIT');
    this.#open = 0;
  }

  #guard<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (cause) {
      throw stateError('the folder of the covers', cause);
    }
  }
}

/** Makes the tables, and counts this run. */
function begin(database: SqlDatabase, folder: string): number {
  const layout = database.prepare('PRAGMA user_version').get()?.['user_version'];
  if (layout !== 0 && layout !== LAYOUT)
    throw new FramerailError(
      'FR_BATCH_STATE',
      `What ${folder} remembers was written by another version of framerail: remove its .framerail folder to begin anew.`,
      { details: { folder, layout: Number(layout) } },
    );
  database.exec(`${SCHEMA} PRAGMA user_version = ${String(LAYOUT)};`);
  database.exec('CREATE TABLE IF NOT EXISTS runs (number INTEGER PRIMARY KEY); INSERT INTO runs DEFAULT VALUES;');
  const run = database.prepare('SELECT max(number) AS run FROM runs').get()?.['run'];
  database.exec('DELETE FROM runs WHERE number < (SELECT max(number) FROM runs)');
  return Number(run);
}

function recordOf(row: Readonly<Record<string, SqlValue>>): CoverRecord | undefined {
  const { size, mark, print, files } = row;
  if (typeof print !== 'string' || typeof files !== 'string') return undefined;
  const version: SourceVersion = { size: Number(size), mark: markOf(mark) };
  const list = JSON.parse(files) as (readonly [string, number, number, number])[];
  return {
    version,
    print,
    files: list.map(([name, bytes, width, height]): CoverFileRecord => ({ name, bytes, width, height })),
  };
}

function markOf(mark: SqlValue | undefined): SourceVersion['mark'] {
  return typeof mark === 'string' || typeof mark === 'number' ? mark : null;
}

function isBusy(cause: unknown): boolean {
  return cause instanceof Error && /database is locked|database table is locked/.test(cause.message);
}

function stateError(folder: string, cause: unknown): FramerailError {
  const why = messageOf(cause);
  return new FramerailError('FR_BATCH_STATE', `What ${folder} remembers of its covers cannot be used: ${why}.`, {
    cause,
  });
}
