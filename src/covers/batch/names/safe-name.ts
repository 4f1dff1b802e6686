// Names of files that came as data: they stay in the folder, and every file system takes them.
import { createHash } from 'node:crypto';

/** Bytes of one part of a path: file systems take 255, and endings, sizes and hashes follow. */
const LONGEST_PART = 180;
/** Bytes of all of it. */
const LONGEST_PATH = 700;
/** Names of devices on Windows, also with an ending. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;
/** The folder of the state, which no cover may lie in. */
const STATE = '.framerail';

/**
 * A relative path with forward slashes that leads to nowhere but below its folder. The same text always gives the same name;
 * different ones may give one name, as any two may.
 * @param text - what somebody wrote: a path, a part of an address, words
 */
export function safePath(text: string): string {
  const parts = text
    .split(/[/\\]/)
    .filter((part) => part !== '' && part !== '.')
    .map(safePart);
  const path = parts.length === 0 ? '_' : parts.join('/');
  if (Buffer.byteLength(path) <= LONGEST_PATH) return path;
  // Deep folders are left out; what the file itself is called stays to be seen.
  return `${hashOf(path)}/${parts.at(-1) ?? '_'}`;
}

/** One part of a path. */
function safePart(part: string): string {
  // Control characters, what Windows reserves, and halves of characters.
  const plain = part
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cs}<>:"|?*]/gu, '_')
    .replace(/[. ]+$/, (end: string) => '_'.repeat(end.length));
  const named = DEVICE.test(plain) ? plain.replace(DEVICE, '$1_') : plain;
  const own = named.toLowerCase().startsWith(STATE) ? `_${named.slice(1)}` : named;
  return cut(own === '' ? '_' : own, part);
}

function cut(part: string, source: string): string {
  if (Buffer.byteLength(part) <= LONGEST_PART) return part;
  let end = '';
  const hash = `-${hashOf(source)}`;
  for (const letter of part) {
    if (Buffer.byteLength(end) + Buffer.byteLength(letter) + hash.length > LONGEST_PART) break;
    end += letter;
  }
  return `${end.replace(/[. ]+$/, '')}${hash}`;
}

/** Letters that stand for a text. */
export function hashOf(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}
