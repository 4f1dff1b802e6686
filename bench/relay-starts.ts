// How soon a relay dials, publishes and delivers, beside ffmpeg.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { waterfall } from '#dist/cli/waterfall.js';
import { createRelay, type RelayTimings } from '#dist/index.js';
import { killAtExit } from './child.js';
import type { Part } from './part.js';
import { seededNumbers } from './random.js';
import { Load } from './relay-load.js';
import { publish, startNginx } from './relay-nginx.js';
import { Tap, type Arrivals } from './relay-tap.js';
import { findBroadcast } from './sample-clip.js';
import { median, quantile } from './statistics.js';
import { figure, judge, type Target } from './target.js';

const BIN = fileURLToPath(new URL('../../bin/framerail.js', import.meta.url));
/** A start that has not delivered a picture by then is counted with what it reached. Milliseconds. */
const LONGEST_START = 15_000;
/** Sound without a picture for longer than from one keyframe to the next is sound alone. Milliseconds. */
const PICTURE_PATIENCE = 3000;
/** From one keyframe of the origin to the next, in milliseconds. */
const PHASE = 2000;
const STEPS = ['dialled', 'published', 'tag', 'picture'] as const;
const TUNED = ['-fpsprobesize', '0', '-probesize', '32', '-tcp_nodelay', '1'];
const METHOD = [
  'Each side in turn, each start on its own: milliseconds from the start of the process, or from `relay.start()` in a',
  'process that runs (warm), until a line in front of the destination sees the connection, the answer to `publish`,',
  'the first tag of media and the first keyframe. Origin and destination are nginx-rtmp, which keeps no group of',
  'pictures: a keyframe comes every two seconds, and framerail begins with one. ffmpeg begins with sound. Tuned is',
  `ffmpeg ${TUNED.join(' ')}. The chart has the medians of what warm relays say of themselves.`,
].join('\n');

const HEAD = ['ms', 'dialled', 'p95', 'published', 'p95', 'first tag', 'p95', 'first picture', 'p95', 'delivered'];
const JOIN_METHOD =
  'As above, with an origin and a destination of the benchmark: who joins is given everything since the last keyframe.';

type Step = (typeof STEPS)[number];
type Start = Partial<Record<Step, number>>;

interface Side {
  readonly name: string;
  /** Starts it; gives when it started, and what ends it. */
  begin(from: string, to: string): { readonly at: number; readonly end: () => Promise<unknown> };
}

/** What framerail says of its own warm starts. */
const warmTimings: RelayTimings[] = [];

const SIDES: readonly Side[] = [
  {
    name: 'framerail, warm',
    begin: (from, to) => {
      const relay = createRelay({ from, to: [to] });
      const at = performance.now();
      relay.start().catch(() => undefined);
      const end = async (): Promise<void> => {
        warmTimings.push(relay.status().timings);
        await relay.stop();
      };
      return { at, end };
    },
  },
  { name: 'framerail relay, cold', begin: (from, to) => command(process.execPath, [BIN, 'relay', from, to, '--json']) },
  {
    name: 'ffmpeg, tuned',
    begin: (from, to) => ffmpeg([...TUNED, '-i', from], to, ['-tcp_nodelay', '1']),
  },
  { name: 'ffmpeg -c copy', begin: (from, to) => ffmpeg(['-i', from], to) },
];

/** Starts with nginx-rtmp on both sides. */
export async function starts(runs: number): Promise<Part> {
  const nginx = await startNginx();
  const tap = await Tap.open(nginx.port);
  const from = `rtmp://127.0.0.1:${String(nginx.port)}/live/origin`;
  const stop = await publish(await findBroadcast(), from);
  try {
    const raw = await measure(runs, from, tap, PHASE);
    const title = `starts: ${String(runs)} a side, nginx-rtmp on both sides`;
    const chart = waterfall(medianTimings());
    return {
      name: 'starts',
      title,
      head: HEAD,
      rows: rowsOf(raw),
      chart,
      targets: judgeStarts(raw),
      method: METHOD,
      raw,
    };
  } finally {
    stop();
    tap.close();
    nginx.close();
  }
}

/** Starts from an origin that gives who joins everything since its last keyframe. */
export async function joins(runs: number): Promise<Part> {
  const load = await Load.open({ clip: await findBroadcast() });
  const tap = await Tap.open(load.port);
  try {
    const raw = await measure(runs, `rtmp://127.0.0.1:${String(load.port)}/live/0`, tap, 0);
    const [warm, , tuned] = raw;
    const targets = [
      judge({
        ...{ name: 'first tag after publish accepted, ms', ours: between(warm, 'published', 'tag'), against: 1 },
        wanted: { atMost: 15 },
      }),
      judge({
        ...{
          name: 'first picture warm, against tuned',
          ours: middle(warm, 'picture'),
          against: middle(tuned, 'picture'),
        },
        ...{ wanted: { atLeast: 5 }, timesFaster: true },
      }),
    ];
    const title = `joins: ${String(runs)} starts a side, from an origin that keeps its last group of pictures`;
    return { name: 'joins', title, head: HEAD, rows: rowsOf(raw), targets, method: JOIN_METHOD, raw };
  } finally {
    tap.close();
    await load.close();
  }
}

async function measure(runs: number, from: string, tap: Tap, phase: number): Promise<Start[][]> {
  const starts = SIDES.map((): Start[] => []);
  const random = seededNumbers();
  for (let round = 0; round < runs; round++)
    for (const [i, side] of SIDES.entries()) {
      const to = `rtmp://127.0.0.1:${String(tap.port)}/live/d${String(round)}-${String(i)}`;
      // Not always at the same place between two keyframes.
      await later(random() * phase);
      const { promise, cancel } = deadline(LONGEST_START);
      const arrived = tap.next(promise, PICTURE_PATIENCE);
      const { at, end } = side.begin(from, to);
      const arrivals = await arrived;
      cancel();
      await end();
      starts[i]?.push(sinceStart(arrivals, at));
    }
  return starts;
}

function sinceStart(arrivals: Arrivals | undefined, at: number): Start {
  const known = STEPS.flatMap((step) => {
    const when = arrivals?.[step];
    return when === undefined ? [] : [[step, when - at] as const];
  });
  return Object.fromEntries(known);
}

function values(starts: readonly Start[] | undefined, step: Step): number[] {
  return (starts ?? []).map((start) => start[step]).filter((value) => value !== undefined);
}

function judgeStarts(starts: readonly Start[][]): Target[] {
  const [warm, cold, tuned, stock] = starts;
  const timesFaster = true;
  const ours = middle(warm, 'dialled');
  return [
    judge({ name: 'dialled warm, ms', ours, against: 1, wanted: { atMost: 10 } }),
    judge({ name: 'publish accepted warm, ms', ours: middle(warm, 'published'), against: 1, wanted: { atMost: 15 } }),
    judge({
      ...{ name: 'dialled warm, against ffmpeg -c copy', ours, against: middle(stock, 'dialled') },
      ...{ wanted: { atLeast: 100 }, timesFaster },
    }),
    judge({
      ...{ name: 'dialled warm, against tuned', ours, against: middle(tuned, 'dialled') },
      ...{ wanted: { atLeast: 20 }, timesFaster },
    }),
    judge({
      ...{ name: 'dialled cold, against tuned', ours: middle(cold, 'dialled'), against: middle(tuned, 'dialled') },
      ...{ wanted: { atLeast: 4 }, timesFaster },
    }),
  ];
}

function rowsOf(starts: readonly Start[][]): string[][] {
  return SIDES.map(({ name }, i) => [
    name,
    ...STEPS.flatMap((step) => {
      const all = values(starts[i], step);
      return all.length === 0 ? ['-', '-'] : [figure(median(all), 1), figure(quantile(all, 0.95), 1)];
    }),
    String(values(starts[i], 'picture').length),
  ]);
}

/** The median of every step, as if it were one start. */
function medianTimings(): RelayTimings {
  const middles = (all: readonly object[]): Record<string, number> => {
    const names = new Set(all.flatMap((timings) => Object.keys(timings)));
    const of = (name: string): number[] =>
      all.flatMap((timings) => Object.entries(timings).flatMap(([key, at]) => (key === name ? [Number(at)] : [])));
    return Object.fromEntries([...names].map((name) => [name, median(of(name))]));
  };
  return {
    origin: middles(warmTimings.map(({ origin }) => origin)),
    destinations: { 1: middles(warmTimings.map(({ destinations }) => destinations[1] ?? {})) },
  };
}

function middle(side: readonly Start[] | undefined, step: Step): number | undefined {
  const all = values(side, step);
  return all.length === 0 ? undefined : median(all);
}

/** The median time from one step to another. */
function between(side: readonly Start[] | undefined, from: Step, to: Step): number | undefined {
  const all = (side ?? []).flatMap(({ [from]: began, [to]: ended }) =>
    began === undefined || ended === undefined ? [] : [ended - began],
  );
  return all.length === 0 ? undefined : median(all);
}

function ffmpeg(input: readonly string[], to: string, output: readonly string[] = []): ReturnType<Side['begin']> {
  return command('ffmpeg', ['-v', 'error', '-nostdin', ...input, '-c', 'copy', ...output, '-f', 'flv', to]);
}

function command(program: string, args: readonly string[]): ReturnType<Side['begin']> {
  const at = performance.now();
  const child = spawn(program, [...args], { stdio: 'ignore' });
  killAtExit(child);
  const gone = once(child, 'exit');
  return {
    at,
    end: () => {
      child.kill('SIGKILL');
      return gone;
    },
  };
}

function deadline(milliseconds: number): { readonly promise: Promise<void>; readonly cancel: () => void } {
  let cancel = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    cancel = () => {
      clearTimeout(timer);
    };
  });
  return { promise, cancel };
}
