// Addresses of hosts as numbers, in every spelling that some resolver takes.

/** Sixteen bytes of an IPv6 address, or four of an IPv4 one. */
export type AddressBytes = Uint8Array;

/** Numbers of a dotted address at most. */
const MOST_PARTS = 4;

/**
 * The host as names are compared: without brackets, the dot of the root and a zone, in lower case.
 * @param host - as `URL.hostname` or an operator has it
 */
export function plainHost(host: string): string {
  const inner = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const named = inner.includes(':') ? inner.replace(/%.*$/s, '') : inner.replace(/\.$/, '');
  return named.toLowerCase();
}

/** The bytes that a host stands for without being resolved; undefined for a name. */
export function literalAddress(host: string): AddressBytes | undefined {
  const plain = plainHost(host);
  return plain.includes(':') ? ipv6Bytes(plain) : ipv4Bytes(plain);
}

/**
 * An IPv4 address as resolvers read it: one to four numbers, decimal, octal or hexadecimal, the last of which fills what
 * is left. So `127.1`, `2130706433`, `0x7f.1` and `0177.0.0.1` are all 127.0.0.1 (POSIX `inet_addr`).
 */
function ipv4Bytes(text: string): AddressBytes | undefined {
  const parts = text.split('.');
  if (parts.length > MOST_PARTS) return undefined;
  const numbers: number[] = [];
  for (const part of parts) {
    const number = ipv4Number(part);
    if (number === undefined) return undefined;
    numbers.push(number);
  }
  const last = numbers.pop() ?? 0;
  if (numbers.some((number) => number > 255) || last >= 256 ** (MOST_PARTS - numbers.length)) return undefined;
  const whole = numbers.reduce((sum, number, i) => sum + number * 256 ** (MOST_PARTS - 1 - i), last);
  return Uint8Array.of(whole / 2 ** 24, (whole >>> 16) & 255, (whole >>> 8) & 255, whole & 255);
}

function ipv4Number(part: string): number | undefined {
  if (/^0x[\da-f]*$/.test(part)) return part === '0x' ? 0 : Number(part);
  if (/^0[0-7]*$/.test(part)) return Number.parseInt(part, 8);
  return /^[1-9]\d*$/.test(part) ? Number(part) : undefined;
}

/** An IPv6 address, also one whose end is written as IPv4 (RFC 4291 section 2.2). */
function ipv6Bytes(text: string): AddressBytes | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [front, back] = halves.map(ipv6Groups);
  if (front === undefined || (halves.length === 2 && back === undefined)) return undefined;
  const end = back ?? [];
  const missing = 8 - front.length - end.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...front, ...new Array<number>(missing).fill(0), ...end];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
}

function ipv6Groups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (/^[\da-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const dotted = i === parts.length - 1 && /^\d+\.\d+\.\d+\.\d+$/.test(part) ? ipv4Bytes(part) : undefined;
      if (dotted === undefined) return undefined;
      const [a = 0, b = 0, c = 0, d = 0] = dotted;
      groups.push(a * 256 + b, c * 256 + d);
    }
  }
  return groups;
}

/** The text of bytes, as `BlockList` takes it. */
export function addressText(bytes: AddressBytes): string {
  if (bytes.byteLength === MOST_PARTS) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0));
  return groups.map((group) => group.toString(16)).join(':');
}
