// The door to SQLite: the one of Node where it has one, else the same API from a package.
import { FramerailError } from '../../../base/index.js';

/** What may stand in a row. */
export type SqlValue = string | number | bigint | null | Uint8Array;

/** A statement that is ready to run. */
export interface SqlStatement {
  get(...values: readonly SqlValue[]): Readonly<Record<string, SqlValue>> | undefined;
  run(...values: readonly SqlValue[]): unknown;
}

/** A database that is open. */
export interface SqlDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqlStatement;
  close(): void;
}

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => SqlDatabase;
}

/** Opens a database; rejects with FR_ENGINE_LOAD where there is no SQLite on this machine. */
export async function openSqlite(path: string): Promise<SqlDatabase> {
  const { DatabaseSync } = (await ofNode()) ?? (await ofPackage());
  return new DatabaseSync(path);
}

async function ofNode(): Promise<SqliteModule | undefined> {
  // Node says of each of its experiments that it is one; that is nothing that a user of ours can change.
  const emit = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: []) => {
    if (!String(warning).includes('SQLite')) emit(warning, ...rest);
  };
  try {
    const name = 'node:sqlite';
    return (await import(name)) as SqliteModule;
  } catch {
    return undefined;
  } finally {
    process.emitWarning = emit;
  }
}

async function ofPackage(): Promise<SqliteModule> {
  try {
    return await import('@photostructure/sqlite');
  } catch (cause) {
    throw new FramerailError(
      'FR_ENGINE_LOAD',
      'What a batch has finished is kept in SQLite, which this Node.js does not have: use Node.js 22.13 or newer, or install @photostructure/sqlite.',
      { cause },
    );
  }
}
