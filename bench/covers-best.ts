// The best frame of a video, beside what looking at as many keyframes costs at the least.
import { fileURLToPath } from 'node:url';
import { createCovers, type CoverSize, type CoverTimings } from '#dist/index.js';
import { runChild } from './child.js';
import type { BestSetup } from './consumers/best-setup.js';
import type { Part } from './part.js';
import { findShow } from './sample-clip.js';
import { median } from './statistics.js';
import { table } from './table.js';
import { figure, judge } from './target.js';

const CANDIDATES = 12;
/** Choices of a round: one takes a third of a second. */
const TIMES = 5;
const DEADLINE = 120_000;
const SMALL: CoverSize = [320, 180];
const LARGE: CoverSize = [1920, 1080];
const FLOOR = fileURLToPath(new URL('consumers/best-floor.js', import.meta.url));
const STAGES = ['open', 'seek', 'decode', 'analyse', 'scale', 'encode', 'total'] as const;
const METHOD = [
  `Medians of ${String(TIMES)} choices in each round, the sides in turn, one worker, which is warm. The floor decodes ${String(CANDIDATES)} keyframes on`,
  'one thread with one decoder and makes each 320x180, in one process; finding them is not in its time. Ours opens the',
  'file, finds and judges as many, and has a JPEG of the best one. `makeAll` makes covers of the same',
  'places without a choice.',
].join('\n');

/** Measures it. */
export async function best(runs: number): Promise<Part> {
  const { path, text, duration } = await findShow();
  const figures: Record<'small' | 'large' | 'all' | 'floor', number[]> = { small: [], large: [], all: [], floor: [] };
  const stages: CoverTimings[] = [];
  await using covers = createCovers({ workers: 1 });
  const times = Array.from({ length: CANDIDATES }, (_, i) => (0.05 + (0.9 * (i + 0.5)) / CANDIDATES) * duration);
  const setup: BestSetup = { path, times, width: 320, height: 180, turns: TIMES };
  const choose = async (size: CoverSize): Promise<number> => {
    const started = performance.now();
    const { timings } = await covers.make(path, { at: 'best', candidates: CANDIDATES, size, timeout: DEADLINE });
    if (size === SMALL) stages.push(timings);
    return performance.now() - started;
  };
  const all = async (): Promise<number> => {
    const started = performance.now();
    await covers.makeAll(path, { at: times, sizes: [SMALL], timeout: DEADLINE });
    return performance.now() - started;
  };
  for (const once of [() => choose(SMALL), () => choose(LARGE), all]) await once();
  stages.length = 0;
  for (let run = 0; run < runs; run++) {
    for (let turn = 0; turn < TIMES; turn++) {
      figures.small.push(await choose(SMALL));
      figures.large.push(await choose(LARGE));
      figures.all.push(await all());
    }
    const { stdout } = await runChild(process.execPath, [FLOOR, JSON.stringify(setup)], { deadline: DEADLINE });
    figures.floor.push(...(JSON.parse(stdout) as number[]));
  }
  const [small, large, twelve, floor] = [figures.small, figures.large, figures.all, figures.floor].map(median);
  const row = (name: string, value = Number.NaN): string[] => [
    name,
    figure(value, 1),
    `${figure(value / (floor ?? Number.NaN), 2)} x`,
  ];
  return {
    name: 'best',
    title: `the best frame of ${String(CANDIDATES)}: ${text}`,
    head: ['', 'ms', 'floor'],
    rows: [
      row(`floor: ${String(CANDIDATES)} keyframes decoded and made small`, floor),
      row("at: 'best', 320x180", small),
      row("at: 'best', 1920x1080", large),
      row(`makeAll of ${String(CANDIDATES)} times, 320x180`, twelve),
    ],
    chart: [
      table(
        ['stages of the small one, median ms', ...STAGES],
        [['', ...STAGES.map((name) => figure(median(stages.map((timings) => timings[name])), 1))]],
      ),
    ],
    targets: [judge({ name: 'best frame against the floor', ours: small, against: floor, wanted: { atMost: 1.15 } })],
    method: METHOD,
    raw: { times, figures, stages },
  };
}
