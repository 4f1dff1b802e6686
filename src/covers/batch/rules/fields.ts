// The fields that a row may have, and what their values mean.
import { argumentError, checkNumber, parseSeconds } from '../../../base/index.js';
import type { CoverSetOptions } from '../../cover-options.js';
import { parseColor, parseCoverSize, parsePlace, parseSafeZone } from '../../cover-text.js';

/** Fields that say which video, and what its covers are called. */
export const OWN_FIELDS = ['input', 'name', 'id', 'segment'] as const;

/** One of them. */
export type OwnField = (typeof OWN_FIELDS)[number];

type Read = (name: string, value: unknown) => CoverSetOptions;

/** Fields that are options of covers; the names are those of the command line. */
const OPTION_FIELDS = {
  at: (name, value) => ({ at: list(value).map((one) => place(name, one)) }),
  size: (name, value) => ({ sizes: list(value).map((one) => parseCoverSize(name, text(name, one))) }),
  exact: (name, value) => ({ precision: truth(name, value) ? 'exact' : 'keyframe' }),
  fit: (name, value) => ({ fit: text(name, value) as 'cover' }),
  border: (name, value) => ({ border: text(name, value) as 'color' }),
  background: (name, value) => ({ background: parseColor(name, text(name, value)) }),
  safeZone: (name, value) => ({
    safeZone: parseSafeZone(Array.isArray(value) ? value.join(',') : text(name, value)),
  }),
  format: (name, value) => ({ format: formatOf(text(name, value)) }),
  quality: (name, value) => ({ quality: number(name, value) }),
  maxKb: (name, value) => ({ maxBytes: Math.floor(checkNumber(name, number(name, value), 0.001, 'kB') * 1000) }),
  minSsim: (name, value) => ({ minSsim: number(name, value) }),
  stream: (name, value) => ({ stream: number(name, value) }),
  candidates: (name, value) => ({ candidates: number(name, value) }),
  from: (name, value) => ({ from: time(name, value) }),
  to: (name, value) => ({ to: time(name, value) }),
  timeout: (name, value) => ({ timeout: time(name, value) * 1000 }),
  headers: (name, value) => ({ headers: headers(name, value) }),
} as const satisfies Readonly<Record<string, Read>>;

/** One of them. */
export type OptionField = keyof typeof OPTION_FIELDS;

/** Any field. */
export type Field = OwnField | OptionField;

/** All fields, in the order of the documentation. */
export const FIELDS = [...OWN_FIELDS, ...(Object.keys(OPTION_FIELDS) as OptionField[])] as const;

/** Whether a field is an option of covers. */
export function isOption(field: Field): field is OptionField {
  return field in OPTION_FIELDS;
}

/** The options that a value stands for; throws FR_ARG_INVALID. */
export function optionsOf(field: OptionField, value: unknown): CoverSetOptions {
  return OPTION_FIELDS[field](field, value);
}

/** The text of a value; throws FR_ARG_INVALID. */
export function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  throw argumentError(name, 'a text', value);
}

/** Several values: a list, or a text with commas between them. */
function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  return typeof value === 'string' ? value.split(',') : [value];
}

function place(name: string, value: unknown): number | string {
  return typeof value === 'number' ? value : parsePlace(name, text(name, value));
}

function number(name: string, value: unknown): number {
  if (typeof value === 'number') return value;
  const read = typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(read)) throw argumentError(name, 'a number', value);
  return read;
}

function time(name: string, value: unknown): number {
  return typeof value === 'number' ? value : parseSeconds(name, text(name, value));
}

function truth(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const word = String(value).trim().toLowerCase();
  if (/^(true|yes|1)$/.test(word)) return true;
  if (/^(false|no|0)$/.test(word)) return false;
  throw argumentError(name, 'true or false', value);
}

function formatOf(value: string): CoverSetOptions['format'] {
  const word = value.toLowerCase().replace(/^\./, '');
  return (word === 'jpg' ? 'jpeg' : word) as CoverSetOptions['format'];
}

/** The values may be secret: they are never shown. */
function headers(name: string, value: unknown): Record<string, string> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, text(`${name}.${key}`, one)]));
  const [, key, rest] = /^\s*([^:\s]+):\s*(.*?)\s*$/s.exec(typeof value === 'string' ? value : '') ?? [];
  if (key === undefined || rest === undefined)
    throw argumentError(name, "a text such as 'Name: value'", 'another value');
  return { [key]: rest };
}
