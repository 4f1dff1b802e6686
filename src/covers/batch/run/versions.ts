// Which version of its source a cover is to be made of, and whether the one that is there is as good.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isFramerailError, startDeadline } from '../../../base/index.js';
import { loadRemote, type RemoteFiles } from '../../../net/index.js';
import { isHttpAddress, withoutSecrets } from '../../../sources/index.js';
import type { CoverRecord, SourceVersion } from '../state/batch-state.js';
import { isBelow, type CoverPlan } from './plan.js';

/** Milliseconds that a server may take to say which version it has. */
const ASK_WITHIN = 15_000;

/** Looks at sources and at covers; close it to let go of servers. */
export class Versions {
  readonly #out: string;
  readonly #signal: AbortSignal;
  #remote: Promise<RemoteFiles> | undefined;

  constructor(out: string, signal: AbortSignal) {
    this.#out = out;
    this.#signal = signal;
  }

  /**
   * The version of a file; undefined for an address, which tells while it is read, and for what cannot be looked at: making
   * its cover tells why. Only paths below their roots are looked at; where links lead is seen when a cover is made.
   */
  async ofSource({ input, options: { roots } }: CoverPlan): Promise<SourceVersion | undefined> {
    if (isHttpAddress(input) || roots?.some((root) => isBelow(root, input)) === false) return undefined;
    try {
      const { size, mtimeMs } = await stat(input);
      return { size, mark: mtimeMs };
    } catch {
      return undefined;
    }
  }

  /** Whether a cover that was made before need not be made again. @param version - of its source, as it was found */
  async isCurrent(plan: CoverPlan, record: CoverRecord, version: SourceVersion | undefined): Promise<boolean> {
    if (record.print !== plan.print) return false;
    const isAddress = isHttpAddress(plan.input);
    if (!isAddress && !isSame(version, record.version)) return false;
    const whole = await Promise.all(record.files.map(({ name, bytes }) => this.#isWhole(name, bytes)));
    if (whole.includes(false)) return false;
    return !isAddress || isSame(await this.#ask(plan), record.version);
  }

  /** Closes connections. */
  async close(): Promise<void> {
    (await this.#remote)?.close();
  }

  async #isWhole(name: string, bytes: number): Promise<boolean> {
    try {
      const facts = await stat(join(this.#out, name));
      return facts.isFile() && facts.size === bytes;
    } catch {
      return false;
    }
  }

  /** The version that a server has; undefined where it does not say: making the cover tells why. */
  async #ask({ input, options }: CoverPlan): Promise<SourceVersion | undefined> {
    this.#remote ??= loadRemote().then(({ RemoteFiles }) => new RemoteFiles());
    const files = await this.#remote;
    const deadline = startDeadline(
      { timeout: ASK_WITHIN, signal: this.#signal },
      `Asking for ${withoutSecrets(input)}`,
    );
    const { signal } = deadline;
    try {
      const { size, etag } = await files.identify(input, options, { signal, endsAt: performance.now() + ASK_WITHIN });
      return { size, mark: etag ?? null };
    } catch (error) {
      if (!isFramerailError(error)) throw error;
      return undefined;
    } finally {
      deadline.done();
    }
  }
}

function isSame(one: SourceVersion | undefined, other: SourceVersion): boolean {
  return one !== undefined && one.size === other.size && one.mark === other.mark;
}
