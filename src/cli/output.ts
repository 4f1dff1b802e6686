// What commands print: results on standard output, everything else on standard error.

/** A failure as `--json` shows it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
}

/** Whether the command line asked for JSON; read here so that failures before parsing obey it too. */
function wantsJson(): boolean {
  return process.argv.includes('--json');
}

/** Prints one JSON document, or one line of a stream of them. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, bigintAsNumber)}\n`);
}

/** Prints a line of a result. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a line that is not part of the result. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Reports a failure in one sentence with its code, and sets the exit code. */
export function fail(failure: Failure, exitCode: number): void {
  if (wantsJson()) printJson({ error: failure });
  process.stderr.write(`framerail: ${failure.message} (${failure.code})\n`);
  process.exitCode = exitCode;
}

/** A table of two columns. */
export function printFacts(facts: readonly (readonly [string, string])[]): void {
  const width = Math.max(...facts.map(([name]) => name.length));
  for (const [name, value] of facts) print(`${name.padEnd(width)}  ${value}`);
}

function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
