// What is said when a remote file cannot be read: one sentence with the address as it may be shown.
import type { IncomingHttpHeaders } from 'node:http';
import { formatBytes, FramerailError, type ErrorCode, type ErrorDetails } from '../../base/index.js';
import type { HttpTrouble } from '../http/http-client.js';

/** Statuses after which the same request may succeed later. */
const LATER = new Set([408, 425, 429, 500, 502, 503, 504]);
const GONE = new Set([404, 410]);
const CREDENTIALS = new Set([401, 403, 407]);

/** Makes the errors of one remote file. */
export class RemoteErrors {
  readonly #shown: string;

  /** @param shown - its address without secrets */
  constructor(shown: string) {
    this.#shown = shown;
  }

  /** A request came to nothing. */
  trouble(trouble: HttpTrouble): FramerailError {
    const { host } = trouble.url;
    if (trouble.kind === 'late')
      return this.#make('FR_INPUT_STALLED', `${host} did not answer within ${String(trouble.within)} ms`, { host });
    if (trouble.kind === 'redirect')
      return this.#make('FR_REMOTE_REFUSED', `${host} redirects ${trouble.how}`, { host });
    const details = { host, system: trouble.how };
    if (!trouble.connected)
      return this.#make('FR_REMOTE_CONNECT', `${host} could not be reached: ${trouble.how}`, details, trouble.cause);
    return this.#make('FR_REMOTE_LOST', `${host} hung up instead of answering: ${trouble.how}`, details, trouble.cause);
  }

  /** The server answered with a status other than 200, 206 and 416. */
  status(status: number, headers: IncomingHttpHeaders): FramerailError {
    const how = `its server answered ${String(status)}`;
    if (GONE.has(status)) return this.#make('FR_INPUT_NOT_FOUND', how, { status });
    if (CREDENTIALS.has(status)) return this.#make('FR_INPUT_UNREADABLE', how, { status });
    if (!LATER.has(status)) return this.#make('FR_REMOTE_REFUSED', how, { status });
    const retryAfter = retryAfterOf(headers['retry-after']);
    const when =
      retryAfter === undefined ? '' : ` and wants to be asked again in ${String(Math.ceil(retryAfter / 1000))} s`;
    return this.#make('FR_REMOTE_BUSY', `${how}${when}`, { status, retryAfter });
  }

  /** The server sent what it was not asked for. */
  protocol(how: string): FramerailError {
    return this.#make('FR_REMOTE_PROTOCOL', `its server ${how}`);
  }

  /** The answer broke off. */
  lost(how: string, cause?: unknown): FramerailError {
    return this.#make('FR_REMOTE_LOST', `its server broke off: ${how}`, {}, cause);
  }

  /** Too little came. */
  stalled(bytes: number, within: number): FramerailError {
    const how = `its server sent only ${formatBytes(bytes)} within ${String(Math.round(within))} ms`;
    return this.#make('FR_INPUT_STALLED', how, { bytes, inputTimeout: within });
  }

  /** It is another file by now. */
  changed(): FramerailError {
    return this.#make('FR_REMOTE_CHANGED', 'it changed while it was read');
  }

  /** Its server gives whole files only. */
  noRanges(most: number): FramerailError {
    const how = `its server only gives whole files, and it is larger than \`maxReadBytes\` (${formatBytes(most)})`;
    return this.#make('FR_REMOTE_NO_RANGES', how, { maxReadBytes: most });
  }

  /** More would have to be read than is allowed. */
  budget(offset: number, most: number): FramerailError {
    const how = `\`maxReadBytes\` (${formatBytes(most)}) were read, and byte ${String(offset)} is still needed`;
    return this.#make('FR_REMOTE_BUDGET', how, { maxReadBytes: most, offset });
  }

  /** It takes more requests than anything reasonable. */
  endless(most: number): FramerailError {
    return this.#make('FR_REMOTE_BUDGET', `it takes more than ${String(most)} requests`, { requests: most });
  }

  /** There is nothing in it. */
  empty(): FramerailError {
    return new FramerailError('FR_INPUT_EMPTY', `${this.#shown} is empty (0 bytes).`);
  }

  #make(code: ErrorCode, how: string, details: ErrorDetails = {}, cause?: unknown): FramerailError {
    return new FramerailError(code, `${this.#shown} cannot be read: ${how}.`, { details, cause });
  }
}

/** Milliseconds that a server wants to be left alone for (RFC 9110, 10.2.3). */
function retryAfterOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
