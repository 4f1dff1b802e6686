// Which column of a row is which field: by a file of rules, or by the names of columns that are usual.
import { argumentError, FramerailError, isFramerailError } from '../../../base/index.js';
import type { CoverSetOptions } from '../../cover-options.js';
import { meets, type Condition } from './conditions.js';
import { convert, type Conversion } from './convert.js';
import { isOption, optionsOf, text, type Field } from './fields.js';
import type { Template } from './template.js';
import { tableRemarks, type TableRemarks } from './table-remarks.js';
import type { RowWish } from './wish.js';
import { wordOf } from './words.js';

/** The columns of a row. */
export type Values = Readonly<Record<string, unknown>>;

/** Where the value of a field comes from, and what becomes of it. */
export interface FieldRule {
  readonly from:
    { readonly columns: readonly string[] } | { readonly template: Template } | { readonly value: unknown };
  readonly as: Conversion | undefined;
  readonly separator: string;
  /** Values for those that stand in the column. */
  readonly map: ReadonlyMap<string, unknown> | undefined;
  /** Taken where there is none; undefined for none. */
  readonly fallback: unknown;
  readonly required: boolean;
}

/** Rules that were checked. */
export class Rules {
  readonly #fields: readonly (readonly [Field, FieldRule])[];
  readonly #when: readonly Condition[];

  constructor(fields: readonly (readonly [Field, FieldRule])[], when: readonly Condition[]) {
    this.#fields = fields;
    this.#when = when;
  }

  /** What is amiss with the columns of a table. @param name - of the manifest */
  remarks(name: string, columns: readonly string[]): TableRemarks {
    const wanted = this.#fields.flatMap(([field, { from, fallback }]) =>
      'columns' in from && fallback === undefined ? [{ field, columns: from.columns }] : [],
    );
    const conditions = this.#when.filter(({ present }) => present !== false).map(({ column }) => [column]);
    return tableRemarks(name, columns, {
      input: wanted.find(({ field }) => field === 'input')?.columns,
      others: [...wanted.filter(({ field }) => field !== 'input').map((one) => one.columns), ...conditions],
    });
  }

  /** What a row asks for; undefined for one that is passed over. Throws FR_MANIFEST_ROW. */
  wishOf(row: Values): RowWish | undefined {
    if (!this.#when.every((condition) => meets(condition, row))) return undefined;
    const own: { input?: string; name?: string; id?: string; segment?: string } = {};
    const options: CoverSetOptions[] = [];
    for (const [field, rule] of this.#fields) {
      const value = inRow(() => valueOf(field, rule, row));
      if (value === undefined) continue;
      if (isOption(field)) options.push(inRow(() => optionsOf(field, value)));
      else own[field] = inRow(() => text(field, value));
    }
    return wishOf(own, options);
  }
}

function wishOf(
  { input, name, id, segment }: { readonly input?: string; name?: string; id?: string; segment?: string },
  options: readonly CoverSetOptions[],
): RowWish {
  if (input === undefined || input === '')
    throw new FramerailError('FR_MANIFEST_ROW', 'It has no input: neither a path nor an address.');
  return { input, name, id, segment, options: Object.assign({}, ...options) as CoverSetOptions };
}

function valueOf(field: Field, rule: FieldRule, row: Values): unknown {
  const found = read(rule.from, row);
  if (found === undefined) {
    if (rule.fallback !== undefined) return rule.fallback;
    if (!rule.required) return undefined;
    const wanted = 'columns' in rule.from ? `the column ${JSON.stringify(rule.from.columns[0])}` : 'a column of it';
    throw new FramerailError('FR_MANIFEST_ROW', `It has no \`${field}\`: ${wanted} is missing or empty.`);
  }
  const mapped = rule.map === undefined ? found : pick(field, rule.map, found);
  return rule.as === undefined ? mapped : convert(field, mapped, rule.as, rule.separator);
}

function read(from: FieldRule['from'], row: Values): unknown {
  if ('value' in from) return from.value;
  if ('template' in from) return from.template.fill((column) => textIn(row[column]));
  for (const column of from.columns) {
    const value = row[column];
    if (!isEmpty(value)) return value;
  }
  return undefined;
}

function pick(field: string, map: ReadonlyMap<string, unknown>, value: unknown): unknown {
  const key = wordOf(value) ?? '';
  const found = map.get(key) ?? map.get('*');
  if (found === undefined) throw argumentError(field, `one of ${[...map.keys()].join(', ')}`, value);
  return found;
}

/** A template without one of its columns is no name. */
function textIn(value: unknown): string | undefined {
  return isEmpty(value) ? undefined : wordOf(value);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** Whatever a value is refused for concerns its row. */
function inRow<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (!isFramerailError(error) || error.code !== 'FR_ARG_INVALID') throw error;
    throw new FramerailError('FR_MANIFEST_ROW', error.message, { details: error.details });
  }
}
