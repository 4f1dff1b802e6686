// Which rows are wanted at all: conditions on columns, all of which must hold.
import { argumentError, checkNames } from '../../../base/index.js';
import { wordOf } from './words.js';

/** What a column must have. */
export interface Condition {
  readonly column: string;
  /** One of these texts; undefined for any. */
  readonly oneOf: readonly string[] | undefined;
  /** None of these. */
  readonly noneOf: readonly string[];
  /** Whether it must have a value; undefined where that does not matter. */
  readonly present: boolean | undefined;
}

/** Reads `when`: a map of columns and what they must have. Throws FR_ARG_INVALID. */
export function readConditions(value: unknown): Condition[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value))
    throw argumentError('when', 'a map of columns and values', value);
  return Object.entries(value).map(([column, wanted]) => readCondition(column, wanted));
}

function readCondition(column: string, wanted: unknown): Condition {
  const name = `when.${column}`;
  const any = { column, oneOf: undefined, noneOf: [], present: undefined };
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted))
    return { ...any, oneOf: texts(name, wanted) };
  checkNames(`\`${name}\``, wanted, ['not', 'present']);
  const { not, present } = wanted as { readonly not?: unknown; readonly present?: unknown };
  if (present !== undefined && typeof present !== 'boolean')
    throw argumentError(`${name}.present`, 'true or false', present);
  return { ...any, noneOf: not === undefined ? [] : texts(`${name}.not`, not), present };
}

function texts(name: string, value: unknown): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? (value as unknown[]) : [value];
  return values.map((one) => {
    const word = wordOf(one);
    if (word === undefined) throw argumentError(name, 'a value, or a list of them', one);
    return word;
  });
}

/** Whether a row meets a condition. */
export function meets({ column, oneOf, noneOf, present }: Condition, row: Readonly<Record<string, unknown>>): boolean {
  const value = row[column];
  const word = wordOf(value) ?? '';
  if (present !== undefined && present !== (word !== '' || (typeof value === 'object' && value !== null))) return false;
  return oneOf?.includes(word) !== false && !noneOf.includes(word);
}
