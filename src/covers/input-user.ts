// How the calls of a cover engine come by their input, which may be an address of HTTP.
import { startDeadline, type CallOptions } from '../base/index.js';
import type { RemoteFiles, RemoteOptions, RemoteReceipt } from '../net/index.js';
import {
  identify,
  isHttpAddress,
  resolveSource,
  withoutSecrets,
  type MediaInput,
  type ResolvedSource,
  type SourceIdentity,
  type SourceOptions,
} from '../sources/index.js';
import type { WorkerPool } from '../workers/index.js';

/** How an input is read. */
type InputOptions = CallOptions & SourceOptions & RemoteOptions;

/** The names of options that every call with an input has. */
export const INPUT_NAMES = {
  signal: true,
  timeout: true,
  roots: true,
  headers: true,
  maxReadBytes: true,
  allowHosts: true,
  trust: true,
  verifyTls: true,
  inputTimeout: true,
} as const satisfies Record<keyof InputOptions, true>;

/** Options of a call with the time that it may take. */
export type TimedOptions = InputOptions & { readonly timeout: number };

/** Hands inputs to jobs; close it to let go of the servers that it read from. */
export class InputUser {
  /** Where jobs run. */
  readonly pool: WorkerPool;
  /** Folders that paths of every call must stay in. */
  readonly #roots: readonly string[] | undefined;
  #remote: Promise<RemoteFiles> | undefined;

  constructor(pool: WorkerPool, roots?: readonly string[]) {
    this.pool = pool;
    this.#roots = roots;
  }

  /**
   * Has something done with an input. What comes of a remote one has a receipt of what reading it cost.
   * @param what - such as 'Making a cover', for the sentence of a timeout
   * @param work - may be called twice where a remote input has changed since it was last read
   */
  async use<Result extends object>(
    input: MediaInput,
    options: TimedOptions,
    what: string,
    work: (source: ResolvedSource, call: CallOptions) => Promise<Result>,
  ): Promise<Result & { readonly receipt?: RemoteReceipt }> {
    if (!isHttpAddress(input)) return work(await this.resolve(input, options), options);
    const address = String(input);
    const started = performance.now();
    const deadline = startDeadline(options, `${what} of ${withoutSecrets(address)}`);
    const { signal } = deadline;
    const endsAt = started + options.timeout;
    try {
      this.#remote ??= openRemoteFiles();
      const files = await this.#remote;
      const { result, receipt } = await files.use(address, options, { signal, endsAt }, async (file) =>
        work(await resolveSource(file), { signal }),
      );
      return { ...result, receipt };
    } finally {
      deadline.done();
    }
  }

  /** Checks an input that is no address. A call may narrow what the engine allows, and not widen it. Rejects with FR_INPUT_*. */
  async resolve(input: MediaInput, { roots }: SourceOptions): Promise<ResolvedSource> {
    if (this.#roots !== undefined && roots !== undefined) await resolveSource(input, { roots: this.#roots });
    return resolveSource(input, { roots: roots ?? this.#roots });
  }

  /** What an input that is no address is known by; undefined for one that `resolve()` refuses, or that may change unseen. */
  identify(input: MediaInput, { roots }: SourceOptions): SourceIdentity | undefined {
    const both = this.#roots !== undefined && roots !== undefined;
    if (both && identify(input, { roots: this.#roots }) === undefined) return undefined;
    return identify(input, { roots: roots ?? this.#roots });
  }

  /** Closes the connections to servers. */
  async close(): Promise<void> {
    (await this.#remote)?.close();
  }
}

/** Their code is read with the first address: it is much, and covers of files never need it. */
async function openRemoteFiles(): Promise<RemoteFiles> {
  const { loadRemote } = await import('../net/index.js');
  const { RemoteFiles } = await loadRemote();
  return new RemoteFiles();
}
