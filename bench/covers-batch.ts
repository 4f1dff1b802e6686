// Ten thousand covers by one command: the memory of all its processes, and how much of the workers' own rate is left.
import { spawn } from 'node:child_process';
import { linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { FramerailError, type PoolStats } from '#dist/index.js';
import { killAtExit } from './child.js';
import type { Part } from './part.js';
import { processTree, proportionalMemory } from './proc.js';
import { findManyClips } from './sample-clip.js';
import { scratchFolder } from './scratch.js';
import { median } from './statistics.js';
import { figure, judge } from './target.js';

const COVERS = 10_000;
const CLIPS = 200;
const WORKERS = 2;
const MIB = 1024 ** 2;
/** Milliseconds between two looks at the memory: one costs as much as a cover. */
const LOOK_EVERY = 500;
const BIN = fileURLToPath(new URL('../../bin/framerail.js', import.meta.url));
/** Covers from and to which memory is compared. */
const [EARLY, LATE] = [
  [1000, 3000],
  [8000, COVERS],
] as const;
const METHOD = [
  `\`framerail covers FOLDER --out FOLDER --size 320x180 --concurrency ${String(WORKERS)} --json\` over ${String(COVERS)} names of ${String(CLIPS)} different files of 1080p (6 Mbit/s, 4 to`,
  '12 s): each is opened, decoded, encoded, published by rename and noted in the state. Memory is the proportional set size (PSS) of',
  'the command and its workers together, twice a second. The rate of the workers themselves is what they would give without ever',
  'waiting for a job: what is lost are the times between two of them, and their starts.',
].join('\n');

interface Run {
  readonly covers: number;
  /** Covers a second, from the first one to the last. */
  readonly rate: number;
  /** Covers a second that the workers would make if nothing were between them. */
  readonly workersRate: number;
  /** Bytes. */
  readonly peak: number;
  readonly early: number;
  readonly late: number;
}

/** Measures it. */
export async function batch(runs: number): Promise<Part> {
  const clips = await findManyClips(CLIPS, 'delivered');
  // Links must be on the file system of the clips.
  const videos = scratchFolder(join(clips[0] ?? '', '..'));
  for (let i = 0; i < COVERS; i++) {
    const folder = join(videos, String(Math.floor(i / 500)).padStart(2, '0'));
    if (i % 500 === 0) mkdirSync(folder);
    linkSync(clips[i % CLIPS] ?? '', join(folder, `${String(i).padStart(5, '0')}.mp4`));
  }
  const figures: Run[] = [];
  for (let run = 0; run < runs; run++) figures.push(await made(videos, scratchFolder()));
  const of = (value: (run: Run) => number): number => median(figures.map(value));
  const mib = (value: (run: Run) => number): string => figure(of(value) / MIB, 0);
  return {
    name: 'batch',
    title: `${String(COVERS)} covers of files in one run, ${String(WORKERS)} workers`,
    head: ['', ''],
    rows: [
      [
        'covers a second',
        figure(
          of(({ rate }) => rate),
          1,
        ),
      ],
      [
        'of the workers themselves',
        figure(
          of(({ workersRate }) => workersRate),
          1,
        ),
      ],
      ['peak PSS of all processes, MiB', mib(({ peak }) => peak)],
      [`PSS from cover ${String(EARLY[0])} to ${String(EARLY[1])}, MiB`, mib(({ early }) => early)],
      [`PSS from cover ${String(LATE[0])} to ${String(LATE[1])}, MiB`, mib(({ late }) => late)],
    ],
    targets: [
      judge({
        name: 'covers made of those wanted',
        ours: of(({ covers }) => covers),
        against: COVERS,
        wanted: { atLeast: 1 },
      }),
      judge({
        name: 'peak PSS against 840 MB',
        ours: of(({ peak }) => peak),
        against: 840e6,
        wanted: { atMost: 1 },
      }),
      judge({
        name: 'PSS at the end against after the first 1,000',
        ours: of(({ late }) => late),
        against: of(({ early }) => early),
        wanted: { atMost: 1.05 },
      }),
      judge({
        name: 'rate against that of the workers themselves',
        ours: of(({ rate }) => rate),
        against: of(({ workersRate }) => workersRate),
        wanted: { atLeast: 0.95 },
      }),
    ],
    method: METHOD,
    raw: figures,
  };
}

/** Lines of the command that are read here. */
interface Line {
  readonly event: string;
  readonly workers?: PoolStats;
}

async function made(videos: string, out: string): Promise<Run> {
  const args = ['covers', videos, '--out', out, '--size', '320x180', '--concurrency', String(WORKERS), '--json'];
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  killAtExit(child);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let [covers, first, last, utilisation] = [0, 0, 0, 1];
  const looks: { readonly covers: number; readonly bytes: number }[] = [];
  const timer = setInterval(() => {
    const bytes = proportionalMemory(processTree(child.pid ?? 0));
    if (bytes !== undefined) looks.push({ covers, bytes });
  }, LOOK_EVERY);
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      const { event, workers } = JSON.parse(text) as Line;
      utilisation = workers?.utilisation ?? utilisation;
      if (event !== 'done') continue;
      covers += 1;
      last = performance.now();
      if (covers === 1) first = last;
    }
  } finally {
    clearInterval(timer);
  }
  const code = await ended;
  if (code !== 0)
    throw new FramerailError('FR_DECODE_FAILED', `framerail covers ended with exit code ${String(code)}.`);
  const between = ([from, to]: readonly [number, number]): number =>
    median(looks.filter((look) => look.covers >= from && look.covers <= to).map(({ bytes }) => bytes));
  const rate = ((covers - 1) / (last - first)) * 1000;
  return {
    covers,
    rate,
    workersRate: rate / utilisation,
    peak: Math.max(...looks.map(({ bytes }) => bytes)),
    early: between(EARLY),
    late: between(LATE),
  };
}
