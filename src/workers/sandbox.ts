// Locked-down workers on the side of their parent: what is asked for, and how a process is started that gives up its rights before
// it reads strangers' bytes. What it gives up, and the proof of it, is in `os/`.
import { realpathSync } from 'node:fs';
import { argumentError, checkOneOf } from '../base/index.js';
import { deviceNodes } from '../hardware/index.js';
import { makeWorkerRules, tooLittle, type SandboxReport, type WorkerRules } from '../os/index.js';
import type { Backend, HostOptions, SandboxWish } from './host.js';

export type { SandboxLevel, SandboxReport } from '../os/index.js';

/** How worker processes are locked down. */
export interface SandboxOptions {
  /**
   * Whether worker processes give up what they never need before they read an input: to run programs, to use a network, to write
   * to files, to reach other processes. `auto` gives up what this kernel can refuse (Linux, on x86-64 and 64-bit ARM) and is content
   * with less. A level is required: 1 something is refused; 2 programs and networks are, on every thread; 3 so are writing, and
   * reading outside of `roots`. A worker that does not reach it fails with FR_WORKER_SANDBOX. `off` gives up nothing.
   * @defaultValue 'auto' for covers
   */
  readonly sandbox?: 'auto' | 'off' | 1 | 2 | 3 | undefined;
  /**
   * Folders that inputs may lie in, after links are followed; other paths are refused with FR_INPUT_OUTSIDE_ROOT, and locked-down
   * workers can read no other files but those that the engine itself needs. @defaultValue every file that this user may read
   */
  readonly roots?: readonly string[] | undefined;
}

/** Checks what is wished; undefined for no sandbox. */
export function checkSandbox({ sandbox = 'off', roots }: SandboxOptions, backend: Backend): SandboxWish | undefined {
  const known = ['auto', 'off', 1, 2, 3] as const;
  const wish = known.find((one) => one === sandbox);
  if (wish === undefined) throw argumentError('sandbox', "'auto', 'off' or a level from 1 to 3", sandbox);
  const real = roots === undefined ? undefined : realFolders(roots);
  if (typeof wish === 'number') checkOneOf('backend', backend, ['process']);
  if (wish === 'off' || backend !== 'process') return undefined;
  return { required: wish === 'auto' ? 0 : wish, roots: real };
}

function realFolders(roots: unknown): string[] {
  if (!(roots instanceof Array)) throw argumentError('roots', 'a list of folders', roots);
  return roots.map((root: unknown, i) => {
    const name = `roots[${String(i)}]`;
    if (typeof root !== 'string') throw argumentError(name, 'a folder', root);
    try {
      return realpathSync(root);
    } catch {
      throw argumentError(name, 'a folder that exists', root);
    }
  });
}

/** How a process is started that is to lock itself down; undefined where it is not to. Throws FR_WORKER_SANDBOX. */
export function lockedStart({ sandbox, preload }: HostOptions): WorkerRules | undefined {
  if (sandbox === undefined) return undefined;
  const { required, roots } = sandbox;
  if (process.platform !== 'linux') {
    if (required > 0)
      throw tooLittle(0, required, [`the sandbox is made of parts of Linux, and this is ${process.platform}`]);
    return undefined;
  }
  return makeWorkerRules({ roots, modules: preload, devices: deviceNodes(), required });
}

/** The report of the worker that is locked down least, of those that have one. */
export function lowest(reports: readonly (SandboxReport | undefined)[]): SandboxReport | undefined {
  return reports.reduce(
    (least, one) => (least === undefined || (one !== undefined && one.level < least.level) ? one : least),
    undefined,
  );
}
