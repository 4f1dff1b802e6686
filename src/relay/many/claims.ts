// What only one relay can have: a key that is pushed to, a port that is called, a file that is written.
import { resolve } from 'node:path';
import { FramerailError } from '../../base/index.js';
import { isPlaylist, parsePlaylist } from '../hls-out/address.js';
import { listeningPlace } from '../rtmp/listen-origin.js';
import { isSrt, parseSrt } from '../srt/address.js';
import { isUdp, parseUdp } from '../udp/address.js';
import type { RelayPlan } from './config.js';

interface Claim {
  /** The option that says so. */
  readonly argument: string;
  /** The same for all who want the same. */
  readonly key: string;
  /** Where it is wanted, of the addresses of this machine; undefined where that is no question. */
  readonly host?: string;
  /** What is done there, as a sentence has it. */
  readonly what: string;
}

/** What a relay has. */
interface Owned extends Claim {
  readonly owner: string;
}

/** Every address of this machine. */
const ANY = ['', '0.0.0.0', '::'];

/** Who has what of the relays of one configuration: the first who says so. */
export class Claims {
  readonly #owned = new Map<string, Owned[]>();

  /** Notes what a relay is to have; gives what another one has already, of which it is to have nothing then. */
  take({ name, options: { from, to, record } }: RelayPlan): FramerailError[] {
    const origins = typeof from === 'string' ? [from] : from;
    const claims = [
      ...origins.flatMap((address, i) => listening(typeof from === 'string' ? 'from' : `from[${String(i)}]`, address)),
      ...to.flatMap((address, i) => destination(`to[${String(i)}]`, address)),
      ...(record === undefined ? [] : [written('record', 'records to', record)]),
    ];
    const own: Owned[] = [];
    const mistakes = claims.flatMap((claim) => {
      const { key, argument } = claim;
      const found = [...(this.#owned.get(key) ?? []), ...own].find((one) => one.key === key && meet(one, claim));
      own.push({ ...claim, owner: name });
      if (found === undefined) return [];
      const message = `The relay \`${found.owner}\` ${found.what} already.`;
      return [new FramerailError('FR_ARG_INVALID', message, { details: { argument } })];
    });
    if (mistakes.length === 0)
      for (const one of own) this.#owned.set(one.key, [...(this.#owned.get(one.key) ?? []), one]);
    return mistakes;
  }
}

function meet({ host: one = '' }: Claim, { host: other = '' }: Claim): boolean {
  return one === other || ANY.includes(one) || ANY.includes(other);
}

function listening(argument: string, address: string): Claim[] {
  if (isSrt(address)) return calls(argument, address);
  if (isUdp(address)) {
    const { host, port, multicast, reuse, shown } = parseUdp(argument, address);
    // A group is there for many.
    return multicast || reuse ? [] : [{ argument, key: `udp ${String(port)}`, host, what: `listens on ${shown}` }];
  }
  const place = listeningPlace(address);
  if (place === undefined) return [];
  const { host, key, shown } = place;
  return [{ argument, key: `rtmp ${key}`, host, what: `waits for the key of ${shown}` }];
}

function destination(argument: string, address: string): Claim[] {
  if (isSrt(address)) return calls(argument, address);
  return isPlaylist(address) ? [written(argument, 'writes', parsePlaylist(argument, address))] : [];
}

function calls(argument: string, address: string): Claim[] {
  const { host, port, listens, shown } = parseSrt(argument, address);
  return listens ? [{ argument, key: `srt ${String(port)}`, host, what: `listens on ${shown}` }] : [];
}

function written(argument: string, verb: string, path: string): Claim {
  return { argument, key: `file ${resolve(path)}`, what: `${verb} ${path}` };
}
