// An rtmp:// or rtmps:// address: whom to dial, and what to ask for there.
import { argumentError } from '../../base/index.js';

/** Parts of an address. */
export interface RtmpAddress {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** The application, without slashes around it. */
  readonly app: string;
  /** The stream with its query: a secret, mostly. */
  readonly key: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** The same without the user, the password and the key, as it may appear anywhere. */
  readonly shown: string;
}

const PORT = 1935;
const SECURE_PORT = 443;

/**
 * Reads an address: the first part of its path is the application, what follows is the stream. Applications with a slash
 * in their name are written with two slashes behind them: `rtmp://host/app/instance//stream`.
 * Throws FR_ARG_INVALID.
 */
export function parseRtmp(name: string, address: string): RtmpAddress {
  // A parser that knows the scheme would encode the key, which servers compare byte by byte.
  const match =
    /^(rtmps?):\/\/(?:([^/@]*)@)?(\[[0-9a-f:.]+\]|[^/:@?#[\]]+)(?::(\d+))?\/([^?]*?)(\?.*)?$/i.exec(address) ??
    undefined;
  if (match === undefined || /\s/.test(address)) throw addressError(name, address);
  const [, scheme = '', login, host = '', portText, path = '', query = ''] = match;
  const secure = scheme.toLowerCase() === 'rtmps';
  const port = portText === undefined ? (secure ? SECURE_PORT : PORT) : Number(portText);
  const cut = path.includes('//') ? path.indexOf('//') : path.indexOf('/');
  const app = cut < 0 ? path : path.slice(0, cut);
  const key = cut < 0 ? '' : path.slice(cut).replace(/^\/+/, '');
  if (port < 1 || port > 65_535 || app === '' || key === '') throw addressError(name, address);
  const [user, password] = login === undefined ? [] : login.split(/:(.*)/s).map(decoded);
  const bare = host.replace(/^\[|\]$/g, '');
  return {
    ...{ secure, host: bare, port, app, user, password },
    key: key + query,
    shown: `${scheme.toLowerCase()}://${host}${portText === undefined ? '' : `:${portText}`}/${app}/***`,
  };
}

/** Whether an address is one of RTMP. */
export function isRtmp(address: string): boolean {
  return /^rtmps?:\/\//i.test(address);
}

/** As `listen` is written, also among others; with a one, as FFmpeg has its options. */
const LISTEN = /([?&])listen(?:=1)?(?:&|$)/i;

/** Whether an address asks to listen instead of dialling. */
export function parseListen(address: string): boolean {
  return isRtmp(address) && LISTEN.test(address);
}

/** The address of what is pushed to one that listens. */
export function withoutListen(address: string): string {
  return address.replace(LISTEN, (found: string, mark: string) => (found.endsWith('&') ? mark : ''));
}

/** What `connect` says that it came for: the address without its key. */
export function tcUrl({ secure, host, port, app }: RtmpAddress): string {
  const usual = port === (secure ? SECURE_PORT : PORT);
  const written = host.includes(':') ? `[${host}]` : host;
  return `${secure ? 'rtmps' : 'rtmp'}://${written}${usual ? '' : `:${String(port)}`}/${app}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address itself is not shown: a key that was written wrong is still a key. */
function addressError(name: string, address: string): Error {
  // A name and a password without their host would look like a host and its port.
  const shown = /^[a-z]+:\/\/[^/@?:\s]+(:\d{1,5})?(?=\/|$)/i.exec(address)?.[0];
  return argumentError(name, 'an address such as rtmp://host/application/stream', shown ?? 'another text');
}
