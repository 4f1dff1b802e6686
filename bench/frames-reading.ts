// Every frame of a clip as rgb24 in JavaScript, beside a pipe from ffmpeg and ffmpeg alone.
import { Engine } from '#dist/index.js';
import type { Part } from './part.js';
import { FRAMES_SIDES, type FramesRun, type FramesWork } from './reading-sides.js';
import type { Clip } from './sample-clip.js';
import { median, medianKnown } from './statistics.js';
import { figure, judge, type Target } from './target.js';

const MIB = 1024 * 1024;
const METHOD = [
  'Medians of runs in turn, each side in a fresh process. Times of the pipe and of ffmpeg alone include the start of',
  'ffmpeg; framerail warm has its worker running, as the library keeps workers (targets use this one), and opens the',
  'file within its time; cold starts its worker within it. Memory is the peak PSS of all processes of a side, from',
  'rounds of its own, since reading it slows them down. Both readers touch one byte of every 4096.',
].join('\n');

type SideKey = keyof typeof FRAMES_SIDES;
type Runs = Record<SideKey, FramesRun[]>;
type Medians = Record<SideKey, Omit<FramesRun, 'frames'>>;

const SIDE_KEYS = Object.keys(FRAMES_SIDES) as SideKey[];

/** Measures it. */
export async function reading(clip: Clip, runs: number): Promise<Part> {
  const work = await measureWork(clip);
  const timed = await takeTurns(work, runs, false);
  const watched = await takeTurns(work, Math.min(runs, 2), true);
  const medians = summarise(timed, watched);
  return {
    name: 'reading',
    title: `every frame as rgb24 in JavaScript: ${String(work.frames)} frames`,
    head: ['', 'frames/s', 'wall ms', 'reader CPU ms', 'all CPU ms', 'peak PSS MiB'],
    rows: SIDE_KEYS.map((key) => sideRow(FRAMES_SIDES[key].name, medians[key])),
    targets: judgeAll(medians),
    method: METHOD,
    raw: { work, runs: timed, memoryRuns: watched, medians },
  };
}

/** One untimed pass: counts the frames, and has the file in the page cache for everybody. */
async function measureWork({ path }: Clip): Promise<FramesWork> {
  await using engine = new Engine();
  await using video = await engine.open(path);
  let frames = 0;
  let frameBytes = 0;
  for await (const batch of video.frames({ format: 'rgb24' })) {
    frames += batch.length;
    frameBytes = batch.frames[0]?.allocationSize() ?? frameBytes;
  }
  return { path, frames, frameBytes };
}

async function takeTurns(work: FramesWork, count: number, watched: boolean): Promise<Runs> {
  const runs: Runs = { warm: [], cold: [], pipe: [], floor: [] };
  for (let round = 0; round < count; round++)
    for (const key of SIDE_KEYS) runs[key].push(await FRAMES_SIDES[key].run(work, watched));
  return runs;
}

function summarise(runs: Runs, watched: Runs): Medians {
  const of = (key: SideKey): Medians[SideKey] => ({
    wall: median(runs[key].map((run) => run.wall)),
    framesPerSecond: median(runs[key].map((run) => run.framesPerSecond)),
    consumerCpu: medianKnown(runs[key].map((run) => run.consumerCpu)),
    allCpu: medianKnown(runs[key].map((run) => run.allCpu)),
    peakMemory: medianKnown(watched[key].map((run) => run.peakMemory)),
  });
  return { warm: of('warm'), cold: of('cold'), pipe: of('pipe'), floor: of('floor') };
}

function judgeAll({ warm, pipe, floor }: Medians): Target[] {
  const mib = (bytes: number | undefined): number | undefined => (bytes === undefined ? undefined : bytes / MIB);
  return [
    judge({
      name: 'frames/s against the pipe',
      ours: warm.framesPerSecond,
      against: pipe.framesPerSecond,
      wanted: { atLeast: 1.25 },
    }),
    judge({
      name: 'frames/s against ffmpeg alone',
      ours: warm.framesPerSecond,
      against: floor.framesPerSecond,
      wanted: { atLeast: 0.9 },
    }),
    judge({
      name: 'reader CPU ms against the pipe',
      ours: warm.consumerCpu,
      against: pipe.consumerCpu,
      wanted: { atMost: 0.2 },
    }),
    judge({
      name: 'peak PSS MiB against the pipe',
      ours: mib(warm.peakMemory),
      against: mib(pipe.peakMemory),
      wanted: { below: 1 },
    }),
  ];
}

function sideRow(name: string, side: Medians[SideKey]): string[] {
  const memory = side.peakMemory === undefined ? undefined : side.peakMemory / MIB;
  return [
    name,
    figure(side.framesPerSecond, 1),
    figure(side.wall, 0),
    figure(side.consumerCpu, 0),
    figure(side.allCpu, 0),
    figure(memory, 0),
  ];
}
