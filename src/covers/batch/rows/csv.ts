// Rows of CSV: commas, semicolons or tabs between values, quotes around those that hold them, names in the first line. A
// record that is broken costs itself: reading goes on with the line behind its first one.
import { TextDecoder } from 'node:util';
import { LONGEST_ROW, MOST_COLUMNS, type Rows, type RowStep } from './row.js';
import { manifestError, readTrouble, rowError } from './trouble.js';

/** Characters of the first line that are looked at for what stands between its values. */
const HEAD = 64 * 1024;
const DELIMITERS = [',', ';', '\t'] as const;

/**
 * Reads rows.
 * @param name - of the manifest, for messages
 * @param size - its bytes; undefined where nobody knows
 */
export async function* csvRows(name: string, bytes: AsyncIterable<Buffer>, size: number | undefined): Rows {
  const records = new CsvRecords();
  let decoder: TextDecoder | undefined;
  let names: readonly string[] | undefined;
  let fed = 0;
  const rowsOf = function* (): Generator<RowStep, void, undefined> {
    for (let record = records.next(); record !== undefined; record = records.next()) {
      const { line } = record;
      if ('error' in record) {
        yield { line, error: rowError(record.error) };
        continue;
      }
      if (names === undefined) {
        names = namesOf(name, record.values);
        continue;
      }
      if (record.values.length > names.length) {
        const why = `It has ${String(record.values.length)} values for ${String(names.length)} columns.`;
        yield { line, error: rowError(why) };
        continue;
      }
      const values = Object.create(null) as Record<string, unknown>;
      for (const [i, value] of record.values.entries()) values[names[i] ?? ''] = value;
      const share = size === undefined ? undefined : Math.min(1, Math.max(0, fed - records.waiting) / size);
      yield { line, values, columns: names, share };
    }
  };
  try {
    for await (const chunk of bytes) {
      // Spreadsheets write "Unicode text" as UTF-16 with a mark ahead of it; the mark of UTF-8 is left out by the decoder.
      decoder ??= new TextDecoder(chunk[0] === 0xff && chunk[1] === 0xfe ? 'utf-16le' : 'utf-8');
      fed += chunk.byteLength;
      records.push(decoder.decode(chunk, { stream: true }));
      yield* rowsOf();
    }
    records.end(decoder?.decode() ?? '');
    yield* rowsOf();
  } catch (error) {
    throw readTrouble(name, error);
  }
}

/** A record, or what is wrong with one, and the line that it begins on. */
type CsvRecord =
  { readonly line: number; readonly values: readonly string[] } | { readonly line: number; readonly error: string };

/** What a look at the text found: a record and where it ends, something wrong, or nothing yet. */
type Look = { readonly values: readonly string[]; readonly end: number } | { readonly error: string } | undefined;

/** Records of text that comes in pieces. */
export class CsvRecords {
  #text = '';
  #at = 0;
  #line = 1;
  #ended = false;
  #delimiter: string | undefined;
  /** Whether the rest of a line that was too long is still to come. */
  #skipping = false;

  /** Characters that were not read yet. */
  get waiting(): number {
    return this.#text.length - this.#at;
  }

  /** Adds text. */
  push(text: string): void {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
  }

  /** Adds the last text. */
  end(text: string): void {
    this.push(text);
    this.#ended = true;
  }

  /** The next record; undefined until there is more text, or at the end. */
  next(): CsvRecord | undefined {
    for (;;) {
      if (this.#skipping && !this.#skipLine()) return undefined;
      this.#delimiter ??= this.#findDelimiter();
      if (this.#delimiter === undefined || this.#at >= this.#text.length) return undefined;
      if (this.#skipEmpty()) continue;
      const look = this.#look(this.#delimiter);
      if (look === undefined) return undefined;
      const line = this.#line;
      if ('error' in look) {
        this.#skipping = true;
        return { line, error: look.error };
      }
      this.#line += breaksIn(this.#text, this.#at, look.end);
      this.#at = look.end;
      return { line, values: look.values };
    }
  }

  #findDelimiter(): string | undefined {
    const end = this.#text.indexOf('\n');
    if (end < 0 && !this.#ended && this.#text.length < HEAD) return undefined;
    const bare = (end < 0 ? this.#text : this.#text.slice(0, end)).replace(/"(?:[^"]|"")*"/g, '');
    const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: bare.split(delimiter).length }));
    return counts.reduce((best, one) => (one.count > best.count ? one : best)).delimiter;
  }

  #skipEmpty(): boolean {
    const length = this.#text.startsWith('\n', this.#at) ? 1 : this.#text.startsWith('\r\n', this.#at) ? 2 : 0;
    if (length === 0) return false;
    this.#at += length;
    this.#line += 1;
    return true;
  }

  /** Goes behind the end of the line; false where it is still to come. */
  #skipLine(): boolean {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end + 1;
    if (end < 0) return false;
    this.#line += 1;
    this.#skipping = false;
    return true;
  }

  #look(delimiter: string): Look {
    const text = this.#text;
    const values: string[] = [];
    for (let at = this.#at; ;) {
      const piece = text[at] === '"' ? this.#quoted(at) : this.#plain(at, delimiter);
      if (piece === undefined)
        return text.length - this.#at > LONGEST_ROW
          ? { error: `It has more than ${String(LONGEST_ROW)} characters, as when a quote is never closed.` }
          : undefined;
      if ('error' in piece) return piece;
      values.push(piece.value);
      at = piece.end;
      if (at >= text.length) return this.#ended ? { values, end: at } : this.#tooLong(undefined);
      if (text[at] === delimiter) at += 1;
      else if (text[at] === '\n') return { values, end: at + 1 };
      else if (text.startsWith('\r\n', at)) return { values, end: at + 2 };
      else if (text[at] === '\r' && at + 1 >= text.length) return this.#ended ? { values, end: at + 1 } : undefined;
      else return { error: 'A quote in it is followed by neither a separator nor the end of the line.' };
      if (at >= text.length && !this.#ended) return this.#tooLong(undefined);
    }
  }

  #tooLong(look: Look): Look {
    return this.#text.length - this.#at > LONGEST_ROW
      ? { error: `It has more than ${String(LONGEST_ROW)} characters.` }
      : look;
  }

  #quoted(at: number): { readonly value: string; readonly end: number } | { readonly error: string } | undefined {
    const text = this.#text;
    for (let from = at + 1; ;) {
      const quote = text.indexOf('"', from);
      if (quote < 0) return this.#ended ? { error: 'A quote is opened and never closed.' } : undefined;
      if (text[quote + 1] === '"') {
        from = quote + 2;
        continue;
      }
      // The second of two quotes may be still to come.
      if (quote + 1 >= text.length && !this.#ended) return undefined;
      return { value: text.slice(at + 1, quote).replaceAll('""', '"'), end: quote + 1 };
    }
  }

  /** A value without quotes around it; quotes within it are letters. */
  #plain(at: number, delimiter: string): { readonly value: string; readonly end: number } | undefined {
    const text = this.#text;
    let end = at;
    while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end += 1;
    if (end >= text.length && !this.#ended) return undefined;
    const value = text.slice(at, end);
    return text[end] !== delimiter && value.endsWith('\r')
      ? { value: value.slice(0, -1), end: end - 1 }
      : { value, end };
  }
}

function breaksIn(text: string, start: number, end: number): number {
  let breaks = 0;
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) breaks += 1;
  return breaks;
}

function namesOf(manifest: string, record: readonly string[]): readonly string[] {
  const names = record.map((name) => name.trim());
  if (names.length > MOST_COLUMNS) throw manifestError(manifest, `it has more than ${String(MOST_COLUMNS)} columns`);
  const twice = names.find((name, i) => name !== '' && names.indexOf(name) !== i);
  if (twice !== undefined)
    throw manifestError(manifest, `its first line names the column ${JSON.stringify(twice)} twice`);
  return names;
}
