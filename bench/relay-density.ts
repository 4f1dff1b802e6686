// How many relays run on one core, what they add to the way of a tag, and what each takes.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Part } from './part.js';
import { cpuTimes, residentMemory } from './proc.js';
import { Load } from './relay-load.js';
import { quantile } from './statistics.js';
import { figure, judge } from './target.js';

const HOST = fileURLToPath(new URL('./consumers/relay-host.js', import.meta.url));
const COUNTS = [100, 250, 500];
const SETTLE = 3000;
const WATCHED = 10_000;
/** Every how many relays is looked at tag by tag. */
const SAMPLE = 25;
const METHOD = [
  'Relays of 600 kb/s and 77 tags a second in one Node process (young generation of 2 MiB, no group of pictures kept).',
  'Origins and destinations are another process on the other core, which looks at one of 25 relays tag by tag, and whose',
  'own load is part of the latency: from its write to the origin side until it has read the tag at the destination.',
  'Memory is what the process grew by from the second relay on.',
].join('\n');

interface Cost {
  readonly cpu: number;
  readonly rss: number;
  readonly dropped: number;
}

/** Measures it. */
export async function density(): Promise<Part> {
  const raw = [];
  for (const count of COUNTS) raw.push(await measure(count));
  const ffmpeg = await oneFfmpeg();
  const rows = [
    ...raw.map(({ count, cpu, memory, p50, p99, lost }) => [
      `${String(count)} relays`,
      figure(cpu * 100, 0),
      figure((cpu * 100) / count, 3),
      figure(memory / 1024, 0),
      figure(p50, 2),
      figure(p99, 2),
      String(lost),
    ]),
    ['one ffmpeg -c copy', figure(ffmpeg.cpu * 100, 1), figure(ffmpeg.cpu * 100, 3), figure(ffmpeg.memory / 1024, 0)],
  ];
  const most = raw.at(-1);
  const each = (most?.cpu ?? Number.NaN) / (most?.count ?? 1);
  const targets = [
    judge({ name: `tags lost of ${String(most?.count)} relays`, ours: most?.lost, against: 1, wanted: { below: 1 } }),
    judge({ name: 'added latency p99, ms', ours: most?.p99, against: 1, wanted: { atMost: 2 } }),
    judge({ name: 'KiB a relay', ours: (most?.memory ?? Number.NaN) / 1024, against: 100, wanted: { atMost: 1 } }),
    judge({ name: 'CPU a relay, against ffmpeg', ours: each, against: ffmpeg.cpu, wanted: { below: 1 } }),
  ];
  const head = ['', '% of a core', 'each', 'KiB each', 'p50 ms', 'p99 ms', 'tags lost'];
  return { name: 'density', title: 'density: relays in one process', head, rows, targets, method: METHOD, raw };
}

async function measure(
  count: number,
): Promise<{ count: number; cpu: number; memory: number; p50: number; p99: number; lost: number }> {
  const load = await Load.open({ sample: Math.min(SAMPLE, Math.max(1, Math.floor(count / 4))) });
  const argument = JSON.stringify({ count, port: load.port });
  const host = fork(HOST, [argument], { execArgv: ['--max-semi-space-size=2'], serialization: 'advanced' });
  process.once('exit', () => host.kill('SIGKILL'));
  try {
    const [{ before }] = (await once(host, 'message')) as [{ before: number }];
    await later(SETTLE);
    load.reset();
    host.send('reset');
    await later(WATCHED);
    host.send('tell');
    const [{ cpu, rss, dropped }] = (await once(host, 'message')) as [Cost];
    const { latencies, lost } = await load.arrived();
    return {
      ...{ count, cpu, memory: (rss - before) / (count - 1), lost: lost + dropped },
      ...{ p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
    };
  } finally {
    host.kill('SIGKILL');
    await load.close();
  }
}

async function oneFfmpeg(): Promise<{ cpu: number; memory: number }> {
  const load = await Load.open({});
  const url = (key: string): string => `rtmp://127.0.0.1:${String(load.port)}/live/${key}`;
  const args = ['-v', 'error', '-nostdin', '-i', url('a0'), '-c', 'copy', '-f', 'flv', url('b0')];
  const child = spawn('ffmpeg', args, { stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
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
