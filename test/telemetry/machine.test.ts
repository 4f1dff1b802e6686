// The machine is seen through the limits of its container, at most once a second.
import { expect, test } from 'vitest';
import { Machine, type MachineSources } from '#dist/telemetry/index.js';

const GIB = 1024 ** 3;

interface Fake {
  files: Record<string, string>;
  now: number;
  busy: number;
  all: number;
  process: number;
}

function machine(fake: Partial<Fake>): { machine: Machine; fake: Fake; reads: () => number } {
  const state: Fake = { files: {}, now: 0, busy: 0, all: 0, process: 0, ...fake };
  let reads = 0;
  const sources: MachineSources = {
    read: (path) => {
      reads += 1;
      return state.files[path];
    },
    totalmem: () => 16 * GIB,
    freemem: () => 2 * GIB,
    cores: () => ({ busy: state.busy, all: state.all }),
    process: () => state.process,
    loadavg: () => 1,
    parallelism: () => 4,
    now: () => state.now,
  };
  return { machine: new Machine(sources), fake: state, reads: () => reads };
}

test('without a container: what the system would give, and free memory where it does not say', () => {
  expect(machine({}).machine.memory()).toEqual({ limit: 16 * GIB, available: 2 * GIB });
  const files = { '/proc/meminfo': 'MemTotal: 16777216 kB\nMemAvailable:    8388608 kB\n' };
  expect(machine({ files }).machine.memory()).toEqual({ limit: 16 * GIB, available: 8 * GIB });
  expect(machine({ files }).machine.load().memoryPressure).toBe(0.5);
});

test('the tightest cgroup above this process binds, and cold files count as free', () => {
  const files = {
    '/proc/meminfo': 'MemAvailable: 8388608 kB\n',
    '/proc/self/cgroup': '0::/a/b\n',
    '/sys/fs/cgroup/a/memory.max': `${String(4 * GIB)}\n`,
    '/sys/fs/cgroup/a/memory.current': `${String(3 * GIB)}\n`,
    '/sys/fs/cgroup/a/memory.stat': `anon 5\ninactive_file ${String(GIB)}\n`,
    '/sys/fs/cgroup/a/b/memory.max': 'max\n',
    '/sys/fs/cgroup/a/b/memory.current': '12\n',
  };
  expect(machine({ files }).machine.memory()).toEqual({ limit: 4 * GIB, available: 2 * GIB });
});

test('version 1 of cgroups is understood, also its way to say no limit', () => {
  const files = {
    '/proc/self/cgroup': '4:memory:/box\n',
    '/sys/fs/cgroup/memory/box/memory.limit_in_bytes': String(GIB),
    '/sys/fs/cgroup/memory/box/memory.usage_in_bytes': String(GIB / 4),
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
    '/sys/fs/cgroup/memory/memory.usage_in_bytes': '1',
  };
  expect(machine({ files }).machine.memory()).toEqual({ limit: GIB, available: 0.75 * GIB });
});

test('the first look takes the load average, later ones the time since the last', () => {
  const { machine: one, fake } = machine({});
  expect(one.load().cpuLoad).toBe(0.25);
  Object.assign(fake, { now: 2000, busy: 6000, all: 8000, process: 1000 });
  expect(one.load().cpuLoad).toBe(0.75);
});

test('a process that uses up the quota of its container is under full load on an idle machine', () => {
  const files: Record<string, string> = { '/sys/fs/cgroup/cpu.max': '50000 100000\n' };
  const { machine: one, fake } = machine({ files });
  one.load();
  Object.assign(fake, { now: 1000, busy: 400, all: 4000, process: 450 });
  expect(one.load().cpuLoad).toBeCloseTo(0.9, 6);
  files['/sys/fs/cgroup/cpu.stat'] = 'usage_usec 1000000\n';
  Object.assign(fake, { now: 2000, busy: 800, all: 8000 });
  one.load();
  files['/sys/fs/cgroup/cpu.stat'] = 'usage_usec 1400000\n';
  Object.assign(fake, { now: 3000, busy: 1200, all: 12000 });
  expect(one.load().cpuLoad).toBeCloseTo(0.8, 6);
});

test('within a second nothing is read again', () => {
  const { machine: one, fake, reads } = machine({});
  const first = one.load();
  const before = reads();
  fake.now = 999;
  expect(one.load()).toBe(first);
  expect(reads()).toBe(before);
  fake.now = 1000;
  one.load();
  expect(reads()).toBeGreaterThan(before);
});

test('this machine answers with numbers that can be', () => {
  const { limit, available } = new Machine().memory();
  expect(limit).toBeGreaterThan(2 ** 26);
  expect(available).toBeGreaterThanOrEqual(0);
  expect(available).toBeLessThanOrEqual(limit);
  const { memoryPressure, cpuLoad } = new Machine().load();
  for (const value of [memoryPressure, cpuLoad]) expect(value >= 0 && value <= 1).toBe(true);
});
