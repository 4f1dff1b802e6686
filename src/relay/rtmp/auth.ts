// The two ways in which servers of the Flash era ask for a name and a password: in the text of a refused `connect`.
// They are in no specification; facts from the behaviour of Adobe's and Limelight's servers as librtmp documents it.
import { createHash, randomBytes } from 'node:crypto';

/** What a refusal asks for. */
export interface Challenge {
  readonly kind: 'adobe' | 'llnw';
  /** Undefined where only the way is named, and the name of the user is wanted first. */
  readonly values: ReadonlyMap<string, string> | undefined;
}

/** Who logs in, and where. */
export interface Login {
  readonly user: string;
  readonly password: string;
  readonly app: string;
}

/** Reads a refusal; undefined where it asks for nothing that can be given. */
export function readChallenge(description: string): Challenge | undefined {
  const kind = /authmod=(adobe|llnw)/.exec(description)?.[1] as Challenge['kind'] | undefined;
  if (kind === undefined || /reason=(authfailed|nosuchuser)/.test(description)) return undefined;
  if (!description.includes('reason=needauth')) return { kind, values: undefined };
  const query = description.slice(description.indexOf('?') + 1);
  const values = new Map<string, string>();
  for (const pair of query.split('&')) {
    const [, name = '', value = ''] = /^\s*([^=]+)=(.*?)\s*$/.exec(pair) ?? [];
    values.set(name, value);
  }
  return { kind, values };
}

/** What is put behind the name of the application in the next `connect`. */
export function answerChallenge(
  { kind, values }: Challenge,
  login: Login,
  nonce = randomBytes(4).toString('hex'),
): string {
  const { user, password, app } = login;
  if (values === undefined) return `?authmod=${kind}&user=${user}`;
  const said = (name: string): string => values.get(name) ?? '';
  if (kind === 'adobe') {
    const opaque = said('opaque');
    const secret = md5(user + said('salt') + password, 'base64');
    const response = md5(secret + (opaque === '' ? said('challenge') : opaque) + nonce, 'base64');
    return `?authmod=adobe&user=${user}&challenge=${nonce}&response=${response}${opaque === '' ? '' : `&opaque=${opaque}`}`;
  }
  const count = '00000001';
  const name = app.includes('/') ? app : `${app}/_definst_`;
  const who = md5(`${user}:live:${password}`, 'hex');
  const what = md5(`publish:/${name}`, 'hex');
  const response = md5(`${who}:${said('nonce')}:${count}:${nonce}:auth:${what}`, 'hex');
  return `?authmod=llnw&user=${user}&nonce=${said('nonce')}&cnonce=${nonce}&nc=${count}&response=${response}`;
}

function md5(text: string, encoding: 'hex' | 'base64'): string {
  return createHash('md5').update(text).digest(encoding);
}
