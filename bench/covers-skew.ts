// Skewed work on two workers: all that is slow waits for one of them, until the other one steals it.
import { createCovers } from '#dist/index.js';
import type { Part } from './part.js';
import { findManyClips } from './sample-clip.js';
import { median } from './statistics.js';
import { figure, judge } from './target.js';

const JOBS = 48;
/** A slow job makes so many covers of its video, a quick one a single one. */
const TIMES_SLOWER = 20;
const WORKERS = 2;
const DEADLINE = 600_000;
const METHOD = [
  `${String(JOBS)} calls at once on ${String(WORKERS)} warm workers, every other one of a video that takes ${String(TIMES_SLOWER)} times as long: a job goes to the worker`,
  'with the shortest deque, so all slow ones wait for the same one. The ideal is half of what the workers themselves took.',
].join('\n');

interface Run {
  /** Milliseconds until all jobs were done. */
  readonly makespan: number;
  /** Milliseconds that the workers took for them, shared evenly. */
  readonly ideal: number;
  readonly stolen: number;
}

/** Measures it. */
export async function skew(runs: number): Promise<Part> {
  const clips = await findManyClips(JOBS, 'delivered');
  const sides = { stealing: [] as Run[], alone: [] as Run[] };
  await makespan(clips, true);
  for (let run = 0; run < runs; run++) {
    sides.stealing.push(await makespan(clips, true));
    sides.alone.push(await makespan(clips, false));
  }
  const of = (name: keyof typeof sides, value: (run: Run) => number): number => median(sides[name].map(value));
  const row = (text: string, name: keyof typeof sides): string[] => [
    text,
    figure(
      of(name, (run) => run.makespan),
      0,
    ),
    `${figure(
      of(name, (run) => run.makespan / run.ideal),
      2,
    )} x`,
    figure(
      of(name, (run) => run.stolen),
      0,
    ),
  ];
  return {
    name: 'skew',
    title: `${String(JOBS)} jobs, half of them ${String(TIMES_SLOWER)} times slower and all behind one worker`,
    head: ['', 'ms until done', 'of the ideal', 'jobs stolen'],
    rows: [row('with stealing', 'stealing'), row('without', 'alone')],
    targets: [
      judge({
        name: 'makespan with stealing against the ideal',
        ours: of('stealing', (run) => run.makespan / run.ideal),
        against: 1,
        wanted: { atMost: 1.15 },
      }),
    ],
    method: METHOD,
    raw: sides,
  };
}

async function makespan(clips: readonly string[], steal: boolean): Promise<Run> {
  await using covers = createCovers({ workers: WORKERS, steal });
  await covers.warm(WORKERS);
  const started = performance.now();
  const totals = await Promise.all(
    clips.map(async (clip, i) => {
      const at = Array.from({ length: i % 2 === 0 ? TIMES_SLOWER : 1 }, (_, place) => (place % 2) * 2 + 0.5);
      const { timings } = await covers.makeAll(clip, { at, sizes: [[320, 180]], timeout: DEADLINE });
      return timings.total;
    }),
  );
  return {
    makespan: performance.now() - started,
    ideal: totals.reduce((sum, total) => sum + total, 0) / WORKERS,
    stolen: covers.stats.stolen,
  };
}
