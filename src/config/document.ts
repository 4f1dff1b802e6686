// A configuration file as plain values, with the line that each of them stands on: YAML, of which JSON is a part.
import type { Document, Node, Pair, ParsedNode } from 'yaml';
import { clauseOf, FramerailError } from '../base/index.js';

/** Where a value lies: names of maps and places of lists, from the top down. */
export type ConfigPath = readonly (string | number)[];

/** A name that stands twice in one map. */
export interface Duplicate {
  /** The map and the name. */
  readonly path: ConfigPath;
  readonly line: number;
  /** Where it stood before. */
  readonly first: number;
}

/** A file that was read. */
export interface ConfigDocument {
  /** Maps as objects, lists as arrays. */
  readonly value: unknown;
  readonly duplicates: readonly Duplicate[];
  /** The line of a name or of an item of a list, from 1; of what stands around it where it is not there itself. */
  readonly lineOf: (path: ConfigPath) => number | undefined;
}

/** Characters of a file at most: a thousand relays take less than one million. */
const LONGEST = 16 * 1024 * 1024;
/** Uses of anchors at most, each counted with those within it: 200 relays may share a template, and nothing explodes. */
const MOST_ALIASES = 100_000;

/**
 * Reads a file.
 * @param name - of the file, for messages
 * @throws FramerailError with FR_ARG_INVALID and `details.line` for what is no YAML
 */
export async function parseConfig(text: string, name: string): Promise<ConfigDocument> {
  if (text.length > LONGEST) throw wrong(name, undefined, `it has more than ${String(LONGEST)} characters`);
  // Only who has a configuration file pays for its parser.
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  // Messages with a piece of the file in them would show its secrets.
  const document: Document.Parsed = yaml.parseDocument(text, {
    ...{ lineCounter: lines, merge: true, prettyErrors: false, resolveKnownTags: false, logLevel: 'error' },
  });
  const error = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  if (error !== undefined) throw wrong(name, lineAt(error.pos[0]), clauseOf(error.message));
  const anchors = new Set<string>();
  yaml.visit(document, {
    Node: (_, node) => {
      if (!yaml.isAlias(node)) {
        if (node.anchor !== undefined) anchors.add(node.anchor);
      } else if (!anchors.has(node.source))
        throw wrong(name, node.range ? lineAt(node.range[0]) : undefined, 'it uses an anchor that is not above it');
    },
  });
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (cause) {
    throw wrong(name, undefined, cause instanceof Error ? clauseOf(cause.message) : 'it cannot be read');
  }

  const resolved = (node: unknown): unknown => (yaml.isAlias(node) ? node.resolve(document) : node);
  const keyOf = ({ key }: Pair): string => String(yaml.isScalar(key) ? key.value : key);
  const lineOfNode = (node: unknown): number | undefined => {
    const range = yaml.isNode(node) ? (node as Node).range : undefined;
    return range ? lineAt(range[0]) : undefined;
  };
  const lineOf = (path: ConfigPath): number | undefined => {
    let node: unknown = document.contents;
    let line: number | undefined;
    for (const step of path) {
      const inner = resolved(node);
      const pair = yaml.isMap(inner) ? inner.items.find((one) => keyOf(one) === String(step)) : undefined;
      const item = yaml.isSeq(inner) ? inner.items[Number(step)] : undefined;
      if (pair === undefined && item === undefined) break;
      line = lineOfNode(pair?.key ?? item) ?? line;
      node = pair === undefined ? item : pair.value;
    }
    return line;
  };

  const duplicates: Duplicate[] = [];
  const look = (node: ParsedNode | null, path: ConfigPath): void => {
    if (yaml.isSeq(node)) for (const [i, item] of node.items.entries()) look(item, [...path, i]);
    if (!yaml.isMap(node)) return;
    const seen = new Map<string, number>();
    for (const pair of node.items) {
      const key = keyOf(pair);
      const line = lineOfNode(pair.key) ?? 0;
      const first = seen.get(key);
      // A map may merge several others.
      if (first !== undefined && key !== '<<') duplicates.push({ path: [...path, key], line, first });
      seen.set(key, first ?? line);
      look(pair.value, [...path, key]);
    }
  };
  if (document.errors.length > 0) look(document.contents, []);
  return { value, duplicates, lineOf };
}

function wrong(name: string, line: number | undefined, why: string): FramerailError {
  const where = line === undefined ? '' : ` at line ${String(line)}`;
  return new FramerailError('FR_ARG_INVALID', `${name} cannot be read as YAML${where}: ${why}.`, {
    details: { line: line ?? null },
  });
}
