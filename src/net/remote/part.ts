// What an answer to a request for a part of a file says that it has: checked before a byte of it is read.
import type { IncomingHttpHeaders } from 'node:http';

/** What an answer has. */
export interface Part {
  readonly start: number;
  /** The byte behind its last one. */
  readonly end: number;
  /** Bytes of the whole file; undefined where the server does not say. */
  readonly size: number | undefined;
}

/** Numbers that doubles are exact for. */
const RANGE = /^bytes\s+(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i;
const NO_RANGE = /^bytes\s+\*\/(\d{1,15})$/i;

/**
 * Reads the head of a 206.
 * @param wanted - the bytes that were asked for; the answer may have fewer of them, but must begin with the first one
 * @returns a text that ends "its server ..." where it is not what was asked for
 */
export function partOf(
  headers: IncomingHttpHeaders,
  wanted: { readonly start: number; readonly end: number },
): Part | string {
  const asked = `bytes ${String(wanted.start)} to ${String(wanted.end)}`;
  const encoding = encodingOf(headers);
  if (encoding !== undefined) return `compressed (${encoding}) what was to come as it is`;
  const text = headers['content-range'];
  if (text === undefined) return `was asked for ${asked} and does not say which ones it sends`;
  const [, first, last, total] = RANGE.exec(text.trim()) ?? [];
  if (first === undefined || last === undefined)
    return `was asked for ${asked} and speaks of a range that is none (${JSON.stringify(text.slice(0, 40))})`;
  const [start, end] = [Number(first), Number(last) + 1];
  if (start !== wanted.start || end <= start || end > wanted.end)
    return `was asked for ${asked} and sends ${String(start)} to ${String(end)}`;
  const size = total === undefined || total === '*' ? undefined : Number(total);
  if (size !== undefined && end > size) return `sends bytes beyond the end that it names itself`;
  const length = headers['content-length'];
  if (length !== undefined && Number(length) !== end - start)
    return `names two lengths for one answer (${length.slice(0, 20)} and ${String(end - start)})`;
  return { start, end, size };
}

/** The size that a 416 names; undefined where it names none. */
export function sizeOfRefusal(headers: IncomingHttpHeaders): number | undefined {
  const size = NO_RANGE.exec((headers['content-range'] ?? '').trim())?.[1];
  return size === undefined ? undefined : Number(size);
}

/** What an answer is compressed by; undefined where it is not. */
export function encodingOf(headers: IncomingHttpHeaders): string | undefined {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  return encoding === 'identity' || encoding === '' ? undefined : encoding.slice(0, 40);
}
