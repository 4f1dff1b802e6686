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
/** From here on the allocator is expected to have found its size. */
const SETTLED = 0.5;
const LOOKS = 20;
const LOOK_EVERY = 150;
const MIB = 1024 * 1024;

/** What the process of the relays tells. */
interface Told {
  readonly dropped: number;
  /** Bytes. */
  readonly held: number;
}

/** Measures it. */
export async function soak({ minutes = MINUTES }: BenchOptions): Promise<Part> {
  const load = await Load.open({ sample: 10 });
  const argument = JSON.stringify({ first: 0, count: RELAYS, port: load.port, keep: true });
  const host = fork(HOST, [argument], { serialization: 'advanced', execArgv: ['--expose-gc'] });
  killAtExit(host);
  const points: { x: number; y: number }[] = [];
  try {
    await once(host, 'message');
    load.reset();
    const tell = async (): Promise<Told> => {
      let least: Told | undefined;
      // Groups of pictures fill and empty: the least of one group's time is what is held beside them.
      for (let i = 0; i < LOOKS; i++) {
        host.send('tell');
        const [told] = (await once(host, 'message')) as [Told];
        if (least === undefined || told.held < least.held) least = told;
        await later(LOOK_EVERY);
      }
      return least ?? { dropped: 0, held: Number.NaN };
    };
    let warm: Told | undefined;
    const started = performance.now();
    for (let passed = 0; passed < minutes * 60_000; passed = performance.now() - started) {
      if (warm === undefined && passed >= minutes * 60_000 * WARM_UP) warm = await tell();
      points.push({ x: passed / 60_000, y: (residentMemory(host.pid ?? 0) ?? Number.NaN) / MIB });
      await later(Math.min(SAMPLE_EVERY, minutes * 60_000 - passed));
    }
    const { dropped, held } = await tell();
    const { lost, tags } = await load.arrived();
    const settled = points.filter(({ x }) => x >= minutes * SETTLED);
    const growth = slope(settled);
    const leaked = (held - (warm?.held ?? Number.NaN)) / MIB / (minutes * (1 - WARM_UP));
    const rows = [
      ['tags that arrived, of one relay in ten', String(tags)],
      ['tags lost', String(lost + dropped)],
      ['MiB of the process half way', figure(settled[0]?.y, 1)],
      ['MiB of the process at the end', figure(settled.at(-1)?.y, 1)],
      ['MiB held when it had warmed up', figure((warm?.held ?? Number.NaN) / MIB, 2)],
      ['MiB held at the end', figure(held / MIB, 2)],
    ];
    return {
      name: 'soak',
      title: `soak: ${String(RELAYS)} relays for ${String(minutes)} minutes`,
      head: ['', ''],
      rows,
      targets: [
        judge({ name: 'growth of the process, MiB a minute', ours: growth, against: 1, wanted: { below: 0.25 } }),
        judge({ name: 'growth of what is held, MiB a minute', ours: leaked, against: 1, wanted: { below: 0.1 } }),
        judge({ name: 'tags lost', ours: lost + dropped, against: 1, wanted: { below: 1 } }),
      ],
      method:
        'The process is what of it lies in the memory of the machine, every five seconds; its growth is the slope of the line\nnearest to those of the second half, as the allocator takes its room in steps. Held is what a full collection leaves of\nthe heap and of buffers, the least of twenty looks within three seconds, behind the first tenth and at the end; the last\nfive minutes of history are in it.',
      raw: points,
    };
  } finally {
    host.kill('SIGKILL');
    await load.close();
  }
}
