// Rows of YAML, of which JSON is a part: a list of them, or a document each. It is read as a whole, so its size is bounded.
import type { Document, isSeq as IsSeq, LineCounter } from 'yaml';
import { clauseOf } from '../../../base/index.js';
import { rowFrom } from './json-lines.js';
import type { Rows } from './row.js';
import { manifestError, readTrouble, rowError } from './trouble.js';

/** Bytes of a file at most: what is larger belongs into JSON lines or CSV, which are read as they come. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Uses of anchors in a document at most. */
const MOST_ALIASES = 1000;

/**
 * Reads rows.
 * @param name - of the manifest, for messages
 */
export async function* yamlRows(name: string, bytes: AsyncIterable<Buffer>): Rows {
  const text = await readAll(name, bytes);
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const documents = yaml.parseAllDocuments(text, {
    ...{ lineCounter: lines, prettyErrors: false, resolveKnownTags: false, logLevel: 'error' },
  });
  if (!Array.isArray(documents)) return;
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) {
      const line = String(lines.linePos(error.pos[0]).line);
      throw manifestError(name, `${clauseOf(error.message)} at line ${line}`);
    }
    yield* documentRows(yaml.isSeq, document, lines, text.length);
  }
}

async function* documentRows(isSeq: typeof IsSeq, document: Document.Parsed, lines: LineCounter, size: number): Rows {
  const { contents } = document;
  if (contents === null) return;
  for (const node of isSeq(contents) ? contents.items : [contents]) {
    const range = node.range ?? [0, 0];
    const line = lines.linePos(range[0]).line;
    let value: unknown;
    try {
      value = node.toJS(document, { maxAliasCount: MOST_ALIASES });
    } catch {
      yield { line, error: rowError('It uses anchors that are not there, or too many of them.') };
      continue;
    }
    yield rowFrom(line, value, range[1] / size);
  }
}

async function readAll(name: string, bytes: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of bytes) {
      parts.push(part);
      length += part.byteLength;
      if (length > MOST_BYTES) {
        const limit = `${String(MOST_BYTES / 1024 ** 2)} MiB`;
        throw manifestError(name, `YAML and JSON are read as a whole, up to ${limit}: use JSON lines or CSV`);
      }
    }
  } catch (error) {
    throw readTrouble(name, error);
  }
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}
