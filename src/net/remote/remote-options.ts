// How remote files are read: what callers say, checked once.
import { argumentError, checkInteger, checkNumber, checkOneOf, checkSwitch } from '../../base/index.js';
import { checkAllowHosts } from '../allowed-hosts.js';

/** How an input is read that is an address of HTTP. */
export interface RemoteOptions {
  /**
   * Sent to the very host, scheme and port that the address names, and to no other that it redirects to.
   * @defaultValue none
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Bytes that are read of one remote input at most. @defaultValue 64 MiB */
  readonly maxReadBytes?: number | undefined;
  /**
   * Hosts, addresses or networks (`10.0.0.0/8`) that redirects may lead to, and with `trust: 'data'` the address itself;
   * public ones always may. @defaultValue none
   */
  readonly allowHosts?: readonly string[] | undefined;
  /**
   * Whose the address is: an `operator` may name private hosts, `data` that came from elsewhere may not. Redirects are
   * always data. @defaultValue 'operator'
   */
  readonly trust?: 'operator' | 'data' | undefined;
  /** For TLS: whether certificates must be ones that this machine trusts. @defaultValue true */
  readonly verifyTls?: boolean | undefined;
  /**
   * Milliseconds within which a server must answer, and in which it must then send 4 KiB for each second.
   * @defaultValue 10,000
   */
  readonly inputTimeout?: number | undefined;
}

/** Options that were checked. */
export interface CheckedRemote {
  readonly headers: Readonly<Record<string, string>>;
  readonly maxReadBytes: number;
  readonly allowHosts: readonly string[];
  readonly trust: 'operator' | 'data';
  readonly verify: boolean;
  readonly inputTimeout: number;
}

const MIB = 1024 * 1024;
const MOST_HEADERS = 64;
const MOST_HEADER_BYTES = 8 * 1024;
/** Names and values of fields (RFC 9110, 5.6.2 and 5.5). */
const NAME = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** What the reader itself says, or what would change how an answer is framed. */
const OURS = new Set([
  ...['accept-encoding', 'range', 'if-range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'],
  ...['host', 'connection', 'keep-alive', 'content-length', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'expect'],
]);

/** Checks options; throws FR_ARG_INVALID, which never shows the value of a header. */
export function checkRemote(options: RemoteOptions): CheckedRemote {
  return {
    headers: checkHeaders(options.headers),
    maxReadBytes: checkInteger('maxReadBytes', options.maxReadBytes ?? 64 * MIB, 1, Number.MAX_SAFE_INTEGER),
    allowHosts: checkAllowHosts('allowHosts', options.allowHosts),
    trust: checkOneOf('trust', options.trust ?? 'operator', ['operator', 'data'] as const),
    verify: checkSwitch('verifyTls', options.verifyTls, true),
    inputTimeout: checkNumber('inputTimeout', options.inputTimeout ?? 10_000, 1, 'milliseconds'),
  };
}

function checkHeaders(headers: unknown): Readonly<Record<string, string>> {
  if (headers === undefined) return {};
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw argumentError('headers', 'names and values', headers);
  const entries: [string, unknown][] = Object.entries(headers);
  if (entries.length > MOST_HEADERS)
    throw argumentError('headers', `at most ${String(MOST_HEADERS)} of them`, entries.length);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const argument = `headers[${JSON.stringify(name.slice(0, 64))}]`;
      if (!NAME.test(name)) throw argumentError(argument, 'the name of a header', 'another text');
      if (OURS.has(name.toLowerCase()))
        throw argumentError(argument, 'a header that the reader does not set itself', name);
      if (typeof value !== 'string' || value.length > MOST_HEADER_BYTES || !VALUE.test(value))
        throw argumentError(argument, 'a text in one line', typeof value === 'string' ? 'another text' : value);
      return [name.toLowerCase(), value];
    }),
  );
}
