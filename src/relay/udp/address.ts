// Addresses of UDP, in the spelling that FFmpeg, VLC and others share: udp://host:port, udp://@group:port?interface=eth0
import { BlockList, isIP } from 'node:net';
import { argumentError, checkNames } from '../../base/index.js';
import { parseProgram } from '../mpegts/program.js';

/** An address that was read. */
export interface UdpAddress {
  /** The address without its query. */
  readonly shown: string;
  /** Of this machine, or of a group; the unspecified one for all addresses of this machine. */
  readonly host: string;
  readonly port: number;
  readonly family: 'udp4' | 'udp6';
  readonly multicast: boolean;
  /** The network interface by which a group is joined: its name or its address. */
  readonly via: string | undefined;
  /** Whether several may listen there. */
  readonly reuse: boolean;
  /** Bytes that the system keeps for it; undefined where nothing was asked for. */
  readonly bufferBytes: number | undefined;
  /** Who is heard; empty for everybody. For a group, they are told to the network. */
  readonly sources: readonly string[];
  /** Whether packets of a sender are taken. */
  readonly accepts: (sender: string) => boolean;
  readonly program: number | undefined;
}

const FORM = /^udp:\/\/@?(\[[^\]]*\]|[^:/?#@[\]]*):(\d{1,5})\/?(?:\?([^#]*))?$/i;
/** What FFmpeg knows beside these, and what means nothing here: what is kept, sent, or told in another way. */
const OTHERS = [
  'pkt_size',
  'fifo_size',
  'overrun_nonfatal',
  'ttl',
  'connect',
  'broadcast',
  'dscp',
  'timeout',
  'bitrate',
];
const NAMES = [
  ...['localaddr', 'interface', 'buffer_size', 'sources', 'block', 'reuse', 'program', 'burst_bits', 'localport'],
  ...OTHERS,
];
const MOST_BUFFER = 1024 * 1024 * 1024;
const EXAMPLE = 'an address such as udp://239.1.1.1:1234 or udp://0.0.0.0:1234';

/** Whether an address is one of UDP. */
export function isUdp(address: string): boolean {
  return /^udp:\/\//i.test(address);
}

/** Reads an address; throws FR_ARG_INVALID. */
export function parseUdp(name: string, text: string): UdpAddress {
  const [, bracketed = '', digits = '', query = ''] = FORM.exec(text) ?? [];
  const port = Number(digits);
  const host = bracketed.replace(/^\[|\]$/g, '');
  const six = bracketed.startsWith('[');
  if (digits === '' || port < 1 || port > 0xffff || (six && isIP(host) !== 6)) throw argumentError(name, EXAMPLE, text);
  const options = new URLSearchParams(query);
  checkNames(`the address of \`${name}\``, Object.fromEntries(options), NAMES);
  const multicast = six ? /^ff/i.test(host) : /^2(2[4-9]|3\d)\./.test(host) && isIP(host) === 4;
  const sources = addresses(name, options.get('sources'));
  const blocked = addresses(name, options.get('block'));
  const via = options.get('interface') ?? options.get('localaddr') ?? undefined;
  if (via !== undefined && !/^[\w.:%@-]+$/.test(via))
    throw argumentError(name, 'the name or the address of an interface', via);
  return {
    shown: `udp://${bracketed}:${digits}`,
    host: host === '' ? '0.0.0.0' : host,
    port,
    family: six ? 'udp6' : 'udp4',
    ...{ multicast, via, sources },
    reuse: multicast || options.get('reuse') === '1',
    bufferBytes: bufferBytes(name, options.get('buffer_size')),
    accepts: accepts(sources, blocked),
    program: parseProgram(name, options.get('program')),
  };
}

function addresses(name: string, text: string | null): readonly string[] {
  const list = text === null || text === '' ? [] : text.split(',');
  for (const one of list) if (isIP(one) === 0) throw argumentError(name, 'addresses of senders, with commas', text);
  return list;
}

function bufferBytes(name: string, text: string | null): number | undefined {
  if (text === null) return undefined;
  const bytes = /^\d+$/.test(text) ? Number(text) : 0;
  if (bytes < 1 || bytes > MOST_BUFFER) throw argumentError(name, 'a buffer_size of 1 byte to 1 GiB', text);
  return bytes;
}

function accepts(sources: readonly string[], blocked: readonly string[]): (sender: string) => boolean {
  const [heard, unheard] = [listOf(sources), listOf(blocked)];
  return (sender) => {
    // A socket of IPv6 has senders of IPv4 in this form.
    const address = sender.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    return (sources.length === 0 || heard.check(address, family)) && !unheard.check(address, family);
  };
}

function listOf(list: readonly string[]): BlockList {
  const all = new BlockList();
  for (const address of list) all.addAddress(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return all;
}
