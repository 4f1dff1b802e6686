// What doctor says of locked-down workers: as far as one proves it while it makes a cover.
import { dirname } from 'node:path';
import type { SandboxReport } from '../../workers/index.js';
import type { Finding } from './doctor-hardware.js';

const FULL = 3;
const NAMES: Readonly<Record<keyof SandboxReport['refused'], string>> = {
  programs: 'running programs',
  network: 'the network',
  writing: 'writing files',
  reading: 'reading outside of roots',
};

/** Makes a cover of a file in a worker that may read the folder of that file alone. */
export async function trySandbox(path: string, signal: AbortSignal): Promise<SandboxReport | undefined> {
  const { createCovers } = await import('../../covers/index.js');
  await using covers = createCovers({ workers: 1, backend: 'process', sandbox: 'auto', roots: [dirname(path)] });
  await covers.make(path, { size: [160, 90], signal, timeout: 10_000 });
  return covers.sandbox;
}

/** The finding of a report; no machine must have a sandbox. */
export function describeSandbox(report: SandboxReport | undefined): Finding {
  const finding = { name: 'sandbox', optional: true };
  if (report === undefined)
    return { ...finding, ok: false, what: `Workers are not locked down on ${process.platform}.` };
  const { level, refused, lacks } = report;
  const names = Object.entries(NAMES).flatMap(([name, text]) => (refused[name as keyof typeof NAMES] ? [text] : []));
  const refuses = `level ${String(level)} of ${String(FULL)}, refused: ${names.join(', ') || 'nothing'}`;
  if (level === FULL) return { ...finding, ok: true, what: refuses };
  return { ...finding, ok: false, what: `Workers reach ${refuses}; ${lacks.join('; ')}.` };
}
