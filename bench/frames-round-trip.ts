// Every frame through JavaScript and back into x264, beside one ffmpeg that does the same work and beside two pipes.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine } from '#dist/index.js';
import type { ConsumerReport } from './consumers/report.js';
import { X264_ARGS } from './consumers/round-trip-setup.js';
import type { Part } from './part.js';
import { cpuTimes } from './proc.js';
import type { Clip } from './sample-clip.js';
import { scratchFolder } from './scratch.js';
import { median, medianKnown } from './statistics.js';
import { figure, judge, type Target } from './target.js';
import { runWatched } from './watched.js';

const MIB = 1024 * 1024;
const METHOD = [
  'Decode, convert to rgb24, touch every page in JavaScript, convert back, x264 ultrafast, MP4 without sound. One ffmpeg',
  'does the same conversions without JavaScript. Wall times include the start of ffmpeg; framerail has its worker running.',
  'Memory is the peak PSS of all processes, from rounds of its own. The figures of the article that asked for this are',
  'printed beside ours: it measured another clip on another machine, against pipes.',
].join('\n');
/** "Cross-language performance of a Node FFmpeg wrapper" (2025): after against before. */
const ARTICLE = { throughput: 2.8, memory: 0.57, cpu: 0.73, latency: 0.32 } as const;

interface Run {
  readonly wall: number;
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
}

type Side = 'framerail' | 'ffmpeg' | 'pipes';
const NAMES: Readonly<Record<Side, string>> = {
  framerail: 'framerail',
  ffmpeg: 'one ffmpeg, no JavaScript',
  pipes: 'two ffmpegs and two pipes',
};

/** Measures it. */
export async function roundTrip(clip: Clip, rounds: number): Promise<Part> {
  const { frames, args } = await describe(clip.path);
  const output = join(scratchFolder(), 'out.mp4');
  const sides: Record<Side, (watched: boolean) => Promise<Run>> = {
    framerail: (watched) => consumer('round-trip', [clip.path, output, 'warm'], watched),
    ffmpeg: (watched) => ffmpeg(clip.path, output, watched),
    pipes: (watched) => consumer('round-trip-pipes', [clip.path, output, ...args], watched),
  };
  const keys = Object.keys(sides) as Side[];
  const take = async (count: number, watched: boolean): Promise<Record<Side, Run[]>> => {
    const runs: Record<Side, Run[]> = { framerail: [], ffmpeg: [], pipes: [] };
    for (let round = 0; round < count; round++) for (const key of keys) runs[key].push(await sides[key](watched));
    return runs;
  };
  const runs = await take(rounds, false);
  const watched = await take(Math.min(rounds, 2), true);
  const fps = (side: Side): number => (frames * 1000) / median(runs[side].map(({ wall }) => wall));
  const cpu = (side: Side): number | undefined => medianKnown(runs[side].map((run) => run.cpu));
  const memory = (side: Side): number | undefined => {
    const bytes = medianKnown(watched[side].map((run) => run.memory));
    return bytes === undefined ? undefined : bytes / MIB;
  };
  return {
    name: 'round-trip',
    title: `every frame through JavaScript and back into x264: ${String(frames)} frames`,
    head: ['', 'frames/s', 'all CPU ms', 'peak PSS MiB'],
    rows: [
      ...keys.map((side) => [NAMES[side], figure(fps(side), 1), figure(cpu(side), 0), figure(memory(side), 0)]),
      [
        'framerail against two pipes',
        over(fps('framerail'), fps('pipes')),
        over(cpu('framerail'), cpu('pipes')),
        over(memory('framerail'), memory('pipes')),
      ],
      [
        'the article, against pipes',
        `${figure(ARTICLE.throughput, 2)} x`,
        `${figure(ARTICLE.cpu, 2)} x`,
        `${figure(ARTICLE.memory, 2)} x`,
      ],
    ],
    targets: judgeAll({ fps, cpu, memory }),
    method: METHOD,
    raw: { frames, runs, memoryRuns: watched, article: ARTICLE },
  };
}

function judgeAll(of: {
  fps(side: Side): number;
  cpu(side: Side): number | undefined;
  memory(side: Side): number | undefined;
}): Target[] {
  return [
    judge({
      name: 'all CPU ms against one ffmpeg',
      ours: of.cpu('framerail'),
      against: of.cpu('ffmpeg'),
      wanted: { atMost: 1.05 },
    }),
    judge({
      name: 'frames/s against one ffmpeg',
      ours: of.fps('framerail'),
      against: of.fps('ffmpeg'),
      wanted: { atLeast: 1 },
    }),
    judge({
      name: 'frames/s against two pipes',
      ours: of.fps('framerail'),
      against: of.fps('pipes'),
      wanted: { atLeast: 1.25 },
    }),
    judge({
      name: 'peak PSS MiB against two pipes',
      ours: of.memory('framerail'),
      against: of.memory('pipes'),
      wanted: { below: 1 },
    }),
  ];
}

function over(ours: number | undefined, theirs: number | undefined): string {
  return ours === undefined || theirs === undefined ? '-' : `${figure(ours / theirs, 2)} x`;
}

/** How many frames there are, and what the pipes must be told of them. */
async function describe(path: string): Promise<{ frames: number; args: string[] }> {
  await using engine = new Engine();
  const { video, scan } = await engine.probe(path);
  const { width, height } = video.stored;
  return { frames: scan?.packets ?? 0, args: [`${String(width)}x${String(height)}`, String(video.frameRate ?? 30)] };
}

async function consumer(name: string, args: readonly string[], watched: boolean): Promise<Run> {
  const script = fileURLToPath(new URL(`./consumers/${name}.js`, import.meta.url));
  const { stdout, peakMemory } = await runWatched(process.execPath, [script, ...args], watched);
  const { wall, allCpu } = JSON.parse(stdout) as ConsumerReport;
  return { wall, cpu: allCpu, memory: peakMemory };
}

async function ffmpeg(path: string, output: string, watched: boolean): Promise<Run> {
  const before = cpuTimes('self')?.reaped;
  const work = ['-an', '-vf', 'format=rgb24,format=yuv420p', ...X264_ARGS];
  const { wall, peakMemory } = await runWatched('ffmpeg', ['-v', 'error', '-y', '-i', path, ...work, output], watched);
  const after = cpuTimes('self')?.reaped;
  return { wall, cpu: before === undefined || after === undefined ? undefined : after - before, memory: peakMemory };
}
