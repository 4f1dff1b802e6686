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
  /** The program that it is started through and the rules that it inherits; undefined where there can be none. */
  readonly launch: { readonly path: string; readonly ruleset: Ruleset } | undefined;
}

/** Makes the rules of one worker; what cannot be made is said in its setup. */
export function makeWorkerRules(needs: WorkerNeeds): WorkerRules {
  try {
    return tryToMake(needs);
  } catch (error) {
    if (!isFramerailError(error)) throw error;
    return without(needs, error.message.replace(/\.$/, ''));
  }
}

/** A worker that has no rules of files, as far as its parent can say. */
function without({ required }: WorkerNeeds, reason: string): WorkerRules {
  const lacks = [`there are no rules of files: ${reason}`];
  return { setup: { required, opensForWriting: false, lacks }, launch: undefined };
}

function tryToMake(needs: WorkerNeeds): WorkerRules {
  const { roots, modules, devices, required } = needs;
  if (isHidden('landlock')) return without(needs, 'Landlock was hidden');
  const version = landlockVersion();
  if (typeof version === 'string') 
    return without(needs, `this kernel has no Landlock, which came with Linux 5.13 (${version})`);
  const usesDevices = devices.length > 0 && canAllowWriting(version);
  const ruleset = makeRuleset(version, {
    read: roots === undefined ? ['/'] : [...roots, ...readableFiles(modules, usesDevices)],
    devices: ['/dev/null', ...(usesDevices ? devices : [])],
  });
  if (typeof ruleset === 'string') return without(needs, `the kernel refuses them (${ruleset})`);
  const runs = launcherRuns(ruleset.fd);
  if (runs !== true) {
    ruleset.close();
    return without(needs, runs);
  }
  const lacks = roots === undefined ? ['it may read every file, as no `roots` are named'] : [];
  return { setup: { required, opensForWriting: usesDevices, lacks }, launch: { path: launcherPath(), ruleset } };
}
