// Small fake repositories, and the check scripts run on them as a user would run them.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Path relative to the root of the tree -> text. */
export type Tree = Readonly<Record<string, string>>;

/** How one run of a script ended. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  /** The lines of standard error: one a finding. */
  readonly findings: string[];
}

/** Writes the tree into a temporary folder, which goes away with the test, and returns that folder. */
export async function plant(tree: Tree): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'framerail-tree-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(tree)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

/** Runs `scripts/<name>` with arguments and waits for its end, 30 s at most. */
export function runScript(name: string, ...args: string[]): Promise<Run> {
  const script = join(import.meta.dirname, '../../scripts', name);
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [script, ...args], { timeout: 30_000 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(new Error(`${name} was killed`, { cause: error }));
      else resolve({ code: Number(error?.code ?? 0), stdout, findings: stderr.split('\n').filter(Boolean) });
    });
  });
}
