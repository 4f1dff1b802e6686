// How much memory and processor this process may use and how much of it is used: containers first, then the machine.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os';

/** How loaded the machine is; both from 0 to 1. */
export interface MachineLoad {
  /** Memory in use as a share of what this process may use. */
  readonly memoryPressure: number;
  /** Processor time in use as a share of what this process may use. */
  readonly cpuLoad: number;
}

/** How much memory there is for this process and those beside it, in bytes. */
export interface MachineMemory {
  /** The limit of the container, or all of the machine. */
  readonly limit: number;
  /** What is still to be had, without what the system would give up. */
  readonly available: number;
}

/** The doors to the system; tests bring their own. */
export interface MachineSources {
  /** The text of a file; undefined when there is none. */
  read(path: string): string | undefined;
  totalmem(): number;
  freemem(): number;
  /** Processor time of all cores since the start: busy and in all, in milliseconds. */
  cores(): { busy: number; all: number };
  /** Processor time of this process in milliseconds. */
  process(): number;
  /** How many runnable tasks there were in the last minute. */
  loadavg(): number;
  parallelism(): number;
  /** Milliseconds. */
  now(): number;
}

const systemSources: MachineSources = {
  read: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
  totalmem,
  freemem,
  cores: () => {
    let [busy, all] = [0, 0];
    for (const { times } of cpus()) {
      const sum = times.user + times.nice + times.sys + times.irq;
      busy += sum;
      all += sum + times.idle;
    }
    return { busy, all };
  },
  process: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  loadavg: () => loadavg()[0] ?? 0,
  parallelism: availableParallelism,
  now: () => performance.now(),
};

/** Limits beyond this mean none (cgroup v1 says so with a number of its own). */
const NO_LIMIT = 2 ** 60;
const MAX_AGE = 1000;

/** Reads the limits of the machine and its load, at most once a second, by no timer. */
export class Machine {
  readonly #sources: MachineSources;
  #load: MachineLoad | undefined;
  #readAt = 0;
  #last: { at: number; busy: number; all: number; process: number; group: number | undefined } | undefined;

  constructor(sources: MachineSources = systemSources) {
    this.#sources = sources;
  }

  /** The memory that this process may use. */
  memory(): MachineMemory {
    const total = this.#sources.totalmem();
    const available = this.#availableOnMachine();
    const group = this.#groupMemory();
    if (group === undefined || group.limit >= total) return { limit: total, available };
    return { limit: group.limit, available: Math.min(available, Math.max(0, group.limit - group.used)) };
  }

  /** Cores that this process may use: those of the container, or of the machine; at least 1. */
  cores(): number {
    const cores = this.#sources.parallelism();
    return Math.max(1, Math.ceil(Math.min(cores, this.#groupCores() ?? cores)));
  }

  /** The load now, or what was read less than a second ago. */
  load(): MachineLoad {
    const now = this.#sources.now();
    if (this.#load !== undefined && now - this.#readAt < MAX_AGE) return this.#load;
    this.#readAt = now;
    const { limit, available } = this.memory();
    this.#load = { memoryPressure: share(limit - available, limit), cpuLoad: this.#cpuLoad(now) };
    return this.#load;
  }

  /** What the system could give to a new process; free memory alone leaves out caches that it would drop. */
  #availableOnMachine(): number {
    const line = /^MemAvailable:\s+(\d+) kB/m.exec(this.#sources.read('/proc/meminfo') ?? '');
    return line === null ? this.#sources.freemem() : Number(line[1]) * 1024;
  }

  /** The tightest limit of the cgroups that this process is in, v2 before v1. */
  #groupMemory(): { limit: number; used: number } | undefined {
    const groups = this.#groups();
    const found = [
      ...groups.v2.map((path) => this.#limitAndUse(`${path}/memory.max`, `${path}/memory.current`, path)),
      ...groups.memory.map((path) =>
        this.#limitAndUse(`${path}/memory.limit_in_bytes`, `${path}/memory.usage_in_bytes`, path),
      ),
    ].filter((group) => group !== undefined);
    return found.sort((a, b) => a.limit - a.used - (b.limit - b.used))[0];
  }

  #limitAndUse(limitFile: string, useFile: string, path: string): { limit: number; used: number } | undefined {
    const limit = this.#number(limitFile);
    const used = this.#number(useFile);
    if (limit === undefined || used === undefined || limit >= NO_LIMIT) return undefined;
    // Pages of files that nobody has touched lately are dropped before anybody is refused memory.
    const cold = /^(?:total_)?inactive_file (\d+)/m.exec(this.#sources.read(`${path}/memory.stat`) ?? '');
    return { limit, used: Math.max(0, used - Number(cold?.[1] ?? 0)) };
  }

  #cpuLoad(now: number): number {
    const sample = {
      at: now,
      ...this.#sources.cores(),
      process: this.#sources.process(),
      group: this.#groupCpuTime(),
    };
    const before = this.#last;
    this.#last = sample;
    const cores = this.#sources.parallelism();
    if (before === undefined || sample.at <= before.at) return share(this.#sources.loadavg(), cores);
    const elapsed = sample.at - before.at;
    const quota = Math.min(cores, this.#groupCores() ?? cores);
    const machine = share(sample.busy - before.busy, sample.all - before.all);
    const own = share(sample.process - before.process, elapsed * quota);
    const group =
      sample.group === undefined || before.group === undefined
        ? 0
        : share(sample.group - before.group, elapsed * quota);
    return Math.max(machine, own, group);
  }

  /** Cores that the container may use; undefined without such a limit. */
  #groupCores(): number | undefined {
    const { v2, cpu } = this.#groups();
    const quotas = [
      ...v2.map((path) => {
        const [quota, period] = (this.#sources.read(`${path}/cpu.max`) ?? '').trim().split(' ').map(Number);
        return quota === undefined || period === undefined ? Number.NaN : quota / period;
      }),
      ...cpu.map((path) => {
        const quota = this.#number(`${path}/cpu.cfs_quota_us`) ?? -1;
        return quota > 0 ? quota / (this.#number(`${path}/cpu.cfs_period_us`) ?? 100_000) : Number.NaN;
      }),
    ].filter((cores) => Number.isFinite(cores) && cores > 0);
    return quotas.length === 0 ? undefined : Math.min(...quotas);
  }

  /** Processor time of the container in milliseconds. */
  #groupCpuTime(): number | undefined {
    if (this.#groupCores() === undefined) return undefined;
    for (const path of this.#groups().v2) {
      const line = /^usage_usec (\d+)/m.exec(this.#sources.read(`${path}/cpu.stat`) ?? '');
      if (line !== null) return Number(line[1]) / 1000;
    }
    return undefined;
  }

  /** The folders of this process's cgroups and of those above them: a limit of any of them binds. */
  #groups(): { v2: string[]; memory: string[]; cpu: string[] } {
    const groups = { v2: ['/sys/fs/cgroup'], memory: ['/sys/fs/cgroup/memory'], cpu: ['/sys/fs/cgroup/cpu'] };
    for (const line of (this.#sources.read('/proc/self/cgroup') ?? '').split('\n')) {
      const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
      if (match === null) continue;
      const names = (match[1] ?? '').split(',');
      const kind = match[1] === '' ? 'v2' : names.includes('memory') ? 'memory' : names.includes('cpu') ? 'cpu' : null;
      if (kind === null) continue;
      const root = groups[kind][0] ?? '';
      const parts = (match[2] ?? '').split('/').filter((part) => part !== '' && part !== '..');
      for (let depth = parts.length; depth > 0; depth--)
        groups[kind].push(`${root}/${parts.slice(0, depth).join('/')}`);
    }
    return groups;
  }

  #number(path: string): number | undefined {
    const text = this.#sources.read(path)?.trim() ?? '';
    return /^\d+$/.test(text) ? Number(text) : undefined;
  }
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
}
