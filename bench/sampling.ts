// Few frames of a long clip, beside ffmpeg and beside one call for each frame.
import { Engine } from '#dist/index.js';
import type { Part } from './part.js';
import { seededNumbers } from './random.js';
import { findLongClip } from './sample-clip.js';
import * as sides from './sampling-sides.js';
import { median, medianKnown } from './statistics.js';
import { figure, judge, type Target } from './target.js';

/** Random times, the same in every run. */
const TIMES = 100;
const STEP = 2;
const LONG_STEP = 10;
const METHOD = [
  'Medians of runs in turn. framerail has its worker running, as the library keeps it, and opens the file within its',
  'time; ffmpeg starts within its own and writes no pictures, only a checksum of each. All scale to 320x180 rgb24.',
  'CPU is that of all processes: it tells more than the time where others use the machine.',
  'What takes minutes runs once (marked *). `-discard nokey` has the container leave packets out before ffmpeg sees',
  'them: not every container can, and with FFmpeg 8 MP4 then gives frames wrong times. The frames of all sides of a',
  'task are counted and must be as many.',
].join('\n');

interface Side {
  readonly name: string;
  /** Whether it takes minutes, so that once is enough. */
  readonly slow?: boolean;
  run(): Promise<sides.SamplingRun>;
}

/** The sides of one task; the first one is measured against the others. */
interface Job {
  readonly name: string;
  readonly sides: readonly Side[];
  /** For each other side: how many times faster, where that is a target. */
  readonly wanted: readonly (number | undefined)[];
}

/** Measures it: one part for each task. */
export async function sampling(runs: number, input: string | undefined): Promise<Part[]> {
  const clip = await findLongClip(input);
  await using engine = new Engine();
  const times = randomTimes(clip.duration);
  // One untimed turn: the worker is warm, and the file in the page cache for everybody.
  await sides.sample(engine, clip.path, { keyframes: true });
  const parts: Part[] = [];
  for (const job of allJobs(engine, clip.path, times)) {
    const { name, frames, rows, targets, runs: raw } = await measure(job, runs);
    const title = `${name}: ${String(frames)} frames of ${clip.text}`;
    const head = ['', 'ms', 'CPU ms', 'framerail is'];
    parts.push({ name: 'sampling', title, head, rows, targets, method: METHOD, raw });
  }
  return parts;
}

function allJobs(engine: Engine, path: string, times: readonly number[]): Job[] {
  const nokey = ['-skip_frame', 'nokey'];
  const every = ['-vsync', 'passthrough'];
  return [
    {
      name: `the keyframe each ${String(STEP)} s`,
      sides: [
        { name: 'framerail', run: () => sides.sample(engine, path, { every: STEP, precision: 'keyframe' }) },
        { name: 'ffmpeg -skip_frame nokey', run: () => sides.ffmpeg({ path, input: nokey, output: every }) },
        {
          name: 'ffmpeg -discard nokey -skip_frame nokey',
          run: () => sides.ffmpeg({ path, input: ['-discard', 'nokey', ...nokey], output: every }),
        },
      ],
      wanted: [1.5, undefined],
    },
    {
      name: `the exact frame each ${String(LONG_STEP)} s`,
      sides: [
        { name: 'framerail', run: () => sides.sample(engine, path, { every: LONG_STEP }) },
        {
          name: `ffmpeg -vf fps=1/${String(LONG_STEP)}`,
          slow: true,
          // Rounded up, each frame is the one on display at its step, and the last step is not repeated at the end.
          run: () => sides.ffmpeg({ path, filters: [`fps=1/${String(LONG_STEP)}:round=up:eof_action=pass`] }),
        },
      ],
      wanted: [10],
    },
    {
      name: 'frames of random times',
      sides: [
        { name: 'framerail, one call', run: () => sides.together(engine, path, times) },
        { name: 'framerail, a call for each', run: () => sides.oneByOne(engine, path, times) },
        { name: 'ffmpeg -ss for each', slow: true, run: () => sides.ffmpegSeeks(path, times) },
      ],
      wanted: [2, 2],
    },
  ];
}

async function measure(
  { name, sides: all, wanted }: Job,
  count: number,
): Promise<{ name: string; frames: number; runs: sides.SamplingRun[][]; rows: string[][]; targets: Target[] }> {
  const runs = all.map((): sides.SamplingRun[] => []);
  for (let round = 0; round < count; round++)
    for (const [i, side] of all.entries()) if (round === 0 || side.slow !== true) runs[i]?.push(await side.run());
  sides.checkSame(name, runs.flat());
  const medians = runs.map((list) => median(list.map(({ wall }) => wall)));
  const ours = medians[0] ?? Number.NaN;
  const rows = all.map((side, i) => {
    const wall = medians[i] ?? Number.NaN;
    const times = i === 0 ? '' : `${figure(wall / ours, 2)} x as fast`;
    return [
      `${side.name}${side.slow === true ? ' *' : ''}`,
      figure(wall, 0),
      figure(medianKnown((runs[i] ?? []).map(({ cpu }) => cpu)), 0),
      times,
    ];
  });
  const targets = wanted.flatMap((atLeast, i) =>
    atLeast === undefined
      ? []
      : [
          judge({
            name: `${name}, times faster than ${all[i + 1]?.name ?? ''}`,
            ours,
            against: medians[i + 1],
            wanted: { atLeast },
            timesFaster: true,
          }),
        ],
  );
  return { name, frames: runs[0]?.[0]?.frames ?? 0, runs, rows, targets };
}

/** Times all over the clip but its very end, from a generator of small numbers that is the same everywhere. */
function randomTimes(duration: number): number[] {
  const random = seededNumbers();
  return Array.from({ length: TIMES }, () => random() * Math.max(0, duration - 1));
}
