// How many relays run on one core, what they add to the way of a tag, and what each takes.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { killAtExit } from './child.js';
import type { Part } from './part.js';
import { cpuTimes, residentMemory } from './proc.js';
import { Load } from './relay-load.js';
import { quantile } from './statistics.js';
import { figure, judge } from './target.js';

const HOST = fileURLToPath(new URL('./consumers/relay-host.js', import.meta.url));
const CROWDS: readonly Crowd[] = [
  { count: 100, hosts: 1 },
  { count: 250, hosts: 1 },
  { count: 500, hosts: 1 },
  { count: 1000, hosts: 2 },
];
const SETTLE = 3000;
const WATCHED = 10_000;
/** Every how many relays is looked at tag by tag. */
const SAMPLE = 25;
const METHOD = [
  'Relays of 600 kb/s and 77 tags a second in Node processes (young generation of 2 MiB, no group of pictures kept).',
  'Origins and destinations are another process on the other core, which looks at one of 25 relays tag by tag, and whose',
  'own load is part of the way of a tag: from its write at the origin until it has read it at the destination. A turn is',
  'what an event waits for in the process of the relays.',
  'Memory is what the process grew by from the second relay on.',
].join('\n');

/** How many relays in how many processes. */
interface Crowd {
  readonly count: number;
  readonly hosts: number;
}

/** What they cost and how tags fared. */
interface Measured extends Crowd {
  /** Of one core. */
  readonly cpu: number;
  /** Bytes of each. */
  readonly memory: number;
  readonly wait: number;
  readonly p50: number;
  readonly p99: number;
  readonly lost: number;
}

interface Cost {
  readonly cpu: number;
  readonly rss: number;
  readonly dropped: number;
  /** Milliseconds that 99 of 100 events waited for their turn at most. */
  readonly wait: number;
}

/** Measures it. */
export async function density(): Promise<Part> {
  const raw: Measured[] = [];
  for (const crowd of CROWDS) raw.push(await measure(crowd));
  const ffmpeg = await oneFfmpeg();
  const rows = [
    ...raw.map(({ count, hosts, cpu, memory, wait, p50, p99, lost }) => [
      `${String(count)} relays${hosts > 1 ? ` in ${String(hosts)} processes` : ''}`,
      figure(cpu * 100, 0),
      figure((cpu * 100) / count, 3),
      figure(memory / 1024, 0),
      figure(wait, 2),
      figure(p50, 2),
      figure(p99, 2),
      String(lost),
    ]),
    ['one ffmpeg -c copy', figure(ffmpeg.cpu * 100, 1), figure(ffmpeg.cpu * 100, 3), figure(ffmpeg.memory / 1024, 0)],
  ];
  // The most in one process: of two, the load has no core to itself.
  const most = raw.findLast(({ hosts }) => hosts === 1);
  const each = (most?.cpu ?? Number.NaN) / (most?.count ?? 1);
  const targets = [
    judge({ name: `tags lost of ${String(most?.count)} relays`, ours: most?.lost, against: 1, wanted: { below: 1 } }),
    judge({ name: 'wait for a turn in the relay, p99, ms', ours: most?.wait, against: 1, wanted: { atMost: 2 } }),
    judge({ name: 'the whole way, p99, ms', ours: most?.p99, against: 1, wanted: { atMost: 2 } }),
    judge({ name: 'KiB a relay', ours: (most?.memory ?? Number.NaN) / 1024, against: 100, wanted: { atMost: 1 } }),
    judge({ name: 'CPU a relay, against ffmpeg', ours: each, against: ffmpeg.cpu, wanted: { below: 1 } }),
  ];
  const head = ['', '% of a core', 'each', 'KiB each', 'turn p99 ms', 'way p50 ms', 'way p99 ms', 'tags lost'];
  return { name: 'density', title: 'density: relays of 600 kb/s', head, rows, targets, method: METHOD, raw };
}

async function measure({ count, hosts }: Crowd): Promise<Measured> {
  const load = await Load.open({ sample: Math.min(SAMPLE, Math.max(1, Math.floor(count / 4))) });
  const each = count / hosts;
  const processes = Array.from({ length: hosts }, (_, i) => {
    const argument = JSON.stringify({ first: i * each, count: each, port: load.port });
    const host = fork(HOST, [argument], { execArgv: ['--max-semi-space-size=2'], serialization: 'advanced' });
    killAtExit(host);
    return host;
  });
  try {
    const before = await Promise.all(processes.map((host) => heard<{ before: number }>(host)));
    await later(SETTLE);
    load.reset();
    for (const host of processes) host.send('reset');
    await later(WATCHED);
    const costs = await Promise.all(
      processes.map((host) => {
        host.send('tell');
        return heard<Cost>(host);
      }),
    );
    const { latencies, lost } = await load.arrived();
    const sum = (of: (cost: Cost) => number): number => costs.reduce((all, cost) => all + of(cost), 0);
    const grown = sum(({ rss }) => rss) - before.reduce((all, one) => all + one.before, 0);
    return {
      ...{ count, hosts, cpu: sum(({ cpu }) => cpu), wait: Math.max(...costs.map(({ wait }) => wait)) },
      ...{ memory: grown / (count - hosts), lost: lost + sum(({ dropped }) => dropped) },
      ...{ p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
    };
  } finally {
    for (const host of processes) host.kill('SIGKILL');
    await load.close();
  }
}

async function heard<T>(host: ChildProcess): Promise<T> {
  const [message] = (await once(host, 'message')) as [T];
  return message;
}

async function oneFfmpeg(): Promise<{ cpu: number; memory: number }> {
  const load = await Load.open({});
  const url = (key: string): string => `rtmp://127.0.0.1:${String(load.port)}/live/${key}`;
  const args = ['-v', 'error', '-nostdin', '-i', url('a0'), '-c', 'copy', '-f', 'flv', url('b0')];
  const child = spawn('ffmpeg', args, { stdio: 'ignore' });
  killAtExit(child);
  try {
    await later(2 * SETTLE);
    const spent = (): number => cpuTimes(child.pid ?? 0)?.own ?? Number.NaN;
    const before = spent();
    await later(WATCHED);
    return { cpu: (spent() - before) / WATCHED, memory: residentMemory(child.pid ?? 0) ?? Number.NaN };
  } finally {
    child.kill('SIGKILL');
    await load.close();
  }
}
