// Rows of the first sheet of an XLSX workbook (ECMA-376), read as it is unpacked; names of columns in its first row.
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { messageOf } from '../../../base/index.js';
import { MOST_COLUMNS, type ManifestRow, type Rows } from './row.js';
import { manifestError } from './trouble.js';
import { ZipParts } from './zip.js';

const MIB = 1024 * 1024;
/** Bytes of parts, unpacked, at most: a sheet of a million rows has some hundred MiB. */
const MOST = { small: 4 * MIB, strings: 128 * MIB, sheet: 2048 * MIB } as const;
/** Characters of the texts that cells share at most; they are kept. */
const MOST_SHARED = 64 * MIB;
/** Characters without a tag among them at most; a cell holds 32,767. */
const LONGEST_PIECE = 4 * MIB;
/** Rows of a sheet at most. */
const MOST_ROWS = 1_048_576;

type Cell = string | number | boolean;

/**
 * Reads rows.
 * @param name - of the manifest, for messages
 * @param from - its path or its bytes
 */
export async function* xlsxRows(name: string, from: string | Buffer): Rows {
  const zip = await ZipParts.open(name, from);
  try {
    const sheet = await firstSheet(name, zip);
    const shared = zip.has(STRINGS) ? await sharedTexts(name, zip) : [];
    yield* sheetRows(name, zip, sheet, shared);
  } finally {
    zip.close();
  }
}

const WORKBOOK = 'xl/workbook.xml';
const RELATIONS = 'xl/_rels/workbook.xml.rels';
const STRINGS = 'xl/sharedStrings.xml';

/** The part that holds the first sheet. */
async function firstSheet(name: string, zip: ZipParts): Promise<string> {
  let id: string | undefined;
  await walk(name, zip.read(WORKBOOK, MOST.small), {
    onOpen: (tag, { attributes }) => {
      if (tag === 'sheet') id ??= attributes['r:id'];
    },
  });
  let target: string | undefined;
  await walk(name, zip.read(RELATIONS, MOST.small), {
    onOpen: (tag, { attributes }) => {
      if (tag === 'Relationship' && attributes['Id'] === id) target = attributes['Target'];
    },
  });
  if (target === undefined) throw manifestError(name, 'it has no sheet');
  return target.startsWith('/') ? target.slice(1) : `xl/${target}`;
}

/** The texts that cells point to by number. */
async function sharedTexts(name: string, zip: ZipParts): Promise<readonly string[]> {
  const texts: string[] = [];
  const reader = new TextReader();
  let characters = 0;
  await walk(name, zip.read(STRINGS, MOST.strings), {
    onOpen: (tag) => {
      if (tag === 'si') reader.begin();
      else reader.open(tag);
    },
    onText: (text) => {
      reader.text(text);
    },
    onClose: (tag) => {
      reader.close(tag);
      if (tag !== 'si') return;
      const text = reader.take();
      characters += text.length;
      if (characters > MOST_SHARED) throw new Error(`its texts have more than ${String(MOST_SHARED)} characters`);
      texts.push(text);
    },
  });
  return texts;
}

/** Texts within a cell or an item: those of its runs, without how they are pronounced. */
class TextReader {
  #text = '';
  #within = false;
  #phonetic = false;

  begin(): void {
    this.#text = '';
  }

  open(tag: string): void {
    if (tag === 'rPh') this.#phonetic = true;
    if (tag === 't' && !this.#phonetic) this.#within = true;
  }

  text(text: string): void {
    if (this.#within) this.#text += text;
  }

  close(tag: string): void {
    if (tag === 'rPh') this.#phonetic = false;
    if (tag === 't') this.#within = false;
  }

  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

async function* sheetRows(name: string, zip: ZipParts, sheet: string, shared: readonly string[]): Rows {
  const read: { readonly line: number; readonly cells: ReadonlyMap<number, Cell> }[] = [];
  let total: number | undefined;
  let line = 0;
  let cells = new Map<number, Cell>();
  let column = -1;
  let type = '';
  let value = '';
  let inValue = false;
  const inline = new TextReader();
  const parser = new Walker(name, {
    onOpen: (tag, { attributes }) => {
      if (tag === 'dimension') total = Number(/:[A-Z]+(\d+)$/.exec(attributes['ref'] ?? '')?.[1]) || undefined;
      else if (tag === 'row') {
        line = Number(attributes['r'] ?? line + 1);
        [cells, column] = [new Map<number, Cell>(), -1];
        if (!(line >= 1 && line <= MOST_ROWS)) throw new Error(`it has more than ${String(MOST_ROWS)} rows`);
      } else if (tag === 'c') {
        column = columnOf(attributes['r']) ?? column + 1;
        [type, value] = [attributes['t'] ?? 'n', ''];
        inline.begin();
      } else if (tag === 'v') inValue = true;
      else inline.open(tag);
    },
    onText: (text) => {
      if (inValue) value += text;
      else inline.text(text);
    },
    onClose: (tag) => {
      if (tag === 'v') inValue = false;
      else if (tag === 'row') read.push({ line, cells });
      else if (tag === 'c' && column < MOST_COLUMNS) {
        const cell = type === 'inlineStr' ? inline.take() : cellOf(type, value, shared);
        if (cell !== undefined) cells.set(column, cell);
      } else inline.close(tag);
    },
  });
  let names: ReadonlyMap<number, string> | undefined;
  for await (const chunk of zip.read(sheet, MOST.sheet)) {
    parser.write(chunk);
    for (const row of read.splice(0)) {
      if (row.cells.size === 0) continue;
      if (names === undefined) names = new Map([...row.cells].map(([at, cell]) => [at, String(cell).trim()]));
      else yield rowOf(row.line, names, row.cells, total);
    }
  }
  parser.end();
}

function rowOf(
  line: number,
  names: ReadonlyMap<number, string>,
  cells: ReadonlyMap<number, Cell>,
  total: number | undefined,
): ManifestRow {
  const values = Object.create(null) as Record<string, unknown>;
  for (const [at, name] of names) if (name !== '') values[name] = cells.get(at) ?? null;
  const columns = [...names.values()];
  return { line, values, columns, share: total === undefined ? undefined : Math.min(1, line / total) };
}

function cellOf(type: string, value: string, shared: readonly string[]): Cell | undefined {
  if (value === '') return undefined;
  if (type === 's') return shared[Number(value)];
  if (type === 'b') return value === '1';
  if (type === 'n') return Number(value);
  // What a formula failed with, such as #N/A, is no value.
  return type === 'e' ? undefined : value;
}

/** `AB12` is column 27. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? '')?.[0];
  if (letters === undefined) return undefined;
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

interface WalkHandlers {
  readonly onOpen: (tag: string, node: SaxesTagPlain) => void;
  readonly onText?: (text: string) => void;
  readonly onClose?: (tag: string) => void;
}

/** Goes through XML that comes in pieces; throws FR_MANIFEST_INVALID. Entities other than XML's own are errors to it. */
class Walker {
  readonly #name: string;
  /** Characters since something was found in them. */
  #since = 0;
  readonly #parser = new SaxesParser();
  readonly #decoder = new TextDecoder();

  constructor(name: string, { onOpen, onText, onClose }: WalkHandlers) {
    this.#name = name;
    const plain = (tag: string): string => tag.slice(tag.indexOf(':') + 1);
    this.#parser.on('opentag', (node) => {
      this.#since = 0;
      onOpen(plain(node.name), node);
    });
    if (onText !== undefined) this.#parser.on('text', onText);
    if (onClose !== undefined)
      this.#parser.on('closetag', ({ name: tag }) => {
        onClose(plain(tag));
      });
  }

  write(chunk: Buffer): void {
    const text = this.#decoder.decode(chunk, { stream: true });
    this.#since += text.length;
    this.#guard(() => {
      this.#parser.write(text);
      // The parser keeps what it has not seen the end of.
      if (this.#since > LONGEST_PIECE) throw new Error('one of its values has no end');
    });
  }

  end(): void {
    this.#guard(() => this.#parser.close());
  }

  #guard(action: () => unknown): void {
    try {
      action();
    } catch (cause) {
      throw manifestError(
        this.#name,
        messageOf(cause)
          .replace(/^\d+:\d+: /, '')
          .replace(/\.$/, ''),
        cause,
      );
    }
  }
}

async function walk(name: string, bytes: AsyncIterable<Buffer>, handlers: WalkHandlers): Promise<void> {
  const walker = new Walker(name, handlers);
  for await (const chunk of bytes) walker.write(chunk);
  walker.end();
}
