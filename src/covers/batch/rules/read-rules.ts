// Reads a file of rules: which column of a manifest is which field.
import {
  argumentError,
  checkNames,
  checkOneOf,
  checkSwitch,
  FramerailError,
  isFramerailError,
} from '../../../base/index.js';
import { parseConfig, type ConfigDocument, type ConfigPath } from '../../../config/index.js';
import { readConditions } from './conditions.js';
import { CONVERSIONS } from './convert.js';
import { FIELDS, isOption, optionsOf, type Field } from './fields.js';
import { Rules, type FieldRule } from './rules.js';
import { Template } from './template.js';

const TOP = ['fields', 'when'];
const KEYS = ['column', 'template', 'value', 'as', 'separator', 'map', 'default', 'required'];

/** Reads the text of a file; rejects with FR_ARG_INVALID, one sentence with the line. */
export async function readRules(source: string, file: string): Promise<Rules> {
  const document = await parseConfig(source, file);
  const [twice] = document.duplicates;
  try {
    if (twice !== undefined)
      throw Object.assign(
        new FramerailError('FR_ARG_INVALID', `The name \`${String(twice.path.at(-1))}\` stands twice.`, {
          details: { argument: twice.path.join('.') },
        }),
      );
    return rulesFrom(document.value);
  } catch (error) {
    if (!isFramerailError(error)) throw error;
    const line = twice?.line ?? lineOf(document, error);
    const where = line === undefined ? file : `${file}:${String(line)}`;
    throw new FramerailError('FR_ARG_INVALID', `${where}: ${error.message}`, {
      details: { ...error.details, line: line ?? null },
    });
  }
}

/** Rules from plain values; throws FR_ARG_INVALID. */
export function rulesFrom(value: unknown): Rules {
  const top = record('the rules', value);
  checkNames('the rules', top, TOP);
  const fields = record('fields', top['fields']);
  checkNames('`fields`', fields, FIELDS);
  const rules = FIELDS.flatMap((field): (readonly [Field, FieldRule])[] => {
    const wanted = fields[field];
    return wanted === undefined || wanted === null ? [] : [[field, readField(field, wanted)]];
  });
  if (rules[0]?.[0] !== 'input') throw argumentError('fields.input', 'the column of the inputs', undefined);
  return new Rules(rules, readConditions(top['when']));
}

function readField(field: Field, wanted: unknown): FieldRule {
  const name = `fields.${field}`;
  const plain = { as: undefined, separator: ',', map: undefined, fallback: undefined, required: field === 'input' };
  if (typeof wanted === 'string') return { ...plain, from: fromText(name, wanted) };
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted))
    return { ...plain, from: { value: usable(name, field, wanted) } };
  const rule = record(name, wanted);
  checkNames(`\`${name}\``, rule, KEYS);
  const { as, separator = ',', map, default: fallback, required } = rule;
  if (typeof separator !== 'string' || separator === '')
    throw argumentError(`${name}.separator`, 'what stands between items', separator);
  return {
    from: readFrom(name, field, rule),
    as: as === undefined ? undefined : checkOneOf(`${name}.as`, as, CONVERSIONS),
    separator,
    map: map === undefined ? undefined : new Map(Object.entries(record(`${name}.map`, map))),
    fallback: fallback === undefined ? undefined : usable(`${name}.default`, field, fallback),
    required: checkSwitch(`${name}.required`, required, field === 'input'),
  };
}

function readFrom(name: string, field: Field, rule: Readonly<Record<string, unknown>>): FieldRule['from'] {
  const given = (['column', 'template', 'value'] as const).filter((key) => rule[key] !== undefined);
  const [first, second] = given;
  if (first === undefined || second !== undefined)
    throw argumentError(name, 'one of column, template or value', given.length === 0 ? undefined : given);
  const value = rule[first];
  if (first === 'value') return { value: usable(`${name}.value`, field, value) };
  if (first === 'column' && Array.isArray(value)) {
    const columns: readonly unknown[] = value;
    if (columns.length > 0 && columns.every((one) => typeof one === 'string')) return { columns };
  }
  if (typeof value !== 'string' || value === '') throw argumentError(`${name}.${first}`, 'a text', value);
  return first === 'column' ? { columns: [value] } : { template: new Template(`${name}.template`, value) };
}

function fromText(name: string, value: string): FieldRule['from'] {
  if (value === '') throw argumentError(name, 'a column or a template', value);
  return Template.is(value) ? { template: new Template(name, value) } : { columns: [value] };
}

/** A value of the rules themselves is checked at once, and not at the first row that it comes to. */
function usable(name: string, field: Field, value: unknown): unknown {
  if (isOption(field)) optionsOf(field, value);
  else if (typeof value !== 'string' && typeof value !== 'number') throw argumentError(name, 'a text', value);
  return value;
}

function record(name: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw argumentError(name, 'a map of names and values', value);
}

/** The line of what an error is about. */
function lineOf({ lineOf: find }: ConfigDocument, { details }: FramerailError): number | undefined {
  const { argument } = details;
  const path: ConfigPath = typeof argument === 'string' ? argument.split('.') : [];
  const within = path[0] === 'fields' || path[0] === 'when' ? path : ['fields', ...path];
  return find(within) ?? find(path);
}
