// An rtsp:// or rtsps:// address: whom to dial, what to ask for there, and who asks.
import { argumentError } from '../../base/index.js';

/** How media may come: in the connection, by UDP, or by UDP where a server refuses the former. */
export type RtspTransport = 'auto' | 'tcp' | 'udp';

/** Parts of an address. */
export interface RtspAddress {
  readonly secure: boolean;
  /** Without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
  /** What requests name: the address without the user and the password, byte for byte. */
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** The address as it may appear anywhere: cameras have passwords in their paths too. */
  readonly shown: string;
}

/** RFC 2326 3.2, and what IANA lists for RTSP over TLS. */
const PORT = 554;
const SECURE_PORT = 322;

/** Whether an address is one of RTSP. */
export function isRtsp(address: string): boolean {
  return /^rtsps?:\/\//i.test(address);
}

/** Reads an address; throws FR_ARG_INVALID. */
export function parseRtsp(name: string, address: string): RtspAddress {
  const parts = readRtsp(address);
  // What was written wrong may still hold a password.
  if (parts === undefined) throw argumentError(name, 'an address such as rtsp://host/path', 'another text');
  return parts;
}

/** Reads an address that came as data; undefined for what is none. */
export function readRtsp(address: string): RtspAddress | undefined {
  // Passwords with an @ are written as they are by many, so the last one ahead of the path counts.
  const match = /^(rtsps?):\/\/(?:([^/]*)@)?(\[[0-9a-f:.]+\]|[^/:@?#[\]]+)(?::(\d+))?([/?].*)?$/i.exec(address);
  // Requests are lines of text: what breaks a line would be a request of its own.
  if (match === null || /[\s\p{Cc}]/u.test(address)) return undefined;
  const [, scheme = '', login, host = '', portText, path = '/'] = match;
  const secure = scheme.toLowerCase() === 'rtsps';
  const port = portText === undefined ? (secure ? SECURE_PORT : PORT) : Number(portText);
  if (port < 1 || port > 65_535) return undefined;
  const [user, password] = login === undefined ? [] : login.split(/:(.*)/s).map(decoded);
  const place = `${scheme.toLowerCase()}://${host}${portText === undefined ? '' : `:${portText}`}`;
  return {
    ...{ secure, host: host.replace(/^\[|\]$/g, ''), port, user, password },
    url: place + inAscii(path),
    shown: `${place}/***`,
  };
}

/** An address without the user and the password that some servers write into those that they name. */
export function withoutLogin(url: string): string {
  return url.replace(/^(rtsps?:\/\/)[^/]*@/i, '$1');
}

/** Request lines are ASCII; what is encoded already stays as it is. */
function inAscii(path: string): string {
  return path.replace(/[^\x20-\x7e]+/g, (text) => {
    const bytes = [...Buffer.from(text)].map((byte) => byte.toString(16).toUpperCase());
    return `%${bytes.join('%')}`;
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
