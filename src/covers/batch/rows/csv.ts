// Rows of CSV: commas, semicolons or tabs between values, quotes around those that hold them, names in the first line.
import { parse } from 'csv-parse';
import type { CsvError } from 'csv-parse';
import { LONGEST_ROW, MOST_COLUMNS, type Rows, type RowStep } from './row.js';
import { manifestError, readTrouble, rowError } from './trouble.js';

/** Bytes of the first line that are looked at for what stands between its values. */
const HEAD = 64 * 1024;
const DELIMITERS = [',', ';', '\t'] as const;

/** A record with where it ends, as csv-parse gives it. */
interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number; readonly bytes: number };
}

/**
 * Reads rows.
 * @param name - of the manifest, for messages
 * @param size - its bytes; undefined where nobody knows
 */
export async function* csvRows(name: string, bytes: AsyncIterable<Buffer>, size: number | undefined): Rows {
  const broken: RowStep[] = [];
  const chunks = bytes[Symbol.asyncIterator]();
  const head = await readHead(chunks);
  const parser = parse({
    ...{ bom: true, info: true, columns: false, skip_empty_lines: true, relax_column_count: true },
    delimiter: delimiterOf(head.toString('utf8')),
    max_record_size: LONGEST_ROW,
    skip_records_with_error: true,
    on_skip: (error: CsvError | undefined) => {
      broken.push({ line: lineOf(error), error: rowError(sentenceOf(error)) });
      return undefined;
    },
  });
  const fed = feed(parser, head, chunks);
  let names: readonly string[] | undefined;
  let line = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      yield* broken.splice(0);
      // A record of several lines is told by its last one; where it began is behind the one before.
      const start = Math.max(line + 1, info.lines - lineBreaks(record));
      line = info.lines;
      if (names === undefined) {
        names = namesOf(name, record);
        continue;
      }
      if (record.length > names.length) {
        const why = `It has ${String(record.length)} values for ${String(names.length)} columns.`;
        yield { line: start, error: rowError(why) };
        continue;
      }
      const values = Object.create(null) as Record<string, unknown>;
      for (const [i, value] of record.entries()) values[names[i] ?? ''] = value;
      yield { line: start, values, share: size === undefined ? undefined : Math.min(1, info.bytes / size) };
    }
    yield* broken.splice(0);
    await fed;
  } catch (error) {
    throw readTrouble(name, error);
  } finally {
    parser.destroy();
    await chunks.return?.();
  }
}

/** What is read until the first line is whole. */
async function readHead(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let length = 0; length < HEAD;) {
    const step = await chunks.next();
    if (step.done === true) break;
    parts.push(step.value);
    length += step.value.byteLength;
    if (step.value.includes(10)) break;
  }
  return Buffer.concat(parts);
}

/** Hands bytes to the parser as fast as it takes them. */
async function feed(parser: ReturnType<typeof parse>, head: Buffer, chunks: AsyncIterator<Buffer>): Promise<void> {
  try {
    let next: Buffer | undefined = head;
    while (next !== undefined && !parser.destroyed) {
      if (!parser.write(next)) await drained(parser);
      const step: IteratorResult<Buffer> = await chunks.next();
      next = step.done === true ? undefined : step.value;
    }
    parser.end();
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Whether it went on or was given up. */
function drained(parser: ReturnType<typeof parse>): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      parser.off('drain', go);
      parser.off('close', go);
      resolve();
    };
    parser.on('drain', go);
    parser.on('close', go);
  });
}

/** What stands between the names of the first line most often, outside of quotes. */
function delimiterOf(head: string): string {
  const line = /^\uFEFF?(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(head)?.[0] ?? '';
  const bare = line.replace(/"(?:[^"]|"")*"/g, '');
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: bare.split(delimiter).length }));
  return counts.reduce((best, one) => (one.count > best.count ? one : best)).delimiter;
}

function namesOf(manifest: string, record: readonly string[]): readonly string[] {
  const names = record.map((name) => name.trim());
  if (names.length > MOST_COLUMNS) throw manifestError(manifest, `it has more than ${String(MOST_COLUMNS)} columns`);
  const twice = names.find((name, i) => name !== '' && names.indexOf(name) !== i);
  if (twice !== undefined)
    throw manifestError(manifest, `its first line names the column ${JSON.stringify(twice)} twice`);
  return names;
}

function lineBreaks(record: readonly string[]): number {
  let breaks = 0;
  for (const value of record) if (value.includes('\n')) breaks += value.split('\n').length - 1;
  return breaks;
}

function lineOf(error: CsvError | undefined): number {
  const lines: unknown = error?.['lines'];
  return typeof lines === 'number' ? lines : 0;
}

function sentenceOf(error: CsvError | undefined): string {
  const known: Readonly<Record<string, string>> = {
    CSV_INVALID_CLOSING_QUOTE: 'A quote in it is followed by neither a separator nor the end of the line.',
    INVALID_OPENING_QUOTE: 'A quote stands within a value that does not begin with one.',
    CSV_QUOTE_NOT_CLOSED: 'A quote is opened and never closed.',
    CSV_MAX_RECORD_SIZE: `It has more than ${String(LONGEST_ROW)} characters, as when a quote is never closed.`,
  };
  return known[error?.code ?? ''] ?? 'It is not CSV.';
}
