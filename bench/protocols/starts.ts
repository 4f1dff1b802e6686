// How soon the first picture is there that can be decoded, protocol by protocol, beside ffmpeg.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRelay, type RelayTimings } from '#dist/index.js';
import { killAtExit } from '../child.js';
import type { Part } from '../part.js';
import { seededNumbers } from '../random.js';
import { median, quantile } from '../statistics.js';
import { figure, judge, type Target } from '../target.js';
import { STEP } from './broadcast.js';
import { ROUND_TRIP, type Protocol } from './origins.js';
import type { Sink } from './sink.js';

const BIN = fileURLToPath(new URL('../../../bin/framerail.js', import.meta.url));
/** A start that has not delivered sound and a picture by then has failed. Milliseconds. */
const LONGEST = 8000;
/** What a start may take of what its protocol needs. */
const SLACK = 1.3;

/** One start that runs. */
interface Running {
  /** When it began, by `performance.now()`. */
  readonly at: number;
  /** Ends it; gives what a relay says of its own start. */
  readonly end: () => Promise<RelayTimings | undefined>;
}

const SIDES = {
  warm: (from: string, to: string): Running => {
    const relay = createRelay({ from, to: [to] });
    const at = performance.now();
    relay.start().catch(() => undefined);
    return {
      at,
      end: async () => {
        const { timings } = relay.status();
        await relay.stop();
        return timings;
      },
    };
  },
  cold: (from: string, to: string): Running => command(process.execPath, [BIN, 'relay', from, to, '--json']),
  ffmpeg: (from: string, to: string, tuned: readonly string[]): Running =>
    command('ffmpeg', ['-v', 'error', '-nostdin', ...tuned, '-i', from, '-c', 'copy', '-f', 'flv', to]),
} as const;

type Side = keyof typeof SIDES;

/** The starts of one protocol: milliseconds until the first picture; undefined where none came, or no sound. */
interface Starts {
  readonly protocol: Protocol;
  readonly took: Readonly<Record<Side, (number | undefined)[]>>;
  /** What warm relays said of their own steps. */
  readonly timings: (RelayTimings | undefined)[];
}

/** Measures it. */
export async function measureStarts(
  runs: number,
  protocols: readonly Protocol[],
  sink: Sink,
): Promise<Pick<Part, 'head' | 'rows' | 'targets' | 'raw'>> {
  const random = seededNumbers();
  const all = protocols.map((protocol): Starts => ({
    protocol,
    took: { warm: [], cold: [], ffmpeg: [] },
    timings: [],
  }));
  let count = 0;
  const one = async (protocol: Protocol, side: Side): Promise<{ took?: number; timings: RelayTimings | undefined }> => {
    const origin = await protocol.open();
    const name = String(count++);
    // Not always at the same place between two pictures.
    await later(random() * STEP);
    const { at, end } = SIDES[side](origin.url, sink.url(name), protocol.tuned);
    const { picture, sound } = await sink.whole(name, LONGEST);
    const timings = await end();
    await origin.close();
    return { timings, ...(picture !== undefined && sound && { took: picture - at }) };
  };
  // What is warm has run before: its code is read, and the process of SRT is there.
  for (const protocol of protocols) await one(protocol, 'warm');
  for (let round = 0; round < runs; round++)
    for (const { protocol, took, timings } of all)
      for (const side of ['warm', 'cold', 'ffmpeg'] as const) {
        const start = await one(protocol, side);
        took[side].push(start.took);
        if (side === 'warm') timings.push(start.timings);
      }
  return {
    head: HEAD,
    rows: all.map(rowOf),
    targets: [...all.filter(({ protocol }) => protocol.slow !== true).map(judgeTrips), ...all.map(judgeCold)],
    raw: all.map(({ protocol: { name, needs, waits, tuned }, ...rest }) => ({ name, needs, waits, tuned, ...rest })),
  };
}

const HEAD = [
  ...['first picture', 'needs', 'waits ms', 'warm ms', 'p95', 'round trips'],
  ...['cold ms', 'p95', 'ffmpeg tuned ms', 'p95', 'delivered'],
];

function known(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined);
}

function middle(values: readonly (number | undefined)[]): number | undefined {
  const there = known(values);
  return there.length === 0 ? undefined : median(there);
}

/** What a warm start took beyond its waits, in round trips; undefined where there are none. */
function trips({ protocol, took }: Starts): number | undefined {
  const warm = middle(took.warm);
  return warm === undefined || protocol.needs === 0 ? undefined : (warm - protocol.waits) / ROUND_TRIP;
}

function rowOf(starts: Starts): string[] {
  const { protocol, took } = starts;
  const both = (side: Side): string[] => {
    const there = known(took[side]);
    return there.length === 0 ? ['-', '-'] : [figure(median(there), 0), figure(quantile(there, 0.95), 0)];
  };
  const delivered = (['warm', 'cold', 'ffmpeg'] as const).map((side) => String(known(took[side]).length)).join(' / ');
  return [
    ...[protocol.name, String(protocol.needs), String(protocol.waits), ...both('warm'), figure(trips(starts), 2)],
    ...[...both('cold'), ...both('ffmpeg'), delivered],
  ];
}

function judgeTrips(starts: Starts): Target {
  const { name, needs } = starts.protocol;
  // Where there are no round trips there is nothing but the picture to wait for.
  if (needs === 0)
    return judge({
      ...{ name: `${name}, warm: ms against those of a picture`, ours: middle(starts.took.warm), against: STEP },
      wanted: { atMost: 1 },
    });
  const ours = trips(starts);
  return judge({ name: `${name}, warm: round trips`, ours, against: needs, wanted: { atMost: SLACK } });
}

function judgeCold({ protocol: { name }, took }: Starts): Target {
  const [ours, against] = [middle(took.cold), middle(took.ffmpeg)];
  return judge({ name: `${name}, cold: ms against tuned ffmpeg`, ours, against, wanted: { atMost: 1 } });
}

function command(program: string, args: readonly string[]): Running {
  const at = performance.now();
  // With a list of certificates to read a start of Node takes as long again, on the few machines that have one.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const child = spawn(program, [...args], { stdio: 'ignore', env });
  killAtExit(child);
  const gone = once(child, 'exit');
  return {
    at,
    end: async () => {
      child.kill('SIGKILL');
      await gone;
      return undefined;
    },
  };
}
