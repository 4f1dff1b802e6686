// Argument checks at the public doors: one sentence, always of the same shape.
import { FramerailError } from './errors.js';

/** The error for a wrong argument: "Expected X for `name` but received Y." */
export function argumentError(name: string, expected: string, received: unknown): FramerailError {
  return new FramerailError('FR_ARG_INVALID', `Expected ${expected} for \`${name}\` but received ${show(received)}.`, {
    details: { argument: name },
  });
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `[${value.slice(0, 4).map(show).join(', ')}${value.length > 4 ? ', ...' : ''}]`;
  return typeof value === 'function' ? 'a function' : 'an object';
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
