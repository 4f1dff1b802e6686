// Relays that come and go: nothing may be left of them.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRelay } from '#dist/index.js';
import type { Part } from './part.js';
import { Load } from './relay-load.js';
import { figure, judge } from './target.js';

const CYCLES = 1000;
/** Cycles before the first look: code is compiled and caches are filled. */
const WARM = 3000;
const MIB = 1024 * 1024;
const METHOD = [
  `${String(CYCLES)} relays one after the other, each started, fed its first tag, and stopped, ${String(WARM)} more ahead of the first look.`,
  'Counted are what keeps the event loop of the process busy (sockets, timers), and its heap after a collection.',
].join('\n');

interface Look {
  readonly resources: number;
  readonly heap: number;
}

/** Measures it. */
export async function cycles(): Promise<Part> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const load = await Load.open({});
  const look = async (): Promise<Look> => {
    // Sockets close in turns of their own.
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    await load.arrived();
    collect();
    return { resources: process.getActiveResourcesInfo().length, heap: process.memoryUsage().heapUsed };
  };
  const cycle = async (name: string): Promise<void> => {
    const url = `rtmp://127.0.0.1:${String(load.port)}/live/${name}`;
    const relay = createRelay({ from: url, to: [`${url}-out`] });
    await relay.start();
    await relay.stop();
  };
  try {
    for (let i = 0; i < WARM; i++) await cycle(`w${String(i)}`);
    const before = await look();
    for (let i = 0; i < CYCLES; i++) await cycle(`c${String(i)}`);
    const after = await look();
    const rows = [
      ['sockets, timers and the like', String(before.resources), String(after.resources)],
      ['heap, MiB', figure(before.heap / MIB, 2), figure(after.heap / MIB, 2)],
    ];
    const targets = [
      judge({
        ...{ name: 'sockets and timers more', ours: after.resources - before.resources, against: 1 },
        wanted: { below: 1 },
      }),
      judge({
        ...{ name: 'heap a relay, KiB', ours: (after.heap - before.heap) / CYCLES / 1024, against: 1 },
        wanted: { below: 1 },
      }),
    ];
    const title = `cycles: ${String(CYCLES)} starts and stops`;
    return {
      name: 'cycles',
      title,
      head: ['', 'before', 'after'],
      rows,
      targets,
      method: METHOD,
      raw: { before, after },
    };
  } finally {
    await load.close();
  }
}
