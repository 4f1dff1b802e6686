// Rows of JSON lines: an object, or the text of an input alone, in each line.
import { LONGEST_ROW, type Rows, type RowStep } from './row.js';
import { readTrouble, rowError } from './trouble.js';

const NEWLINE = 10;

/**
 * Reads rows.
 * @param name - of the manifest, for messages
 * @param size - its bytes; undefined where nobody knows
 */
export async function* jsonLineRows(name: string, bytes: AsyncIterable<Buffer>, size: number | undefined): Rows {
  let line = 0;
  let read = 0;
  try {
    for await (const text of lines(bytes)) {
      line += 1;
      read += text === undefined ? LONGEST_ROW : text.byteLength + 1;
      const step = rowOf(line, text, size === undefined ? undefined : Math.min(1, read / size));
      if (step !== undefined) yield step;
    }
  } catch (error) {
    throw readTrouble(name, error);
  }
}

/** A row from what a program that writes JSON has in it; undefined for an empty line. */
function rowOf(line: number, bytes: Buffer | undefined, share: number | undefined): RowStep | undefined {
  if (bytes === undefined) return { line, error: rowError(`It has more than ${String(LONGEST_ROW)} bytes.`) };
  const text = bytes
    .toString('utf8')
    .replace(line === 1 ? /^\uFEFF/ : '', '')
    .trim();
  if (text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { line, error: rowError('It is not JSON.') };
  }
  return rowFrom(line, value, share);
}

/** A row from a value: an object of columns, or a text that is the input alone. */
export function rowFrom(line: number, value: unknown, share: number | undefined): RowStep {
  const values = Object.create(null) as Record<string, unknown>;
  if (typeof value === 'string') values['input'] = value;
  else if (typeof value === 'object' && value !== null && !Array.isArray(value)) Object.assign(values, value);
  else return { line, error: rowError('It is neither an object of columns nor the text of an input.') };
  return { line, values, share };
}

/** Lines without their ends; undefined for each that is too long. */
async function* lines(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer | undefined, void, undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  let tooLong = false;
  const add = (part: Buffer): void => {
    length += part.byteLength;
    tooLong ||= length > LONGEST_ROW;
    if (tooLong) parts = [];
    else if (part.byteLength > 0) parts.push(part);
  };
  const take = (): Buffer | undefined => {
    const line = tooLong ? undefined : parts.length === 1 ? parts[0] : Buffer.concat(parts);
    [parts, length, tooLong] = [[], 0, false];
    return line;
  };
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  if (length > 0) yield take();
}
