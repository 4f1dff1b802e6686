// An origin that is lost or freezes: for how long does the destination get nothing, and does it keep its connection?
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { createRelay } from '#dist/index.js';
import { TAG } from '#dist/relay/flv/tag.js';
import { killAtExit } from './child.js';
import type { Part } from './part.js';
import { seededNumbers } from './random.js';
import { publisher, startNginx } from './relay-nginx.js';
import { Tap } from './relay-tap.js';
import { findBroadcast } from './sample-clip.js';
import { median, quantile } from './statistics.js';
import { figure, judge } from './target.js';

/** From one keyframe of the clip to the next, in milliseconds. */
const GOP = 2000;
/** What a switch may take beyond: half a second. */
const SLACK = 500;
/** Milliseconds of media ahead of the accident, and of media behind it that show that it is over. */
const AHEAD = 2500;
const BEHIND = 2000;
/** Milliseconds after which nothing is waited for any more. */
const LONGEST = 20_000;
/** Microseconds without bytes after which ffmpeg gives an input up; without them it waits for ever. */
const RW_TIMEOUT = 2_000_000;
const METHOD = [
  `Two nginx-rtmp, each with an ffmpeg that publishes a clip with a keyframe every ${String(GOP / 1000)} s. The first publisher is killed`,
  '(SIGKILL) or frozen (SIGSTOP), not always at the same place of a group. A line in front of the destination takes the',
  'longest time between two tags of media, between two tags of video, and counts connections. The loop of the shell is',
  `while :; do for url in A B; do ffmpeg -rw_timeout ${String(RW_TIMEOUT)} -i $url -c copy -f flv DESTINATION; done; done`,
].join('\n');

type Accident = 'kill' | 'freeze';

/** What came of one accident. */
interface Seen {
  /** Milliseconds without media, and without video. */
  readonly gap: number;
  readonly videoGap: number;
  readonly connections: number;
}

interface Side {
  readonly name: string;
  begin(from: readonly [string, string], to: string): { readonly end: () => Promise<unknown> };
}

const SIDES: readonly Side[] = [
  { name: 'framerail, hot standby', begin: (from, to) => ours(from, to, 'hot') },
  { name: 'framerail, cold standby', begin: (from, to) => ours(from, to, 'cold') },
  { name: 'a shell loop around ffmpeg', begin: shellLoop },
];

/** Measures it: so many accidents of each kind for each side. */
export async function failover(runs: number): Promise<Part> {
  const clip = await findBroadcast();
  const servers = [await startNginx(), await startNginx(), await startNginx()] as const;
  const random = seededNumbers();
  const raw: Record<Accident, Seen[][]> = { kill: SIDES.map(() => []), freeze: SIDES.map(() => []) };
  try {
    for (let round = 0; round < runs; round++)
      for (const accident of ['kill', 'freeze'] as const)
        for (const [i, side] of SIDES.entries())
          raw[accident][i]?.push(await accidentOf(side, accident, clip, servers, AHEAD + random() * GOP));
  } finally {
    for (const server of servers) server.close();
  }
  const rows = (['kill', 'freeze'] as const).flatMap((accident) =>
    SIDES.map(({ name }, i) => rowOf(`${accident}, ${name}`, raw[accident][i] ?? [])),
  );
  const worst = (accident: Accident, side: number): number =>
    Math.max(...(raw[accident][side] ?? []).map(({ gap }) => gap));
  const wanted = { atMost: 1 };
  const targets = [
    judge({ name: 'kill, hot: gap against a group + 500 ms', ours: worst('kill', 0), against: GOP + SLACK, wanted }),
    judge({ name: 'kill, cold', ours: worst('kill', 1), against: GOP + SLACK, wanted }),
    judge({ name: 'freeze, hot', ours: worst('freeze', 0), against: GOP + SLACK, wanted }),
    judge({ name: 'freeze, cold', ours: worst('freeze', 1), against: GOP + SLACK, wanted }),
    judge({
      ...{ name: 'connections of the destination', ours: mostConnections(raw, [0, 1]), against: 1, wanted },
    }),
  ];
  const title = `failover: ${String(runs)} accidents of each kind a side, what the destination sees of them`;
  const head = ['', 'ms without media', 'worst', 'without video', 'worst', 'connections'];
  return { name: 'failover', title, head, rows, targets, method: METHOD, raw };
}

/** One accident, with publishers of its own. */
async function accidentOf(
  side: Side,
  accident: Accident,
  clip: string,
  [first, second, third]: readonly { readonly port: number }[],
  ahead: number,
): Promise<Seen> {
  const url = (port = 0, name = ''): string => `rtmp://127.0.0.1:${String(port)}/live/${name}`;
  const from = [url(first?.port, 'a'), url(second?.port, 'b')] as const;
  const tags: { readonly at: number; readonly type: number }[] = [];
  const tap = await Tap.open(third?.port ?? 0, (type) => tags.push({ at: performance.now(), type }));
  const victim = await publisher(clip, from[0]);
  // Not the same pictures at the same time.
  await later(GOP / 2);
  const other = await publisher(clip, from[1]);
  const running = side.begin(from, url(tap.port, 'out'));
  try {
    await flowing(tags, 0, ahead);
    const at = performance.now();
    victim.kill(accident === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    await flowing(tags, at, BEHIND);
    return { gap: gapOf(tags, at), videoGap: gapOf(tags, at, TAG.video), connections: tap.connections };
  } finally {
    await running.end();
    await Promise.all([victim, other].map(ended));
    tap.close();
  }
}

/** Waits until video has flown for a while behind a moment and behind the longest pause after it, or for too long. */
async function flowing(tags: readonly { at: number; type: number }[], from: number, long: number): Promise<void> {
  for (const end = performance.now() + LONGEST; performance.now() < end;) {
    await later(50);
    const video = tags.filter(({ at, type }) => at > from && type === TAG.video).map(({ at }) => at);
    // What was under way when the accident happened is not what flows again.
    const again = video.findLast((at, i) => i === 0 || at - (video[i - 1] ?? at) > SLACK / 2) ?? Infinity;
    if ((video.at(-1) ?? 0) - again > long) return;
  }
}

/** The longest time between two tags around and behind a moment. */
function gapOf(tags: readonly { at: number; type: number }[], from: number, only?: number): number {
  const kept = tags.filter(({ type }) => only === undefined || type === only).map(({ at }) => at);
  const first = Math.max(
    0,
    kept.findLastIndex((at) => at <= from),
  );
  const times = [...kept.slice(first), ...((kept.at(-1) ?? 0) < from + SLACK ? [performance.now()] : [])];
  return Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? at)));
}

function rowOf(name: string, seen: readonly Seen[]): string[] {
  const both = (values: readonly number[]): string[] => [figure(median(values), 0), figure(quantile(values, 1), 0)];
  return [
    name,
    ...both(seen.map(({ gap }) => gap)),
    ...both(seen.map(({ videoGap }) => videoGap)),
    String(Math.max(...seen.map(({ connections }) => connections))),
  ];
}

function mostConnections(raw: Record<Accident, Seen[][]>, sides: readonly number[]): number {
  const seen = sides.flatMap((side) => [...(raw.kill[side] ?? []), ...(raw.freeze[side] ?? [])]);
  return Math.max(...seen.map(({ connections }) => connections));
}

function ours(from: readonly string[], to: string, standby: 'cold' | 'hot'): ReturnType<Side['begin']> {
  const relay = createRelay({ from, to: [to], standby });
  relay.start().catch(() => undefined);
  return { end: () => relay.stop() };
}

function shellLoop(from: readonly string[], to: string): ReturnType<Side['begin']> {
  const ffmpeg = `ffmpeg -v error -nostdin -rw_timeout ${String(RW_TIMEOUT)} -i "$url" -c copy -f flv "$to"`;
  const script = `to="$1"; shift; while :; do for url in "$@"; do ${ffmpeg}; done; done`;
  const child = spawn('sh', ['-c', script, 'sh', to, ...from], { stdio: 'ignore', detached: true });
  killAtExit(child);
  return {
    end: async () => {
      // The loop and the ffmpeg in it.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
