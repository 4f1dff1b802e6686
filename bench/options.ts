// What every suite is told.
import { FramerailError } from '#dist/index.js';

/** The options of a suite, as the command line passes them. */
export interface BenchOptions {
  /** How often each side runs. */
  readonly runs: number;
  /** A video instead of the generated one. */
  readonly input?: string;
  /** One part of the suite alone. */
  readonly only?: string;
  /** One protocol of the part that compares them, and its starts alone. */
  readonly protocol?: string;
  /** Minutes that a soak lasts. */
  readonly minutes?: number;
  /** Of covers: what is about many of them, instead of about each one. */
  readonly batch?: boolean;
  /** Print one JSON document instead of tables. */
  readonly json?: boolean;
}

/** Refuses a suite without a single round. */
export function checkRuns(runs: number): void {
  if (!Number.isInteger(runs) || runs < 1)
    throw new FramerailError(
      'FR_ARG_INVALID',
      `Expected a whole number from 1 for \`runs\` but received ${String(runs)}.`,
    );
}

/** How many rounds, in words. */
export function rounds(runs: number): string {
  return runs === 1 ? '1 round' : `${String(runs)} rounds`;
}

/** Refuses a part, or what else an option names, that there is not. */
export function checkPart(name: string, known: readonly string[], option = '--only'): string {
  if (known.includes(name)) return name;
  throw new FramerailError(
    'FR_ARG_INVALID',
    `Expected one of ${known.join(', ')} for \`${option}\` but received ${name}.`,
  );
}
