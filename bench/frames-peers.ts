// The ways that Node developers have today, in one table: what they deliver and what they cost.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine } from '#dist/index.js';
import type { ConsumerReport } from './consumers/report.js';
import type { Part } from './part.js';
import type { Clip } from './sample-clip.js';
import { scratchFolder } from './scratch.js';
import { median, medianKnown } from './statistics.js';
import { figure } from './target.js';
import { runWatched } from './watched.js';

const MIB = 1024 * 1024;
const METHOD = [
  'Reading: every frame as rgb24 in JavaScript, one byte of each page touched. Writing: the same, changed and encoded',
  'again with x264 ultrafast. Each way is written with care, as its documentation shows it. Wall times from the first call',
  'to the last frame or the finished file; framerail and node-av have nothing running before. Memory is peak PSS of all',
  'processes, from a round of its own.',
].join('\n');

interface Way {
  readonly name: string;
  readonly task: 'read' | 'write';
  readonly args: (paths: { file: string; output: string; size: string; rate: string; bytes: string }) => string[];
}

const WAYS: readonly Way[] = [
  { name: 'framerail', task: 'read', args: ({ file }) => ['framerail', file, 'cold'] },
  { name: 'raw pipe', task: 'read', args: ({ file, bytes }) => ['pipe', file, bytes] },
  { name: 'fluent-ffmpeg', task: 'read', args: ({ file, bytes }) => ['peer-fluent', 'read', file, '', bytes] },
  { name: 'node-av, high level', task: 'read', args: ({ file }) => ['peer-node-av', 'read', file, ''] },
  { name: 'framerail', task: 'write', args: ({ file, output }) => ['round-trip', file, output, 'cold'] },
  {
    name: 'two raw pipes',
    task: 'write',
    args: ({ file, output, size, rate }) => ['round-trip-pipes', file, output, size, rate],
  },
  {
    name: 'fluent-ffmpeg',
    task: 'write',
    args: ({ file, output, size, rate, bytes }) => ['peer-fluent', 'write', file, output, bytes, size, rate],
  },
  { name: 'node-av, high level', task: 'write', args: ({ file, output }) => ['peer-node-av', 'write', file, output] },
];

/** Measures it. */
export async function peers(clip: Clip, runs: number): Promise<Part> {
  const output = join(scratchFolder(), 'out.mp4');
  await using engine = new Engine();
  const { video } = await engine.open(clip.path).then((opened) => opened.info);
  const { width, height } = video.stored;
  const paths = {
    file: clip.path,
    output,
    size: `${String(width)}x${String(height)}`,
    rate: String(video.frameRate ?? 30),
    bytes: String(width * height * 3),
  };
  const reports = WAYS.map((): ConsumerReport[] => []);
  for (let round = 0; round < runs; round++)
    for (const [i, way] of WAYS.entries()) reports[i]?.push((await consume(way.args(paths), false)).report);
  const memory: (number | undefined)[] = [];
  for (const way of WAYS) memory.push((await consume(way.args(paths), true)).memory);
  const rows = WAYS.map(({ name, task }, i) => {
    const list = reports[i] ?? [];
    const fps = median(list.map(({ frames, wall }) => (frames * 1000) / wall));
    const mib = memory[i] === undefined ? undefined : memory[i] / MIB;
    const cpu = medianKnown(list.map(({ allCpu }) => allCpu));
    const own = median(list.map(({ consumerCpu }) => consumerCpu));
    return [
      `${task === 'read' ? 'reading' : 'writing'}, ${name}`,
      figure(fps, 1),
      figure(own, 0),
      figure(cpu, 0),
      figure(mib, 0),
    ];
  });
  return {
    name: 'peers',
    title: 'the ways that there are today',
    head: ['', 'frames/s', 'caller CPU ms', 'all CPU ms', 'peak PSS MiB'],
    rows,
    targets: [],
    method: METHOD,
    raw: { reports, memory },
  };
}

async function consume(
  [name = '', ...args]: readonly string[],
  watched: boolean,
): Promise<{ report: ConsumerReport; memory: number | undefined }> {
  const script = fileURLToPath(new URL(`./consumers/${name}.js`, import.meta.url));
  const { stdout, peakMemory } = await runWatched(process.execPath, [script, ...args], watched);
  return { report: JSON.parse(stdout) as ConsumerReport, memory: peakMemory };
}
