// What is remembered of covers that were made, so that a batch can be stopped anywhere and go on: a contract, which a durable
// queue may fulfil as well as a file.

/** A result of a store, which may have to be waited for. */
export type Stored<Result> = Result | Promise<Result>;

/** A file of a finished cover. */
export interface CoverFileRecord {
  /** Relative to the folder of the covers, with forward slashes. */
  readonly name: string;
  /** Its size: a file of another size is not the one that was made. */
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
}

/** Which version of its source a cover was made of. */
export interface SourceVersion {
  /** Bytes. */
  readonly size: number;
  /** When a file was changed last, in milliseconds since 1970, or the ETag of an address; null where there is none. */
  readonly mark: number | string | null;
}

/** A finished cover. */
export interface CoverRecord {
  readonly version: SourceVersion;
  /** Stands for the options and the version of the engine. */
  readonly print: string;
  readonly files: readonly CoverFileRecord[];
}

/** A cover that somebody wants to make. */
export interface CoverClaim {
  /** Stands for the source and for what the row itself says; the same in every run. */
  readonly id: Uint8Array;
  /** The names of its files. */
  readonly names: readonly string[];
  /** Names for where one of those belongs to another cover; they have a part of the id in them. */
  readonly otherNames: readonly string[];
  /** Whether the names were written for this cover, so that it takes them from one that this run has not come across. */
  readonly named: boolean;
  /** The row that wants it; 0 for what is no row. */
  readonly line: number;
}

/** What became of a claim. */
export type Claimed =
  /** The names are its own; `record` is what was made under any names before. */
  | { readonly kind: 'own'; readonly other: boolean; readonly record: CoverRecord | undefined }
  /** This run had the same cover before. */
  | { readonly kind: 'twice'; readonly line: number };

/** Remembers covers. Each method is atomic, whatever the process is killed at. */
export interface BatchState {
  /** Claims the names of a cover for this run. Rejects with FR_BATCH_STATE. */
  claim(claim: CoverClaim): Stored<Claimed>;
  /** Keeps a finished cover: a run that comes later finds it, whatever happens from here on. Rejects with FR_BATCH_STATE. */
  keep(id: Uint8Array, record: CoverRecord): Stored<void>;
  /** Lets go of it. */
  close(): Stored<void>;
}
