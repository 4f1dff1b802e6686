// Addresses of SRT, in the spelling of FFmpeg: srt://host:port?streamid=...&passphrase=..., or srt://:port?mode=listener
import { isIP } from 'node:net';
import { argumentError, checkNames } from '../../base/index.js';
import { parseProgram } from '../mpegts/program.js';
import { checkOption, OPTION_NAMES } from './options.js';

/** An address that was read. */
export interface SrtAddress {
  /** The address without its passphrase and its stream id. */
  readonly shown: string;
  /** A name or a number, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Whether it waits for a caller instead of calling. */
  readonly listens: boolean;
  /** Options of the protocol as libav takes them, with the mode. */
  readonly options: Readonly<Record<string, string>>;
  /** Milliseconds that a receiver holds back what it was sent, as far as this side knows. */
  readonly latency: number;
  /** Milliseconds until a called peer must have answered, where the address says so. */
  readonly connectTimeout: number | undefined;
  /** The number of the program that is read of the transport stream. */
  readonly program: number | undefined;
}

/** A stream id may hold any character, also those that end the query of other addresses: `#!::r=live/a,m=publish`. */
const FORM = /^srt:\/\/(\[[^\]]*\]|[^:/?#@[\]]*):(\d{1,5})\/?(?:\?(.*))?$/is;
const EXAMPLE = 'an address such as srt://host:9000?streamid=ID, or srt://:9000?mode=listener';
/** What libsrt delays by, unless told. Milliseconds. (SRTO_LATENCY) */
const LATENCY = 120;
const ANY = ['', '0.0.0.0', '::'];

/** Whether an address is one of SRT. */
export function isSrt(address: string): boolean {
  return /^srt:\/\//i.test(address);
}

/** Reads an address; throws FR_ARG_INVALID. */
export function parseSrt(argument: string, text: string): SrtAddress {
  const [, bracketed = '', digits = '', query = ''] = FORM.exec(text) ?? [];
  const port = Number(digits);
  const six = bracketed.startsWith('[');
  const host = six ? bracketed.slice(1, -1) : bracketed;
  if (digits === '' || port < 1 || port > 0xffff || (six && isIP(host) !== 6) || /[\s%]/.test(host))
    // The text itself may hold secrets.
    throw argumentError(
      argument,
      EXAMPLE,
      /^srt:\/\/[^/@?:\s]*(:\d{1,5})?(?=[/?]|$)/i.exec(text)?.[0] ?? 'another text',
    );
  const { program, ...asked } = readQuery(argument, query);
  checkNames(`the address of \`${argument}\``, asked, OPTION_NAMES);
  const options = Object.fromEntries(Object.entries(asked).map(([name, value]) => checkOption(argument, name, value)));
  // Without a host there is nobody to call, as in srt-live-transmit.
  const mode = options['mode'] ?? (host === '' ? 'listener' : 'caller');
  const listens = mode === 'listener';
  if (!listens && ANY.includes(host))
    throw argumentError(argument, `${EXAMPLE}: nobody can be called at this host`, host);
  if (listens && 'streamid' in options)
    throw argumentError(argument, 'no streamid in the address of a listener, as it is the caller who says one', 'one');
  const shownMode = listens ? `?mode=listener` : '';
  const { connect_timeout: connectTimeout, ...rest } = options;
  return {
    shown: `srt://${bracketed}:${digits}${shownMode}`,
    ...{ host, port, listens },
    options: { ...rest, mode },
    latency: Math.max(LATENCY, milliseconds(options['latency']), milliseconds(options['peerlatency'])),
    connectTimeout: connectTimeout === undefined ? undefined : Number(connectTimeout),
    program: parseProgram(argument, program ?? null),
  };
}

/** Names and values. A plus sign is itself: there are no spaces in what others write, and plus signs are. */
function readQuery(argument: string, query: string): Record<string, string> {
  const pairs = query.split('&').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', value] = pair.split(/=(.*)/s);
      // What has no name may be a key that was written in the wrong place.
      if (value === undefined) throw argumentError(argument, `${EXAMPLE} with name=value`, 'another text');
      return [name, decoded(argument, name, value)];
    }),
  );
}

function decoded(argument: string, name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw argumentError(argument, `an address of SRT whose ${name} has %25 for each %`, 'another text');
  }
}

function milliseconds(microseconds: string | undefined): number {
  return Number(microseconds ?? 0) / 1000;
}
