// Transport alone: frames that are ready already, and a reader that looks at every byte.
import { fileURLToPath } from 'node:url';
import type { ConsumerReport } from './consumers/report.js';
import type { Part } from './part.js';
import { median } from './statistics.js';
import { figure, judge } from './target.js';
import { runWatched } from './watched.js';

/** 1080p rgb24. */
const FRAME_BYTES = 1920 * 1080 * 3;
const COUNTS = { shared: 3000, pipe: 600 } as const;
const NAMES = { shared: 'framerail, slots of a worker process', pipe: 'pipe from a child process' } as const;
const METHOD = [
  'Frames of 1080p rgb24 that are in memory before the clock starts: nothing is decoded. The reader looks for a byte that',
  'is not there, which reads every byte as fast as the machine can. The pipe is read chunk by chunk, without putting',
  'frames together, and its writer writes the same buffer again and again.',
].join('\n');

type Way = keyof typeof COUNTS;

/** Measures it. */
export async function transport(runs: number): Promise<Part> {
  const rates: Record<Way, number[]> = { shared: [], pipe: [] };
  const cpus: Record<Way, number[]> = { shared: [], pipe: [] };
  const ways = Object.keys(COUNTS) as Way[];
  const script = fileURLToPath(new URL('./consumers/transport.js', import.meta.url));
  for (let round = 0; round < runs; round++)
    for (const way of ways) {
      const args = [script, way, String(FRAME_BYTES), String(COUNTS[way])];
      const { stdout } = await runWatched(process.execPath, args, false);
      const { frames, wall, consumerCpu } = JSON.parse(stdout) as ConsumerReport;
      rates[way].push((frames * FRAME_BYTES) / wall / 1000);
      cpus[way].push((consumerCpu * 1000) / frames);
    }
  const rate = (way: Way): number => median(rates[way]);
  return {
    name: 'transport',
    title: 'transport alone, every byte read',
    head: ['', 'MB/s', 'frames/s', 'reader CPU us a frame'],
    rows: ways.map((way) => [
      NAMES[way],
      figure(rate(way), 0),
      figure((rate(way) * 1e6) / FRAME_BYTES, 0),
      figure(median(cpus[way]), 0),
    ]),
    targets: [
      judge({ name: 'MB/s against the pipe', ours: rate('shared'), against: rate('pipe'), wanted: { atLeast: 4 } }),
    ],
    method: METHOD,
    raw: { rates, cpus },
  };
}
