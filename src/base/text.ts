// Text that people write and read: sizes, times, byte counts.
import { argumentError } from './check.js';

/** Parses `1.5`, `1.5s`, `250ms`, `2m`, `01:02.5` or `1:02:03` into seconds. */
export function parseSeconds(name: string, text: string): number {
  const plain = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)?$/.exec(text);
  if (plain !== null) {
    const scale = { ms: 0.001, s: 1, m: 60, h: 3600 }[plain[2] ?? 's'] ?? 1;
    return Number(plain[1]) * scale;
  }
  const clock = /^(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)$/.exec(text);
  if (clock !== null) return Number(clock[1] ?? 0) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
  throw argumentError(name, 'a time such as 1.5, 250ms, 2m or 1:02:03.5', text);
}

/** Parses `640x360` into two positive integers; a side of -1 is not accepted here. */
export function parseSize(name: string, text: string): [number, number] {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  const width = Number(match?.[1] ?? 0);
  const height = Number(match?.[2] ?? 0);
  if (match === null || width < 1 || height < 1)
    throw argumentError(name, 'a size such as 640x360 with both sides above 0', text);
  return [width, height];
}

/** The first line of a text: libraries put pictures of the place and stacks behind it. */
export function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

/** The first line of what a library says, to stand inside a sentence: without a capital and without the mark at its end. */
export function clauseOf(message: string): string {
  const line = firstLine(message).replace(/[.:]$/, '');
  return line.charAt(0).toLowerCase() + line.slice(1);
}

const UNITS = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Parses bytes with a k, an M or a G behind for 1,024 and its powers, such as `512k`, `8M` or `8MiB`. */
export function parseBytes(name: string, text: string): number {
  const match = /^(\d+)(?:([kKmMgG])(?:iB)?)?$/.exec(text);
  if (match === null) throw argumentError(name, 'bytes, such as 8M or 512k', text);
  return Number(match[1]) * UNITS[(match[2] ?? '').toLowerCase() as keyof typeof UNITS];
}

/** `1536` as `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  // What would be rounded up to 1024 of one unit is 1.0 of the next.
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : value.toFixed(0)} ${units[unit] ?? 'B'}`;
}

/** Seconds as `1:02:03.450`, without hours when there are none. */
export function formatClock(seconds: number): string {
  const total = Math.max(0, Math.round(seconds * 1000));
  const hours = Math.floor(total / 3_600_000);
  const minutes = Math.floor(total / 60_000) % 60;
  const rest = ((total % 60_000) / 1000).toFixed(3).padStart(6, '0');
  return hours > 0 ? `${String(hours)}:${String(minutes).padStart(2, '0')}:${rest}` : `${String(minutes)}:${rest}`;
}
