// Inputs that ended workers: after the second one an input is not tried again until it has changed.
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { FramerailError } from '../base/index.js';
import type { JobOptions } from './media-worker.js';
import type { BlockSource, SourceSpec } from '../sources/index.js';

/** What a job reads. */
export interface SuspectInput {
  readonly spec: SourceSpec;
  readonly blocks: BlockSource | undefined;
}

/** What a job reads; undefined for one that reads nothing. */
export function suspectOf({ request, blocks }: Pick<JobOptions, 'request' | 'blocks'>): SuspectInput | undefined {
  return request.source === undefined ? undefined : { spec: request.source, blocks };
}

/** An input that is not tried again. */
export interface QuarantinedInput {
  /** What it is called in messages. */
  readonly name: string;
  /** How the workers ended: signals, `hung`, or `exit` with a code; the latest last. */
  readonly ends: readonly string[];
  /** SHA-256 of its first 64 MiB, in hexadecimal; null where it is no file, or could not be read. */
  readonly sha256: string | null;
  /** When the last worker ended, in milliseconds since 1970. */
  readonly at: number;
}

/** Inputs that are remembered; the oldest are forgotten. */
const MOST = 1000;
const HASHED_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

interface Suspect {
  readonly name: string;
  readonly path: string | undefined;
  readonly ends: string[];
  sha256: Promise<string | null> | undefined;
  at: number;
}

/** Counts the workers that an input has ended. */
export class Quarantine {
  readonly #after: number;
  readonly #suspects = new Map<string, Suspect>();
  /** Blocks without a name are only themselves. */
  readonly #unnamed = new WeakMap<BlockSource, number>();
  #numbers = 0;

  /** @param after - how many workers an input may end */
  constructor(after: number) {
    this.#after = after;
  }

  /** Inputs that are not tried again. */
  async inputs(): Promise<QuarantinedInput[]> {
    const held = [...this.#suspects.values()].filter(({ ends }) => ends.length >= this.#after);
    return Promise.all(
      held.map(async ({ name, ends, sha256, at }) => ({ name, ends: [...ends], sha256: (await sha256) ?? null, at })),
    );
  }

  /** The failure of an input that is held, as it is now; undefined for one that may be tried. */
  async check(input: SuspectInput | undefined): Promise<FramerailError | undefined> {
    // Nearly always there is none: then nobody asks the file system.
    if (input === undefined || this.#suspects.size === 0) return undefined;
    const suspect = this.#suspects.get(this.#identityOf(input));
    return suspect === undefined || suspect.ends.length < this.#after ? undefined : errorOf(suspect);
  }

  /**
   * A worker ended while it ran a job of this input.
   * @param how - the signal, `hung`, or `exit` with a code
   * @returns whether the input is held from now on
   */
  blame(input: SuspectInput, how: string): boolean {
    const { spec } = input;
    const id = this.#identityOf(input);
    const suspect = this.#suspects.get(id) ?? {
      ...{ name: spec.name, ends: [], at: 0, sha256: undefined },
      path: spec.kind === 'file' ? spec.path : undefined,
    };
    suspect.ends.push(how);
    if (suspect.ends.length > this.#after) suspect.ends.shift();
    suspect.at = Date.now();
    this.#suspects.delete(id);
    this.#suspects.set(id, suspect);
    for (const oldest of this.#suspects.keys()) {
      if (this.#suspects.size <= MOST) break;
      this.#suspects.delete(oldest);
    }
    const held = suspect.ends.length >= this.#after;
    if (held) suspect.sha256 ??= suspect.path === undefined ? Promise.resolve(null) : hashOf(suspect.path);
    return held;
  }

  /** Forgets everything: it was not the inputs. */
  pardon(): void {
    this.#suspects.clear();
  }

  /** What an input is known by: a file that has changed is another one. */
  #identityOf({ spec, blocks }: SuspectInput): string {
    if (spec.kind === 'file') {
      const facts = statSync(spec.path, { bigint: true, throwIfNoEntry: false });
      return `file ${spec.path} ${String(facts?.size ?? 0)} ${String(facts?.mtimeNs ?? 0)}`;
    }
    if (blocks === undefined || blocks.name !== undefined)
      return `${spec.kind} ${spec.name} ${'size' in spec ? String(spec.size) : ''}`;
    const number = this.#unnamed.get(blocks) ?? (this.#numbers += 1);
    this.#unnamed.set(blocks, number);
    return `unnamed ${String(number)}`;
  }
}

async function errorOf(suspect: Suspect): Promise<FramerailError> {
  const { name, ends, at } = suspect;
  const sha256 = (await suspect.sha256) ?? null;
  const last = ends.at(-1) ?? 'exit';
  return new FramerailError(
    'FR_INPUT_POISON',
    `${name} ended ${String(ends.length)} workers (the last one: ${last}) and is not tried again until it changes.`,
    { details: { ends: [...ends], signal: last, sha256, at } },
  );
}

/** Hashes what a decoder would most likely have read; a file that is gone has no hash. */
async function hashOf(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const hash = createHash('sha256');
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      for (let at = 0; at < HASHED_BYTES;) {
        const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at);
        if (bytesRead === 0) break;
        hash.update(chunk.subarray(0, bytesRead));
        at += bytesRead;
      }
      return hash.digest('hex');
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
