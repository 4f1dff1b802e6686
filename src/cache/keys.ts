// Keys are content: what something was made of, how and by what, in one spelling, as a SHA-256.
import { createHash } from 'node:crypto';

/** The key of plain data: the same for the same values, whatever the order of their names. 64 hexadecimal digits. */
export function keyOf(content: unknown): string {
  return createHash('sha256').update(canonical(content)).digest('hex');
}

/** Whether a text is a key. */
export function isKey(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
}

/** JSON with sorted names; what is undefined is left out, as JSON does, and bigints are texts of digits. */
export function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `"${String(value)}n"`;
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const named = value as Readonly<Record<string, unknown>>;
  const members = Object.keys(named)
    .filter((name) => named[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(named[name])}`);
  return `{${members.join(',')}}`;
}
