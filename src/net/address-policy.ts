// Where an address that came as data may lead: to public hosts, to the operator's own, and to those that he opened.
import { lookup as resolveName, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction, Socket } from 'node:net';
import { FramerailError } from '../base/index.js';
import { addressKind, kindOf, type AddressKind } from './address-kind.js';
import { literalAddress, plainHost } from './address-text.js';
import { AllowedHosts } from './allowed-hosts.js';
import { isForeignPort } from './ports.js';

/** Resolves a name to all of its addresses, as `dns.lookup` does with `all`. */
export type Resolver = (
  host: string,
  options: LookupOptions & { readonly all: true },
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** What a policy goes by. */
export interface AddressPolicyOptions {
  /** Hosts that the operator wrote himself, as names or addresses: he may mean private ones. */
  readonly operatorHosts: readonly string[];
  /** Other hosts that he opened: names, `*.` and a name, addresses, ranges such as `10.0.0.0/8`. @defaultValue none */
  readonly allowHosts?: readonly string[] | undefined;
  /** Who resolves names; the system unless told. */
  readonly resolve?: Resolver | undefined;
}

/**
 * Decides about addresses. It belongs to one connection of an origin, or to one call: the kind of address that a host of
 * the operator has at first is the kind that it keeps.
 */
export interface AddressPolicy {
  /**
   * What can be said before a name is resolved. Throws FR_ADDRESS_REFUSED, and never shows more than the host.
   * @param text - an address that came as data
   * @param schemes - that are allowed, with their colons
   * @param base - what a relative address is relative to; its user and password do not pass on
   */
  check(text: string, schemes: readonly string[], base?: URL): URL;
  /**
   * For the option `lookup` of sockets and requests: a name is resolved once, and the connection goes to an address that
   * was checked. Where it has permitted and refused ones, only the permitted ones are dialled.
   */
  readonly lookup: LookupFunction;
  /** Destroys a socket with FR_ADDRESS_REFUSED that is connected to where its host must not lead; call it at once. */
  guard(socket: Socket, host: string): void;
}

/** What is said of the kinds in messages. */
const WORDS: Readonly<Record<AddressKind, string>> = {
  public: 'a public address',
  loopback: 'this machine itself',
  unspecified: 'no address of a host',
  private: 'a private address',
  shared: 'an address within the network of a carrier',
  'link-local': 'an address of the local link',
  metadata: 'the metadata service of a cloud',
  multicast: 'a multicast address',
  broadcast: 'the broadcast address',
  documentation: 'an address for documentation',
  transition: 'an address that hides another one',
  reserved: 'a reserved address',
};

/** Makes a policy. */
export function createAddressPolicy(options: AddressPolicyOptions): AddressPolicy {
  return new Policy(options);
}

class Policy implements AddressPolicy {
  readonly #operator: ReadonlySet<string>;
  readonly #allowed: AllowedHosts;
  readonly #resolve: Resolver;
  /** What the operator's names were when they were first resolved: a name that was public does not become private. */
  readonly #firstKinds = new Map<string, ReadonlySet<AddressKind>>();

  constructor({ operatorHosts, allowHosts = [], resolve = resolveName }: AddressPolicyOptions) {
    this.#operator = new Set(operatorHosts.map(plainHost));
    this.#allowed = new AllowedHosts(allowHosts);
    this.#resolve = resolve;
  }

  check(text: string, schemes: readonly string[], base?: URL): URL {
    const url = parse(text, base);
    const host = plainHost(url.hostname);
    const shown = host === '' ? `${url.protocol}***` : `${url.protocol}//${url.host}/***`;
    if (!schemes.includes(url.protocol)) {
      const wanted = schemes.map((scheme) => scheme.replace(/:$/, '')).join(' or ');
      throw refused(`${shown} came as data and is refused: only ${wanted} may be read from there.`, host);
    }
    if (host === '') throw refused(`${shown} came as data and is refused: it names no host.`, host);
    if (url.username !== '' || url.password !== '')
      throw refused(`${shown} came as data and is refused: it names a user.`, host);
    if (!this.#isKnown(host) && isForeignPort(url))
      throw refused(`${shown} came as data and is refused: its port belongs to another protocol than HTTP.`, host);
    const objection = literalAddress(host) === undefined ? undefined : this.#objection(host, host);
    if (objection !== undefined) throw objection;
    return url;
  }

  readonly lookup: LookupFunction = (hostname, options, answer) => {
    const host = plainHost(hostname);
    this.#resolve(host, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        answer(error, '', 0);
        return;
      }
      const permitted = this.#choose(host, found);
      if (permitted instanceof FramerailError) answer(permitted, '', 0);
      else if (options.all === true) answer(null, [...permitted]);
      else answer(null, permitted[0]?.address ?? '', permitted[0]?.family);
    });
  };

  guard(socket: Socket, hostname: string): void {
    const host = plainHost(hostname);
    const look = (): void => {
      const { remoteAddress } = socket;
      if (remoteAddress === undefined) return;
      const objection = this.#objection(host, remoteAddress);
      if (objection !== undefined) socket.destroy(objection);
    };
    if (socket.connecting) socket.prependOnceListener('connect', look);
    else look();
  }

  /** Whether the operator named a host, so that its name alone says nothing against it. */
  #isKnown(host: string): boolean {
    return this.#operator.has(host) || this.#allowed.hasName(host);
  }

  #choose(host: string, found: readonly LookupAddress[]): readonly LookupAddress[] | FramerailError {
    if (this.#isKnown(host) && !this.#firstKinds.has(host))
      this.#firstKinds.set(host, new Set(found.map(({ address }) => addressKind(address) ?? 'reserved')));
    const objections = found.map(({ address }) => this.#objection(host, address));
    const permitted = found.filter((_, i) => objections[i] === undefined);
    if (permitted.length > 0) return permitted;
    return objections[0] ?? refused(`${host} is refused: it has no address.`, host);
  }

  /** What speaks against an address on behalf of a host; undefined where nothing does. */
  #objection(host: string, address: string): FramerailError | undefined {
    const bytes = literalAddress(address);
    const kind = bytes === undefined ? 'reserved' : kindOf(bytes);
    if (kind === 'public' || (bytes !== undefined && this.#allowed.hasAddress(bytes))) return undefined;
    // An address that the operator wrote is what it is; a name may be a private one from the beginning, or never.
    if (this.#isKnown(host) && this.#firstKinds.get(host)?.has(kind) !== false) return undefined;
    const isAddress = literalAddress(host) !== undefined;
    const where = isAddress ? `${host} is ${WORDS[kind]}` : `${host} leads to ${address}, which is ${WORDS[kind]}`;
    return refused(`An address that came as data is refused: ${where}; only \`allowHosts\` opens it.`, host);
  }
}

/** Reads an address; what browsers and other readers understand differently is not read at all. */
function parse(text: string, base: URL | undefined): URL {
  const from = base && new URL(base);
  if (from !== undefined) from.username = from.password = '';
  const head = /^[^?#]*/.exec(text)?.[0] ?? '';
  // Backslashes are slashes to some and letters to others, and so are blanks that some leave out.
  const ambiguous = head.includes('\\') || /\p{Cc}/u.test(text);
  const url = !ambiguous && URL.canParse(text, from?.href) ? new URL(text, from) : undefined;
  // Schemes that URL does not know keep escapes in the host, which some resolve and others do not.
  if (url === undefined || url.hostname.includes('%'))
    throw refused('What came as data in the place of an address is refused: it is none.', '');
  return url;
}

function refused(message: string, host: string): FramerailError {
  return new FramerailError('FR_ADDRESS_REFUSED', message, { details: { host } });
}
