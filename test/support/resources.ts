// What a process holds, as the kernel counts it.
import { readdirSync, readFileSync } from 'node:fs';

/** Counts of what must come back to where it was. */
export interface Resources {
  readonly descriptors: number;
  /** Mappings of shared regions. */
  readonly regions: number;
  readonly children: number;
}

/** What this process holds now. */
export function resources(): Resources {
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    regions: readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .filter((line) => line.includes('framerail')).length,
    children: childPids().length,
  };
}

/** The children of this process, of whichever thread. */
export function childPids(pid: number = process.pid): number[] {
  return readdirSync(`/proc/${String(pid)}/task`).flatMap((task) => {
    const children = readFileSync(`/proc/${String(pid)}/task/${task}/children`, 'utf8').trim();
    return children === '' ? [] : children.split(' ').map(Number);
  });
}

/** Whether a process exists and is not merely waiting to be reaped. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Collects garbage until finalizers have had their turn. */
export async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('Run node with --expose-gc.');
  for (let round = 0; round < 4; round++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
