// Argument checks at the public doors: one sentence, always of the same shape.
import { FramerailError } from './errors.js';
import { nearest } from './nearest.js';

/** The error for a wrong argument: "Expected X for `name` but received Y." */
export function argumentError(name: string, expected: string, received: unknown): FramerailError {
  return new FramerailError('FR_ARG_INVALID', `Expected ${expected} for \`${name}\` but received ${show(received)}.`, {
    details: { argument: name },
  });
}

const SHOWN_ITEMS = 4;
/** What FFmpeg can lay out in every format (av_image_check_size counts 8 bytes a pixel within 2^31), halved. */
const MAX_PIXELS = 2 ** 27;

function show(value: unknown, depth = 0): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value === null || value === undefined) return String(value);
  if (!Array.isArray(value)) return typeof value === 'function' ? 'a function' : 'an object';
  if (depth > 1) return 'a list';
  const items = value.slice(0, SHOWN_ITEMS).map((item) => show(item, depth + 1));
  return `[${items.join(', ')}${value.length > SHOWN_ITEMS ? ', ...' : ''}]`;
}

/** Checks an integer within bounds. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw argumentError(name, `an integer from ${String(min)} to ${String(max)}`, value);
  return value;
}

/** Checks a finite number that is at least `min`. */
export function checkNumber(name: string, value: unknown, min: number, unit = ''): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min)
    throw argumentError(name, `a number${unit === '' ? '' : ` of ${unit}`} from ${String(min)} up`, value);
  return value;
}

/** Checks an optional switch. */
export function checkSwitch(name: string, value: unknown, byDefault: boolean): boolean {
  if (value === undefined) return byDefault;
  if (typeof value !== 'boolean') throw argumentError(name, 'true or false', value);
  return value;
}

/** Checks a pair of columns and rows. */
export function checkSize(name: string, value: unknown, maxSide: number): { width: number; height: number } {
  if (!(value instanceof Array) || value.length !== 2)
    throw argumentError(name, 'columns and rows, such as [640, 360]', value);
  const [width, height] = value as unknown[];
  const size = {
    width: checkInteger(`${name}[0]`, width, 1, maxSide),
    height: checkInteger(`${name}[1]`, height, 1, maxSide),
  };
  if (size.width * size.height > MAX_PIXELS) throw argumentError(name, `at most ${String(MAX_PIXELS)} pixels`, value);
  return size;
}

/**
 * Checks that options are an object at all, and that each has a known name: what is misspelt would be left out without a word.
 * @param what - what the options are called in a message
 */
export function checkOptions(value: unknown, known: readonly string[], what = 'the options'): void {
  if (typeof value !== 'object' || value === null) throw argumentError('options', 'an object', value);
  checkNames(what, value, known);
}

/** The names of the options of a type: one that is missing here, or that the type lacks, does not compile. */
export function optionNames<Options>(names: Readonly<Record<keyof Options, true>>): readonly string[] {
  return Object.keys(names);
}

/** Refuses names that are not known, with the known name that is nearest to them. */
export function checkNames(what: string, value: object, known: readonly string[]): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const [near] = nearest(name.slice(0, 64), known);
    const hint = near === undefined ? `one of ${known.join(', ')}` : `\`${near}\``;
    throw new FramerailError('FR_ARG_INVALID', `Expected ${hint} in ${what} but received \`${name}\`.`, {
      details: { argument: name, nearest: near },
    });
  }
}

/** Checks one of a few words. */
export function checkOneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === value);
  if (found === undefined) throw argumentError(name, `one of ${allowed.join(', ')}`, value);
  return found;
}

/** Fails on a state that the code itself must rule out; never for a caller's mistake. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (condition === false || condition === undefined || condition === null)
    throw new FramerailError('FR_INTERNAL', `Broken invariant in framerail: ${what}.`);
}
