// What a worker may still do with files, decided and made into rules by its parent, who knows before the worker is there.
import { isFramerailError } from '../base/index.js';
import { canAllowWriting, landlockVersion, makeRuleset, type Ruleset } from './landlock.js';
import { launcherPath, launcherRuns } from './launcher.js';
import { isHidden, type SandboxLevel, type SandboxSetup } from './lock-down.js';
import { readableFiles } from './readable-files.js';

/** What a worker is for. */
export interface WorkerNeeds {
  /** Folders whose files it may read, after links were followed; undefined for every file that its user may read. */
  readonly roots: readonly string[] | undefined;
  /** Addresses of modules that it is told to load. */
  readonly modules: readonly string[];
  /** Devices of hardware that it may use. */
  readonly devices: readonly string[];
  /** The level that it must reach. */
  readonly required: SandboxLevel;
}

/** How a locked-down worker is started. */
export interface WorkerRules {
  /** What it is told. */
  readonly setup: SandboxSetup;
  /** The program that it is started through; undefined where that does not run. */
  readonly launcher: string | undefined;
  /** The rules that it inherits; undefined where there can be none. */
  readonly ruleset: Ruleset | undefined;
}

/** Makes the rules of one worker; what cannot be made is said in its setup. */
export function makeWorkerRules(needs: WorkerNeeds): WorkerRules {
  const { roots, devices, required } = needs;
  const runs = launcherRuns();
  const version = runs === true ? usableVersion() : runs;
  const usesDevices = devices.length > 0 && typeof version === 'number' && canAllowWriting(version);
  const ruleset = typeof version === 'number' ? rulesOf(needs, version, usesDevices) : version;
  const launcher = runs === true ? launcherPath() : undefined;
  if (typeof ruleset === 'string') {
    const lacks = [`there are no rules of files: ${ruleset}`];
    return { setup: { required, opensForWriting: false, lacks }, launcher, ruleset: undefined };
  }
  const lacks = roots === undefined ? ['it may read every file, as no `roots` are named'] : [];
  return { setup: { required, opensForWriting: usesDevices, lacks }, launcher, ruleset };
}

/** The version of Landlock, or why there is none. */
function usableVersion(): number | string {
  if (isHidden('landlock')) return 'Landlock was hidden';
  try {
    const version = landlockVersion();
    if (typeof version === 'number') return version;
    return `this kernel has no Landlock, which came with Linux 5.13 (${version})`;
  } catch (error) {
    if (!isFramerailError(error)) throw error;
    return error.message.replace(/\.$/, '');
  }
}

function rulesOf({ roots, modules, devices }: WorkerNeeds, version: number, usesDevices: boolean): Ruleset | string {
  const ruleset = makeRuleset(version, {
    read: roots === undefined ? ['/'] : [...roots, ...readableFiles(modules, usesDevices)],
    devices: ['/dev/null', ...(usesDevices ? devices : [])],
  });
  return typeof ruleset === 'string' ? `the kernel refuses them (${ruleset})` : ruleset;
}
