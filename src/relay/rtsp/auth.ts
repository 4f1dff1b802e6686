// How a client says who it is: Basic (RFC 7617) and Digest (RFC 2617, RFC 7616).
import { createHash, randomBytes } from 'node:crypto';

/** What a server asks for. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'digest';
      readonly realm: string;
      readonly nonce: string;
      readonly opaque: string | undefined;
      /** As the server wrote it, for it is sent back; MD5 where it wrote nothing. */
      readonly algorithm: string | undefined;
      readonly hash: 'md5' | 'sha256';
      /** Whether the secret holds for one nonce alone. */
      readonly session: boolean;
      /** Whether the server knows counted requests; older ones do not. */
      readonly counts: boolean;
      /** Whether only the nonce was too old. */
      readonly stale: boolean;
    };

/** Who logs in. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** What can be answered among the values of `WWW-Authenticate`, the safest first; undefined where nothing can. */
export function readChallenge(values: readonly string[]): Challenge | undefined {
  const all = values.flatMap(splitChallenges).flatMap((one) => toChallenge(one) ?? []);
  const rank = (one: Challenge): number => (one.scheme === 'basic' ? 0 : one.hash === 'md5' ? 1 : 2);
  return all.sort((a, b) => rank(b) - rank(a))[0];
}

/** Answers one challenge for as long as it holds. */
export class Authorization {
  readonly challenge: Challenge;
  readonly #login: Login;
  readonly #clientNonce: string;
  /** Requests that were sent with this nonce. */
  #count = 0;

  constructor(challenge: Challenge, login: Login, clientNonce = randomBytes(8).toString('hex')) {
    this.challenge = challenge;
    this.#login = login;
    this.#clientNonce = clientNonce;
  }

  /** The value of `Authorization` for the next request. */
  header(method: string, uri: string): string {
    const { challenge } = this;
    const { user, password } = this.#login;
    if (challenge.scheme === 'basic') return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const { realm, nonce, opaque, algorithm, hash, session, counts } = challenge;
    const digest = (text: string): string => createHash(hash).update(text).digest('hex');
    this.#count += 1;
    const count = this.#count.toString(16).padStart(8, '0');
    const known = digest(`${user}:${realm}:${password}`);
    const secret = session ? digest(`${known}:${nonce}:${this.#clientNonce}`) : known;
    const what = digest(`${method}:${uri}`);
    const middle = counts ? `${nonce}:${count}:${this.#clientNonce}:auth` : nonce;
    const parts = [
      `username=${quoted(user)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri=${quoted(uri)}`,
      `response="${digest(`${secret}:${middle}:${what}`)}"`,
    ];
    if (algorithm !== undefined) parts.push(`algorithm=${algorithm}`);
    if (opaque !== undefined) parts.push(`opaque=${quoted(opaque)}`);
    if (counts) parts.push('qop=auth', `nc=${count}`);
    if (counts || session) parts.push(`cnonce="${this.#clientNonce}"`);
    return `Digest ${parts.join(', ')}`;
  }
}

/** Several challenges may stand in one value, with commas between them as between their own parts. */
function splitChallenges(value: string): string[] {
  return value.split(/,(?=\s*(?:basic|digest|bearer|negotiate|ntlm)\s+\w+\s*=)/i).map((one) => one.trim());
}

function toChallenge(text: string): Challenge | undefined {
  const [, scheme = '', rest = ''] = /^(\w+)\s*(.*)$/s.exec(text) ?? [];
  if (scheme.toLowerCase() === 'basic') return { scheme: 'basic' };
  if (scheme.toLowerCase() !== 'digest') return undefined;
  const values = new Map<string, string>();
  for (const [, name = '', inQuotes, bare] of rest.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))/g))
    values.set(name.toLowerCase(), inQuotes?.replace(/\\(.)/g, '$1') ?? bare ?? '');
  const algorithm = values.get('algorithm');
  const [, hash, session] = /^(md5|sha-256)(-sess)?$/i.exec(algorithm ?? 'MD5') ?? [];
  const qualities = values
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/);
  const nonce = values.get('nonce');
  // A server that insists on digests of bodies (auth-int) is none of this field.
  if (hash === undefined || nonce === undefined || (qualities !== undefined && !answerable(qualities)))
    return undefined;
  return {
    ...{ scheme: 'digest', realm: values.get('realm') ?? '', nonce, algorithm, opaque: values.get('opaque') },
    hash: hash.toLowerCase() === 'md5' ? 'md5' : 'sha256',
    session: session !== undefined,
    counts: qualities?.includes('auth') === true,
    stale: values.get('stale')?.toLowerCase() === 'true',
  };
}

function answerable(qualities: readonly string[]): boolean {
  return qualities.includes('auth') || qualities.every((one) => one === '');
}

function quoted(text: string): string {
  return `"${text.replace(/(["\\])/g, '\\$1')}"`;
}
