// One small JPEG of each of many different 1080p files, two at a time, beside the commands that platforms make them with.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCovers, FramerailError, type CoverTimings } from '#dist/index.js';
import { runChild } from './child.js';
import type { CoverSetup } from './consumers/cover-setup.js';
import type { Part } from './part.js';
import { findManyClips, type ClipKind } from './sample-clip.js';
import { scratchFolder } from './scratch.js';
import { median } from './statistics.js';
import { table } from './table.js';
import { figure, judge, type Target } from './target.js';

const FILES = 200;
/** The command that people write first takes half a second for each. */
const FEW = 20;
/** In the middle of the second group of pictures. */
const TIME = 3;
const [WIDTH, HEIGHT, QUALITY] = [320, 180, 85];
const AT_ONCE = 2;
const DEADLINE = 600_000;
const FLOOR = fileURLToPath(new URL('consumers/cover-floor.js', import.meta.url));
const STAGES = ['open', 'seek', 'decode', 'scale', 'encode', 'total'] as const;
const METHOD = [
  `${String(FILES)} files of 4 to 12 s, a cover at ${String(TIME)} s of each, cached by nobody but the system; medians of runs in turn.`,
  'Each cover ends as a file. Sides run two at a time where it is not said otherwise, framerail with as many workers, which',
  'are warm, and one call more. plain `ffmpeg -ss` decodes on to the exact frame, the others take the keyframe before it. The floor',
  'opens a decoder, decodes that keyframe, scales it and writes the JPEG in one process; finding it is not in its time.',
].join('\n');

const KINDS: Readonly<Record<ClipKind, string>> = {
  delivered: '6 Mbit/s, keyframes of 90 KB',
  recorded: '12 Mbit/s, keyframes of 290 KB',
};

interface Side {
  readonly name: string;
  /** Milliseconds for each cover. */
  run(files: readonly string[], folder: string): Promise<number | undefined>;
}

const stages: CoverTimings[] = [];

const SIDES = {
  two: { name: 'framerail, 2 workers', run: (files, folder) => ours(files, folder, 2) },
  one: { name: 'framerail, 1 worker', run: (files, folder) => ours(files, folder, 1) },
  plain: { name: 'ffmpeg -ss T -i F', run: commands((file, out) => ffmpeg(['-ss', String(TIME), '-i', file], out)) },
  tuned: {
    name: 'ffmpeg -threads 1 -skip_frame nokey -ss T -i F',
    run: commands((file, out) =>
      ffmpeg(
        ['-threads', '1', '-skip_frame', 'nokey', '-noaccurate_seek', '-copyts', '-ss', String(TIME), '-i', file],
        out,
      ),
    ),
  },
  thumbnailer: {
    name: 'ffmpegthumbnailer',
    run: async (files, folder) => ((await hasThumbnailer()) ? commands(thumbnailer)(files, folder) : undefined),
  },
  first: {
    name: 'ffmpeg -i F -ss T, one at a time',
    run: (files, folder) =>
      commands((file, out) => ffmpeg(['-i', file, '-ss', String(TIME)], out), 1)(files.slice(0, FEW), folder),
  },
  floor: { name: 'floor: decode, scale, JPEG; one at a time', run: floor },
  floors: { name: 'floor, two processes', run: floors },
} satisfies Record<string, Side>;

type Key = keyof typeof SIDES;
type Medians = Record<Key, number | undefined>;

/** Measures it. */
export async function files(runs: number, kind: ClipKind): Promise<Part> {
  const clips = await findManyClips(FILES, kind);
  const folder = scratchFolder();
  const figures: Record<Key, (number | undefined)[]> = {
    two: [],
    one: [],
    plain: [],
    tuned: [],
    thumbnailer: [],
    first: [],
    floor: [],
    floors: [],
  };
  const keys = Object.keys(figures) as Key[];
  // One untimed turn on a few: every program is then in the page cache.
  for (const key of keys) await SIDES[key].run(clips.slice(0, 4), folder);
  stages.length = 0;
  for (let run = 0; run < runs; run++) for (const key of keys) figures[key].push(await SIDES[key].run(clips, folder));
  const medians = Object.fromEntries(
    keys.map((key) => [key, figures[key].includes(undefined) ? undefined : median(figures[key] as number[])]),
  ) as Medians;
  const stage = (name: keyof CoverTimings): string => figure(median(stages.map((timings) => timings[name])), 2);
  return {
    name: kind,
    title: `320x180 JPEGs of ${String(FILES)} different 1080p files, ${KINDS[kind]}`,
    head: ['', 'ms a cover', 'covers/s', 'framerail is faster'],
    rows: keys.map((key) => [
      SIDES[key].name,
      figure(medians[key], 1),
      figure(1000 / (medians[key] ?? Number.NaN), 1),
      `${figure((medians[key] ?? Number.NaN) / (medians.two ?? Number.NaN), 1)} x`,
    ]),
    chart: [table(['stages of one worker, median ms', ...STAGES], [['', ...STAGES.map(stage)]])],
    targets: judgeAll(medians),
    method: METHOD,
    raw: { figures, medians, stages },
  };
}

function judgeAll({ two, one, plain, tuned, thumbnailer, first, floor: least, floors: leastOfTwo }: Medians): Target[] {
  const faster = (name: string, against: number | undefined, atLeast: number): Target =>
    judge({ name, ours: two, against, wanted: { atLeast }, timesFaster: true });
  return [
    faster('ffmpeg -ss T -i F', plain, 15),
    faster('ffmpeg, keyframes alone on one thread', tuned, 6),
    faster('ffmpegthumbnailer', thumbnailer, 6),
    faster('ffmpeg -i F -ss T, one at a time', first, 60),
    judge({ name: 'one worker against the floor', ours: one, against: least, wanted: { atMost: 1.3 } }),
    judge({ name: 'two workers against two of the floor', ours: two, against: leastOfTwo, wanted: { atMost: 1.3 } }),
    judge({ name: 'two workers against one', ours: two, against: one, wanted: { atLeast: 1.9 }, timesFaster: true }),
  ];
}

async function ours(clips: readonly string[], folder: string, workers: number): Promise<number> {
  await using covers = createCovers({ workers });
  await covers.warm(workers);
  // One call more than workers: no worker waits while the file of another one is written.
  return await inTurn(clips, workers + 1, async (file, index) => {
    const options = { at: TIME, size: [WIDTH, HEIGHT], quality: QUALITY, timeout: DEADLINE } as const;
    const { data, timings } = await covers.make(file, options);
    if (workers === 1) stages.push(timings);
    await writeFile(join(folder, `ours-${String(index)}.jpg`), data);
  });
}

/** Milliseconds for each of some pieces of work, so many at a time. */
async function inTurn(
  clips: readonly string[],
  atOnce: number,
  work: (file: string, index: number) => Promise<void>,
): Promise<number> {
  const started = performance.now();
  const rest = clips.entries();
  const lane = async (): Promise<void> => {
    for (const [index, file] of rest) await work(file, index);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return (performance.now() - started) / clips.length;
}

/** A side that runs a command for each cover. */
function commands(
  run: (file: string, out: string) => Promise<unknown>,
  atOnce = AT_ONCE,
): (clips: readonly string[], folder: string) => Promise<number> {
  return (clips, folder) =>
    inTurn(clips, atOnce, async (file, index) => {
      const out = join(folder, `theirs-${String(index)}.jpg`);
      await run(file, out);
      // ffmpeg calls it a success when it met no frame.
      if (!existsSync(out)) throw new FramerailError('FR_DECODE_NO_FRAME', `No cover was made of ${file}.`);
    });
}

function ffmpeg(input: readonly string[], out: string): Promise<unknown> {
  const scale = ['-frames:v', '1', '-vf', `scale=${String(WIDTH)}:${String(HEIGHT)}`];
  return runChild('ffmpeg', ['-v', 'error', '-y', ...input, ...scale, out], { deadline: DEADLINE });
}

function thumbnailer(file: string, out: string): Promise<unknown> {
  const args = ['-i', file, '-o', out, '-s', String(WIDTH), '-t', '00:00:03', '-c', 'jpeg'];
  return runChild('ffmpegthumbnailer', args, { deadline: DEADLINE });
}

async function hasThumbnailer(): Promise<boolean> {
  return runChild('ffmpegthumbnailer', ['-v'], { deadline: DEADLINE }).then(
    () => true,
    () => false,
  );
}

async function floor(clips: readonly string[]): Promise<number> {
  const setup: CoverSetup = { files: clips, time: TIME, width: WIDTH, height: HEIGHT, quality: QUALITY };
  const { stdout } = await runChild(process.execPath, [FLOOR, JSON.stringify(setup)], { deadline: DEADLINE });
  return (JSON.parse(stdout) as { readonly ms: number }).ms;
}

/** What the machine itself gives to two processes: two cores are often two halves of one. */
async function floors(clips: readonly string[]): Promise<number> {
  const halves = [0, 1].map((half) => clips.filter((_, index) => index % 2 === half));
  const times = await Promise.all(halves.map(floor));
  return median(times) / 2;
}
