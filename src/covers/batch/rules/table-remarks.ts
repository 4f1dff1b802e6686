// What is amiss with the columns of a table as a whole, so that it is said once and not for each of a million rows.
import { manifestError } from '../rows/trouble.js';
import type { FramerailError } from '../../../base/index.js';

/** What is to be said of a table. */
export interface TableRemarks {
  /** Why no row of it can be used; undefined where rows can. */
  readonly error: FramerailError | undefined;
  /** Sentences about what is missing and can be done without. */
  readonly notes: readonly string[];
}

/**
 * Says what is amiss.
 * @param name - of the manifest
 * @param columns - that it has
 * @param wanted - what the rules need: each of these lists must have one that is there
 * @param known - the columns as the rules would call them
 */
export function tableRemarks(
  name: string,
  columns: readonly string[],
  wanted: { readonly input: readonly string[] | undefined; readonly others: readonly (readonly string[])[] },
  known: readonly string[] = columns,
): TableRemarks {
  const has = (names: readonly string[]): boolean => names.some((one) => known.includes(one));
  const there = `it has ${columns.map((one) => JSON.stringify(one)).join(', ')}`;
  const { input, others } = wanted;
  if (input !== undefined && !has(input))
    return {
      error: manifestError(name, `no column is called ${either(input)}, where inputs are looked for; ${there}`),
      notes: [],
    };
  const missing = others.filter((names) => !has(names));
  return {
    error: undefined,
    notes: missing.map((names) => `${name} has no column ${either(names)} of the rules; ${there}.`),
  };
}

function either(names: readonly string[]): string {
  return names.map((one) => JSON.stringify(one)).join(' or ');
}
