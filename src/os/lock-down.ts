// How a worker process locks itself down before it loads anything that reads strangers' bytes, and what it has proof of then.
import { readdirSync, readlinkSync } from 'node:fs';
import { FramerailError, isFramerailError } from '../base/index.js';
import { libc } from './libc.js';
import { probe, type SandboxRefusals } from './sandbox-probes.js';
import { hasFilter, installFilter, workerFilter } from './seccomp.js';

/**
 * How far a worker is locked down: 0 not at all, 1 in part, 2 it can neither run programs nor reach a network, 3 and neither write
 * to files nor read outside of its roots; on all of its threads.
 */
export type SandboxLevel = 0 | 1 | 2 | 3;

/** What a worker has proved of itself. */
export interface SandboxReport {
  /** The level that its own test has shown. */
  readonly level: SandboxLevel;
  /** What is refused on every kind of thread that it has. */
  readonly refused: SandboxRefusals;
  /** What it would take to be more, each in a few words. */
  readonly lacks: readonly string[];
}

/** What a worker is told of its sandbox: plain data. */
export interface SandboxSetup {
  /** The level that it must reach. */
  readonly required: SandboxLevel;
  /** Whether its files may be opened for writing, as drivers of hardware do with their devices; rules of files then say which. */
  readonly opensForWriting: boolean;
  /** What its parent could not give it. */
  readonly lacks: readonly string[];
}

/** For tests: a list of `landlock` and `seccomp`, which are then treated as missing. */
const HIDDEN = 'FRAMERAIL_KERNEL_LACKS';

const [RLIMIT_FSIZE, RLIMIT_CORE, RLIMIT_NOFILE] = [1, 4, 7];
/** A job has its input open, few libraries, and pipes. */
const MOST_FILES = 1024n;
const NOTHING: SandboxRefusals = { programs: false, network: false, writing: false, reading: false };

/** Whether the kernel is to be treated as one that lacks something. */
export function isHidden(what: 'landlock' | 'seccomp'): boolean {
  return (process.env[HIDDEN] ?? '').split(',').includes(what);
}

/** Gives up for good what a worker never needs, and proves it; rejects with FR_WORKER_SANDBOX where that is too little. */
export async function lockDown({ required, opensForWriting, lacks: before }: SandboxSetup): Promise<SandboxReport> {
  const lacks = [...before];
  let refused = NOTHING;
  try {
    libc();
    limitResources();
    const reason = filterCalls(opensForWriting);
    if (reason !== undefined) lacks.push(`there is no filter of system calls: ${reason}`);
    refused = await probe();
  } catch (error) {
    if (!isFramerailError(error)) throw error;
    lacks.push(error.message.replace(/\.$/, ''));
  }
  const level = levelOf(refused);
  if (level >= required) return { level, refused, lacks };
  throw tooLittle(level, required, lacks);
}

/** The level of what is refused. */
export function levelOf({ programs, network, writing, reading }: SandboxRefusals): SandboxLevel {
  if (programs && network) return writing && reading ? 3 : 2;
  return programs || network || writing || reading ? 1 : 0;
}

/** The error for a worker that is locked down less than it must be. */
export function tooLittle(level: SandboxLevel, required: SandboxLevel, lacks: readonly string[]): FramerailError {
  const why = lacks.length === 0 ? 'what was refused to it was not refused on every thread' : lacks.join('; ');
  return new FramerailError(
    'FR_WORKER_SANDBOX',
    `A media worker is locked down to level ${String(level)} here, and level ${String(required)} is required: ${why}.`,
    { details: { level, required, lacks } },
  );
}

/** A dump of memory would hold what was read; a worker opens few files and writes none. */
function limitResources(): void {
  const c = libc();
  const limit = (resource: number, most: bigint): void => {
    // Where less is allowed already, that stays.
    c.setrlimit(resource, BigUint64Array.from([most, most]));
  };
  limit(RLIMIT_CORE, 0n);
  limit(RLIMIT_NOFILE, MOST_FILES);
  limit(RLIMIT_FSIZE, 0n);
}

function holdsRing(): boolean {
  const folder = '/proc/self/fd';
  try {
    return readdirSync(folder).some((fd) => linkOf(`${folder}/${fd}`) === 'anon_inode:[io_uring]');
  } catch {
    // Under rules of files, which came by the launcher.
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function filterCalls(opensForWriting: boolean): string | undefined {
  if (isHidden('seccomp')) return 'it was hidden';
  if (!hasFilter()) return `there is none for ${process.arch}`;
  // Only where the launcher does not run, which keeps rings from coming about: what goes through one is not filtered, and node
  // would end at its next use of it.
  if (holdsRing()) return 'node holds an io_uring already';
  return installFilter(workerFilter({ arch: process.arch, pid: process.pid, opensForWriting }));
}
