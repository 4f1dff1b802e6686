// One small JPEG at a time of a 1080p clip, beside ffmpeg, as a library and as a command.
import { createCovers, type CoverTimings } from '#dist/index.js';
import { coldCover, ffmpegCover, tunedFfmpegCover, warmCover, type CoverRun, type CoverWork } from './covers-sides.js';
import type { Part } from './part.js';
import { findClip } from './sample-clip.js';
import { scratchFolder } from './scratch.js';
import { median } from './statistics.js';
import { table } from './table.js';
import { figure, judge, type Target } from './target.js';

/** Covers of a round, at times spread over the clip. */
const COVERS = 12;
const STAGES = ['open', 'seek', 'decode', 'scale', 'encode', 'total'] as const;
const METHOD = [
  'Medians over all covers; for each time the sides follow one another, and each cover ends as a file. framerail and',
  'the tuned ffmpeg take the keyframe at or before the time, plain `ffmpeg -ss` decodes on to the exact frame. Times',
  'of commands include their process; the warm library has its worker running. The floor is the decode and scale',
  'stages inside the worker.',
].join('\n');

interface Runs {
  readonly warm: CoverRun[];
  readonly cold: CoverRun[];
  readonly ffmpeg: CoverRun[];
  readonly tuned: CoverRun[];
}

type Medians = Record<keyof Runs | 'floor', number> & { readonly stages: CoverTimings };

/** Measures it. */
export async function single(count: number, input: string | undefined): Promise<Part> {
  const clip = await findClip(input);
  const times = Array.from({ length: COVERS }, (_, i) => Number((((i + 0.5) / COVERS) * clip.duration).toFixed(3)));
  const runs = await takeTurns(clip.path, times, count);
  const medians = summarise(runs);
  return {
    name: 'single',
    title: `one 320x180 JPEG at a time, ${String(COVERS)} times of ${clip.text}`,
    head: ['', 'ms a cover', 'ffmpeg -ss takes'],
    rows: sideRows(medians),
    chart: [table(['stages of the warm library', ...STAGES], [stageRow(medians.stages)])],
    targets: judgeAll(medians),
    method: METHOD,
    raw: { clip, times, runs, medians },
  };
}

async function takeTurns(path: string, times: readonly number[], count: number): Promise<Runs> {
  const runs: Runs = { warm: [], cold: [], ffmpeg: [], tuned: [] };
  const folder = scratchFolder();
  await using covers = createCovers();
  const turn = async (work: CoverWork): Promise<void> => {
    runs.warm.push(await warmCover(covers, work));
    runs.ffmpeg.push(await ffmpegCover(work));
    runs.cold.push(await coldCover(work));
    runs.tuned.push(await tunedFfmpegCover(work));
  };
  // One untimed turn: every program and the file are then in the page cache.
  await turn({ path, time: times[0] ?? 0, folder });
  for (const side of Object.values(runs) as CoverRun[][]) side.length = 0;
  for (let round = 0; round < count; round++) for (const time of times) await turn({ path, time, folder });
  return runs;
}

function summarise(runs: Runs): Medians {
  const timings = runs.warm.flatMap((run) => run.timings ?? []);
  const stage = (name: keyof CoverTimings): number => median(timings.map((timing) => timing[name]));
  const wall = (side: keyof Runs): number => median(runs[side].map((run) => run.wall));
  return {
    warm: wall('warm'),
    cold: wall('cold'),
    ffmpeg: wall('ffmpeg'),
    tuned: wall('tuned'),
    floor: median(timings.map(({ decode, scale }) => decode + scale)),
    stages: {
      open: stage('open'),
      seek: stage('seek'),
      decode: stage('decode'),
      analyse: stage('analyse'),
      scale: stage('scale'),
      encode: stage('encode'),
      total: stage('total'),
    },
  };
}

function judgeAll({ warm, cold, ffmpeg }: Medians): Target[] {
  return [
    judge({
      name: 'warm library, times faster than ffmpeg -ss',
      ours: warm,
      against: ffmpeg,
      wanted: { atLeast: 8 },
      timesFaster: true,
    }),
    judge({ name: 'framerail cover against ffmpeg -ss', ours: cold, against: ffmpeg, wanted: { atMost: 1 } }),
  ];
}

function sideRows({ warm, cold, ffmpeg, tuned, floor }: Medians): string[][] {
  const row = (name: string, value: number): string[] => [name, figure(value, 1), `${figure(ffmpeg / value, 1)} x`];
  return [
    row('framerail library, warm', warm),
    row('floor: decode and scale', floor),
    row('framerail cover (command)', cold),
    row('ffmpeg -ss', ffmpeg),
    row('ffmpeg tuned: keyframes, one thread', tuned),
  ];
}

function stageRow(stages: CoverTimings): string[] {
  return ['median ms', ...STAGES.map((name) => figure(stages[name], 2))];
}
