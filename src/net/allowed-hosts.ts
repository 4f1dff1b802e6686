// The hosts that an operator opened by name, by address or by range.
import { BlockList } from 'node:net';
import { argumentError } from '../base/index.js';
import { addRange, carried, familyOf } from './address-kind.js';
import { addressText, literalAddress, plainHost, type AddressBytes } from './address-text.js';

const MOST_ENTRIES = 1000;
/** A name of DNS, also with an underscore, which some have. */
const NAME = /^(\*\.)?[\p{L}\p{N}_]([\p{L}\p{N}_-]*[\p{L}\p{N}_])?(\.[\p{L}\p{N}_]([\p{L}\p{N}_-]*[\p{L}\p{N}_])?)*$/u;

/** What `allowHosts` opens. */
export class AllowedHosts {
  readonly #names = new Set<string>();
  readonly #endings: string[] = [];
  readonly #ranges = new BlockList();

  /** @param entries - names, `*.` and a name for all below it, addresses, ranges such as `10.0.0.0/8` */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const host = plainHost(entry);
      if (addRange(this.#ranges, host)) continue;
      if (host.startsWith('*.')) this.#endings.push(asciiName(host.slice(1)));
      else this.#names.add(asciiName(host));
    }
  }

  /** Whether a name was opened. */
  hasName(host: string): boolean {
    return this.#names.has(host) || this.#endings.some((ending) => host.endsWith(ending));
  }

  /** Whether a host was opened, be it a name or an address. @param host - as `URL.hostname` has it */
  opens(host: string): boolean {
    const address = literalAddress(host);
    return address === undefined ? this.hasName(plainHost(host)) : this.hasAddress(address);
  }

  /** Whether an address was opened. */
  hasAddress(bytes: AddressBytes): boolean {
    const address = carried(bytes) ?? bytes;
    return this.#ranges.check(addressText(address), familyOf(address));
  }
}

/** Checks a list of hosts; throws FR_ARG_INVALID. */
export function checkAllowHosts(name: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MOST_ENTRIES)
    throw argumentError(name, `a list of at most ${String(MOST_ENTRIES)} hosts`, value);
  return value.map((entry: unknown, i) => {
    const isHost = typeof entry === 'string' && entry.length <= 300 && isEntry(plainHost(entry));
    if (isHost) return entry;
    const wanted = 'the name of a host, an address or a range such as 10.0.0.0/8';
    throw argumentError(`${name}[${String(i)}]`, wanted, entry);
  });
}

function isEntry(host: string): boolean {
  // What looks like numbers must be an address: a range that was mistyped is not a name that never fits.
  return addRange(new BlockList(), host) || (NAME.test(host) && !/^[\d.]+$/.test(host));
}

/** A name as `URL` and the resolver have it. */
function asciiName(host: string): string {
  const dotted = host.startsWith('.');
  const ascii = URL.canParse(`http://${dotted ? host.slice(1) : host}/`)
    ? new URL(`http://${dotted ? host.slice(1) : host}/`).hostname
    : host;
  return dotted && !ascii.startsWith('.') ? `.${ascii}` : ascii;
}
