// Relays for a long time: what the memory of their process does.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { killAtExit } from './child.js';
import type { BenchOptions } from './options.js';
import type { Part } from './part.js';
import { residentMemory } from './proc.js';
import { Load } from './relay-load.js';
import { slope } from './statistics.js';
import { figure, judge } from './target.js';

const HOST = fileURLToPath(new URL('./consumers/relay-host.js', import.meta.url));
const RELAYS = 50;
/** How long it runs when nobody says, in minutes. */
const MINUTES = 30;
const SAMPLE_EVERY = 5000;
/** What happens in this share of the time is warming up: code is compiled, groups of pictures are kept. */
const WARM_UP = 0.1;
const MIB = 1024 * 1024;

/** Measures it. */
export async function soak({ minutes = MINUTES }: BenchOptions): Promise<Part> {
  const load = await Load.open({ sample: 10 });
  const argument = JSON.stringify({ first: 0, count: RELAYS, port: load.port, keep: true });
  const host = fork(HOST, [argument], { serialization: 'advanced' });
  killAtExit(host);
  const points: { x: number; y: number }[] = [];
  try {
    await once(host, 'message');
    load.reset();
    const started = performance.now();
    for (let passed = 0; passed < minutes * 60_000; passed = performance.now() - started) {
      points.push({ x: passed / 60_000, y: (residentMemory(host.pid ?? 0) ?? Number.NaN) / MIB });
      await later(Math.min(SAMPLE_EVERY, minutes * 60_000 - passed));
    }
    host.send('tell');
    const [{ dropped }] = (await once(host, 'message')) as [{ dropped: number }];
    const { lost, tags } = await load.arrived();
    const settled = points.filter(({ x }) => x >= minutes * WARM_UP);
    const growth = slope(settled);
    const rows = [
      ['tags that arrived, of one relay in ten', String(tags)],
      ['tags lost', String(lost + dropped)],
      ['MiB when it had warmed up', figure(settled[0]?.y, 1)],
      ['MiB at the end', figure(settled.at(-1)?.y, 1)],
      ['MiB a minute', figure(growth, 3)],
    ];
    return {
      name: 'soak',
      title: `soak: ${String(RELAYS)} relays for ${String(minutes)} minutes`,
      head: ['', ''],
      rows,
      targets: [
        judge({ name: 'growth, MiB a minute', ours: growth, against: 1, wanted: { below: 0.25 } }),
        judge({ name: 'tags lost', ours: lost + dropped, against: 1, wanted: { below: 1 } }),
      ],
      method:
        'Memory is what of the process lies in that of the machine, every five seconds; its growth is the slope of the line\nnearest to all of them behind the first tenth.',
      raw: points,
    };
  } finally {
    host.kill('SIGKILL');
    await load.close();
  }
}
