// Rules for manifests without rules: columns whose names are usual are taken for what they are called.
import { FIELDS, type Field } from './fields.js';
import { Rules, type FieldRule, type Values } from './rules.js';
import { tableRemarks, type TableRemarks } from './table-remarks.js';
import type { RowWish } from './wish.js';

/**
 * Names of columns by fields; the first one that has a value counts. What may be called like an option and mean something
 * else, such as `from` and `to`, is left to rules.
 */
const USUAL: Partial<Readonly<Record<Field, readonly string[]>>> = {
  input: ['input', 'url', 'path', 'video', 'source', 'src', 'file'],
  name: ['name', 'output', 'out', 'id'],
  id: ['id'],
  segment: ['segment'],
  at: ['at', 'time', 'timestamp'],
  size: ['size', 'sizes'],
  ...Object.fromEntries(
    (['fit', 'border', 'background', 'safeZone', 'format', 'quality', 'maxKb', 'minSsim', 'exact'] as const).map(
      (field) => [field, [field]],
    ),
  ),
};

/** Different sets of columns that are remembered; rows of JSON may each have one of their own. */
const MOST_KINDS = 100;

/** Understands rows by the names of their columns, whatever their case and what is between their words. */
export class UsualColumns {
  readonly #known = new Map<string, Rules>();

  /** What is amiss with the columns of a table. @param name - of the manifest */
  remarks(name: string, columns: readonly string[]): TableRemarks {
    return tableRemarks(name, columns, { input: USUAL.input, others: [] }, columns.map(wordOf));
  }

  /** What a row asks for; throws FR_MANIFEST_ROW. */
  wishOf(row: Values): RowWish | undefined {
    const names = Object.keys(row);
    const key = names.join('\n');
    let rules = this.#known.get(key);
    if (rules === undefined) {
      rules = rulesFor(names);
      if (this.#known.size >= MOST_KINDS) this.#known.clear();
      this.#known.set(key, rules);
    }
    return rules.wishOf(row);
  }
}

function rulesFor(names: readonly string[]): Rules {
  const byWord = new Map(names.map((name) => [wordOf(name), name]));
  const fields = FIELDS.flatMap((field): (readonly [Field, FieldRule])[] => {
    const columns = (USUAL[field] ?? []).flatMap((name) => byWord.get(wordOf(name)) ?? []);
    if (columns.length === 0) return [];
    const rule = { as: undefined, separator: ',', map: undefined, fallback: undefined, required: false };
    return [[field, { ...rule, from: { columns } }]];
  });
  return new Rules(fields, []);
}

function wordOf(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '');
}
