// The remote files of one engine: kept connections, indexes that were read before, and a receipt for every use.
import { createHash } from 'node:crypto';
import { argumentError, FramerailError, type BackoffOptions } from '../../base/index.js';
import { withoutSecrets } from '../../sources/index.js';
import { HttpConnections } from '../http/http-client.js';
import { IndexCache } from './index-cache.js';
import { RemoteErrors } from './remote-errors.js';
import { RemoteFile } from './remote-file.js';
import { checkRemote, type CheckedRemote, type RemoteOptions } from './remote-options.js';
import { Tally, type RemoteReceipt } from './tally.js';

/** When a use of a remote file ends at the latest. */
export interface RemoteDeadline {
  /** Its reason must be a FramerailError. */
  readonly signal?: AbortSignal | undefined;
  /** When it will abort, by `performance.now()`, as far as that is known: nobody waits for what would come later. */
  readonly endsAt?: number | undefined;
}

const CONNECTIONS = { host: 32, free: 8, total: 256 } as const;
const PAUSES: BackoffOptions = { first: 100, second: 300, longest: 2000 };
/** Bytes of indexes that are kept. */
const INDEXES = 32 * 1024 * 1024;

/** Remote files; close them when none is used any more. */
export class RemoteFiles {
  readonly #connections = new HttpConnections(CONNECTIONS);
  readonly #indexes = new IndexCache(INDEXES);
  readonly #open = new Set<RemoteFile>();
  readonly #pauses: BackoffOptions;
  #closed = false;

  /** @param pauses - ahead of repeated requests */
  constructor(pauses: BackoffOptions = PAUSES) {
    this.#pauses = pauses;
  }

  /** Asks a server which version of a file it has, by a request for its first byte; rejects as `use()` does. */
  async identify(
    address: string,
    options: RemoteOptions,
    { signal, endsAt }: RemoteDeadline,
  ): Promise<{ readonly size: number; readonly etag: string | undefined }> {
    const [url, checked] = [parse(address), checkRemote(options)];
    const name = withoutSecrets(url.href);
    const [tally, errors, pauses] = [new Tally(), new RemoteErrors(name), this.#pauses];
    const reading = { url, options: checked, connections: this.#connections, tally, errors, signal, endsAt, pauses };
    const file = new RemoteFile(name, reading);
    this.#open.add(file);
    try {
      if (this.#closed) throw new FramerailError('FR_CLOSED', `${name} is not read: the engine was closed.`);
      await file.confirm();
      return { size: file.size, etag: file.etag };
    } finally {
      this.#open.delete(file);
      file.release();
    }
  }

  /**
   * Opens a remote file, has it read, and closes it. Where its index was known and turns out to be that of another
   * version, it is read once more from the beginning, so `work` may be called twice.
   * @param address - what it is read from; throws FR_ARG_INVALID, FR_ADDRESS_REFUSED, FR_REMOTE_* and FR_INPUT_*
   */
  async use<Result>(
    address: string,
    options: RemoteOptions,
    deadline: RemoteDeadline,
    work: (file: RemoteFile) => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly receipt: RemoteReceipt }> {
    const checked = checkRemote(options);
    const url = parse(address);
    const name = withoutSecrets(url.href);
    const key = keyOf(url, checked);
    const [tally, errors] = [new Tally(), new RemoteErrors(name)];
    const { signal, endsAt } = deadline;
    const reading = {
      url,
      options: checked,
      connections: this.#connections,
      tally,
      errors,
      signal,
      endsAt,
      pauses: this.#pauses,
    };
    for (let known = this.#indexes.get(key); ; known = undefined) {
      const file = new RemoteFile(name, reading, known);
      this.#open.add(file);
      try {
        if (this.#closed) throw new FramerailError('FR_CLOSED', `${name} is not read: the engine was closed.`);
        await file.begin();
        const result = await work(file);
        await file.confirm();
        const learned = file.known();
        if (learned !== undefined) this.#indexes.set(key, learned);
        return { result, receipt: tally.receipt(file, known !== undefined) };
      } catch (error) {
        if (known === undefined || !(await isOutdated(file))) throw error;
        this.#indexes.delete(key);
      } finally {
        this.#open.delete(file);
        file.release();
        tally.leave(file);
      }
    }
  }

  /** Closes all connections; what is being read ends with FR_CLOSED. */
  close(): void {
    this.#closed = true;
    for (const file of this.#open) file.release();
    this.#connections.close();
  }
}

function parse(address: string): URL {
  if (!URL.canParse(address)) throw argumentError('input', 'an address such as https://host/video.mp4', 'another text');
  const url = new URL(address);
  url.hash = '';
  return url;
}

/** Whoever sends other headers may be given another file. */
function keyOf(url: URL, { headers }: CheckedRemote): string {
  const asked = [url.href, ...Object.entries(headers).sort()];
  return createHash('sha256').update(JSON.stringify(asked)).digest('base64');
}

/** Whether a failure comes from an index of another version. */
async function isOutdated(file: RemoteFile): Promise<boolean> {
  if (!file.changed) await file.confirm().catch(() => undefined);
  return file.changed;
}
