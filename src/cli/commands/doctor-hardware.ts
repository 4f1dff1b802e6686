// How doctor tells what came of the hardware tests.
import type { EncoderFinding } from '../../frames/index.js';
import type { BudgetState } from '../../hardware/index.js';

/** One thing that was tried. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, or why it does not work. */
  readonly what: string;
  /** Whether framerail can do without it. */
  readonly optional: boolean;
  /** Findings of one group that say the same are one line for people. */
  readonly group?: string;
}

/** What a program gets to know. */
export interface HardwareState {
  /** Each encoder and each decoding of each backend. */
  readonly hardware: readonly EncoderFinding[];
  /** What is known of the sessions of each backend. */
  readonly sessions: Readonly<Record<string, BudgetState>>;
}

/** One hardware test as a finding. */
export function describeHardware({ backend, kind, codec, name, ok, reason, elapsed }: EncoderFinding): Finding {
  return {
    name: kind === 'encode' ? `encode: ${name}` : `decode: ${name} ${codec}`,
    ok,
    optional: true,
    what: ok ? `${backend}, ${codec}, test in ${elapsed.toFixed(0)} ms` : (reason ?? 'It was never tried.'),
    group: backend,
  };
}

/** The findings with those of one group and one reason in one line. */
export function folded(findings: readonly Finding[]): Finding[] {
  const lines: Finding[] = [];
  for (const finding of findings) {
    const { group, ok, what } = finding;
    const alike = findings.filter((other) => other.group === group && other.what === what);
    if (group === undefined || ok || alike.length === 1) lines.push(finding);
    else if (alike[0] === finding)
      lines.push({
        ...finding,
        name: group,
        what: `${what} (${alike.map(({ name }) => name.replace(/^encode: /, '')).join(', ')})`,
      });
  }
  return lines;
}
