// What other processes use, as Linux tells it.
import { readFileSync } from 'node:fs';

/** What a process has used and holds. */
export interface ProcessUsage {
  /** Seconds of processor time of all of its threads since it began. */
  readonly cpuSeconds: number;
  /** Bytes of memory that are its own: what it shares, and what files back, is not among them. */
  readonly ownBytes: number;
}

/** Clock ticks a second in /proc (USER_HZ, 100 on every architecture that Node.js runs on; proc_pid_stat(5)). */
const TICKS = 100;
/** utime and stime are the 14th and 15th field; the name in the second one may hold spaces. */
const [UTIME, STIME] = [11, 12];

/** What a process uses now; undefined where that is not known: off Linux, or when it is gone. */
export function processUsage(pid: number): ProcessUsage | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const own = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'latin1'))?.[1];
    if (own === undefined) return undefined;
    const ticks = Number(fields[UTIME]) + Number(fields[STIME]);
    return { cpuSeconds: ticks / TICKS, ownBytes: Number(own) * 1024 };
  } catch {
    return undefined;
  }
}
