// What processes cost, read from /proc: trees, processor time and memory. Elsewhere than on Linux nothing is known.
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel shows processor time in these units to every program, whatever its own clock is. Milliseconds. */
const TICK = 10;
const KIB = 1024;

/** Processor time in milliseconds. */
export interface CpuTimes {
  /** Of the process itself, all threads. */
  readonly own: number;
  /** Of its children that have ended and were waited for, with theirs. */
  readonly reaped: number;
}

/** A process and its descendants, parents first; just the process where /proc cannot tell. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of allProcesses()) {
    const parent = Number(statFields(pid)?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  // The list grows while it is walked: each process brings its children.
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Processor time that a process has used; undefined when it is gone or /proc is missing. */
export function cpuTimes(pid: number | 'self'): CpuTimes | undefined {
  const fields = statFields(pid);
  if (fields === undefined) return undefined;
  const [user, system, reapedUser, reapedSystem] = fields.slice(11, 15).map((field) => Number(field) * TICK);
  return { own: (user ?? 0) + (system ?? 0), reaped: (reapedUser ?? 0) + (reapedSystem ?? 0) };
}

/**
 * Proportional memory of processes in bytes: a page that several map counts in parts, so shared frames count once.
 * Undefined when none of them can be read.
 */
export function proportionalMemory(pids: readonly number[]): number | undefined {
  let sum: number | undefined;
  for (const pid of pids) {
    const kib = /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${String(pid)}/smaps_rollup`) ?? '')?.[1];
    if (kib !== undefined) sum = (sum ?? 0) + Number(kib) * KIB;
  }
  return sum;
}

/** Memory of a process that is in the machine's, shared pages included, in bytes; undefined when it is gone. */
export function residentMemory(pid: number): number | undefined {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${String(pid)}/status`) ?? '')?.[1];
  return kib === undefined ? undefined : Number(kib) * KIB;
}

function allProcesses(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The fields after the name of the program, which may itself hold blanks: state, parent, ... */
function statFields(pid: number | 'self'): string[] | undefined {
  const text = read(`/proc/${String(pid)}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined; // the process has ended, or this is not Linux
  }
}
