// What an address of the network is: public, or one of those that data must not lead to.
import { BlockList } from 'node:net';
import { addressText, literalAddress, type AddressBytes } from './address-text.js';

/** What an address is. */
export type AddressKind =
  | 'public'
  | 'loopback'
  | 'unspecified'
  | 'private'
  | 'shared'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'broadcast'
  | 'documentation'
  | 'transition'
  | 'reserved';

/**
 * Ranges, the more particular ones first (IANA registries of special purpose addresses; RFC 6890 and its successors).
 * Services that tell machines of a cloud about themselves: 169.254.169.254 is that of nearly all clouds, the others are
 * those of Alibaba, Oracle, Azure and, over IPv6, Amazon.
 */
const RANGES: readonly (readonly [AddressKind, readonly string[]])[] = [
  ['metadata', ['169.254.169.254/32', '100.100.100.200/32', '192.0.0.192/32', '168.63.129.16/32', 'fd00:ec2::/32']],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['unspecified', ['0.0.0.0/8', '::/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10']],
  ['shared', ['100.64.0.0/10']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  ['broadcast', ['255.255.255.255/32']],
  ['documentation', ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20']],
  // 6to4 and Teredo carry an IPv4 address of somebody's choice and are out of use (RFC 7526); so is ::/96 (RFC 4291),
  // and what 64:ff9b:1::/48 (RFC 8215) leads to is known to its network alone.
  ['transition', ['192.88.99.0/24', '2002::/16', '2001::/32', '::/96', '64:ff9b:1::/48']],
  ['reserved', ['192.0.0.0/24', '198.18.0.0/15', '240.0.0.0/4', '2001::/23']],
];

/** What is neither within 2000::/3 nor named above was never given to anybody (RFC 4291 section 2.4). */
const GLOBAL_UNICAST = '2000::/3';

/** Made when somebody first asks: most programs that read this code never do, and it takes as long as reading it. */
let lists: { readonly kinds: readonly (readonly [AddressKind, BlockList])[]; readonly unicast: BlockList } | undefined;

/** IPv6 prefixes of 96 bits behind which an IPv4 address means itself: mapped (RFC 4291), and NAT64 (RFC 6052). */
const CARRIERS = ['::ffff:0:0', '64:ff9b::'].map((prefix) => literalAddress(prefix)?.subarray(0, 12));

/** What an address is; undefined for a text that is none. */
export function addressKind(text: string): AddressKind | undefined {
  const bytes = literalAddress(text);
  return bytes && kindOf(bytes);
}

/** What an address is. */
export function kindOf(bytes: AddressBytes): AddressKind {
  const address = carried(bytes) ?? bytes;
  const [text, family] = [addressText(address), familyOf(address)];
  lists ??= {
    kinds: RANGES.map(([kind, ranges]) => [kind, listOf(ranges)] as const),
    unicast: listOf([GLOBAL_UNICAST]),
  };
  const found = lists.kinds.find(([, list]) => list.check(text, family));
  if (found !== undefined) return found[0];
  return family === 'ipv6' && !lists.unicast.check(text, family) ? 'reserved' : 'public';
}

/** Ranges as one list. */
function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) addRange(list, range);
  return list;
}

/** Adds an address or a range such as `10.0.0.0/8`; false for a text that is neither. */
export function addRange(list: BlockList, range: string): boolean {
  const [host = '', bits, ...more] = range.split('/');
  const literal = /^[\d.]+$|:/.test(host) ? literalAddress(host) : undefined;
  const address = literal && bits === undefined ? (carried(literal) ?? literal) : literal;
  if (address === undefined || more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return false;
  const most = address.byteLength * 8;
  const prefix = bits === undefined ? most : Number(bits);
  if (prefix > most) return false;
  list.addSubnet(addressText(address), prefix, familyOf(address));
  return true;
}

/** The IPv4 address that an IPv6 one merely carries; undefined for any other. */
export function carried(bytes: AddressBytes): AddressBytes | undefined {
  if (bytes.byteLength !== 16) return undefined;
  const within = CARRIERS.some((prefix) => prefix?.every((byte, i) => bytes[i] === byte));
  return within ? bytes.subarray(12) : undefined;
}

/** How `BlockList` calls the family of an address. */
export function familyOf(bytes: AddressBytes): 'ipv4' | 'ipv6' {
  return bytes.byteLength === 16 ? 'ipv6' : 'ipv4';
}
