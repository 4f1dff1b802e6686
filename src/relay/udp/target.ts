// Where a transport stream is sent by UDP: udp://host:port?ttl=4&pkt_size=1316&localaddr=10.0.0.2
import { isIP } from 'node:net';
import { argumentError, checkNames } from '../../base/index.js';

/** An address that was read. */
export interface UdpTarget {
  /** The address without its query. */
  readonly shown: string;
  /** A name, an address, or a group. */
  readonly host: string;
  readonly port: number;
  /** Routers that a datagram may pass; undefined to leave it to the system. */
  readonly ttl: number | undefined;
  /** Bytes of a datagram: whole packets of 188. */
  readonly datagramBytes: number;
  /** The address of this machine that it is sent from, and for a group of the interface; undefined to leave it to routes. */
  readonly local: string | undefined;
}

/** A packet of a transport stream. */
const PACKET_BYTES = 188;
const FORM = /^udp:\/\/@?(\[[0-9a-f:.%\w]+\]|[^:/?#@[\]\s]+):(\d{1,5})\/?(?:\?([^#]*))?$/i;
/** Seven packets, with the headers of IP and UDP, are what an Ethernet frame of 1,500 bytes holds. */
const USUAL_BYTES = 7 * PACKET_BYTES;
/** What a datagram of IPv4 holds at most. */
const MOST_BYTES = 65_507;
const MOST_TTL = 255;

/** Reads an address; throws FR_ARG_INVALID. */
export function parseUdpTarget(name: string, text: string): UdpTarget {
  const [, bracketed = '', digits = '', query = ''] = FORM.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port < 1 || port > 0xffff)
    throw argumentError(name, 'an address such as udp://239.1.1.1:1234', text);
  const options = new URLSearchParams(query);
  checkNames(`the address of \`${name}\``, Object.fromEntries(options), ['ttl', 'pkt_size', 'localaddr']);
  const datagramBytes = whole(options.get('pkt_size')) ?? USUAL_BYTES;
  if (datagramBytes % PACKET_BYTES !== 0 || datagramBytes === 0 || datagramBytes > MOST_BYTES)
    throw argumentError(name, 'a pkt_size that is a multiple of 188, up to 65,424', options.get('pkt_size'));
  const ttl = whole(options.get('ttl'));
  if (ttl !== undefined && !(ttl >= 1 && ttl <= MOST_TTL))
    throw argumentError(name, 'a ttl of 1 to 255', options.get('ttl'));
  const local = options.get('localaddr') ?? undefined;
  if (local !== undefined && isIP(local) === 0) throw argumentError(name, 'a localaddr of this machine', local);
  return {
    shown: `udp://${bracketed}:${digits}`,
    host: bracketed.replace(/^\[|\]$/g, ''),
    ...{ port, ttl, datagramBytes, local },
  };
}

/** Whether an address is one of UDP. */
export function isUdpTarget(address: string): boolean {
  return /^udp:\/\//i.test(address);
}

/** Whether an address is one of a group. */
export function isMulticast(address: string): boolean {
  return isIP(address) === 6 ? /^ff/i.test(address) : /^2(2[4-9]|3\d)\./.test(address);
}

function whole(text: string | null): number | undefined {
  if (text === null) return undefined;
  return /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
}
