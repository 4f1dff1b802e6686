// One kind of media alone for a while, and then both: who delivers everything from then on?
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { createRelay } from '#dist/index.js';
import { killAtExit } from '../child.js';
import type { Part } from '../part.js';
import { judge, type Target } from '../target.js';
import type { Broadcast, Kind } from './broadcast.js';
import { HttpServer, Playlist } from './http-server.js';
import { RtspServer } from './rtsp-server.js';
import { Show, type Plan } from './show.js';
import type { Delivery, Sink } from './sink.js';
import { openSrtSender } from './srt-sender.js';
import { TransportStream } from './transport-stream.js';

/** Milliseconds of one kind alone: longer than ffmpeg looks at a stream, unless it is told to. */
export const ALONE = 8000;
/** Milliseconds of both. */
export const WATCHED = 5000;
/** Nothing more comes when nothing came for so long, as HLS is played some seconds late. Milliseconds. */
const QUIET = 3000;
/** Milliseconds behind a show after which nothing is waited for any more. */
const LONGEST = 15_000;
/** Segments that a playlist has when it is begun with: three are ahead of a client. */
const FIRST_SEGMENTS = 4;
const KINDS: readonly Kind[] = ['video', 'audio'];

/** What one client is shown. */
interface Stage {
  readonly url: string;
  /** What it was shown; undefined where it did not come. */
  show(): Show | undefined;
  close(): Promise<void> | void;
}

type Build = (broadcast: Broadcast, plan: Plan, clients: number) => Promise<readonly Stage[]>;

interface Carrier {
  readonly name: string;
  /** What ffmpeg is told ahead of its input. */
  readonly ffmpeg: readonly string[];
  readonly build: Build;
}

const CARRIERS: readonly Carrier[] = [
  { name: 'RTSP', ffmpeg: ['-rtsp_transport', 'tcp'], build: buildRtsp },
  { name: 'SRT', ffmpeg: [], build: buildSrt },
  { name: 'HLS', ffmpeg: [], build: buildHls },
];

/** How whole a delivery is. */
interface Counts {
  readonly whole: boolean;
  readonly shown: Readonly<Record<Kind, number>>;
  readonly came: Readonly<Record<Kind, number>>;
}

/** Measures it: as many clients at the same time as runs are wanted, and one ffmpeg beside them. */
export async function measureLate(
  runs: number,
  broadcast: Broadcast,
  sink: Sink,
): Promise<Pick<Part, 'head' | 'rows' | 'targets' | 'raw'>> {
  const rows: string[][] = [];
  const targets: Target[] = [];
  const raw: unknown[] = [];
  for (const carrier of CARRIERS)
    for (const late of KINDS) {
      const title = `${carrier.name}, late ${late}`;
      const plan = { late, alone: ALONE, watched: WATCHED };
      const { ours, theirs } = await watch(carrier, plan, runs, broadcast, sink, title.replace(/\W+/g, '-'));
      const whole = ours.filter((one) => one.whole).length;
      rows.push([title, `framerail x ${String(runs)}`, ...countsOf(ours), `${String(whole)} of ${String(runs)}`]);
      rows.push(['', 'ffmpeg -c copy', ...countsOf([theirs]), `${String(Number(theirs.whole))} of 1`]);
      targets.push(judge({ name: `${title}: whole`, ours: whole, against: runs, wanted: { atLeast: 1 } }));
      raw.push({ title, ours, theirs });
    }
  return { head: HEAD, rows, targets, raw };
}

const HEAD = ['late streams', '', 'pictures shown', 'delivered', 'sounds shown', 'delivered', 'whole'];

async function watch(
  { build, ffmpeg }: Carrier,
  plan: Plan,
  runs: number,
  broadcast: Broadcast,
  sink: Sink,
  name: string,
): Promise<{ readonly ours: readonly Counts[]; readonly theirs: Counts }> {
  const stages = await build(broadcast, plan, runs + 1);
  const names = stages.map((_, i) => `${name}-${String(i)}`);
  const relays = stages.slice(0, runs).map(({ url }, i) => createRelay({ from: url, to: [sink.url(names[i] ?? '')] }));
  const from = stages[runs]?.url ?? '';
  const to = sink.url(names[runs] ?? '');
  const args = ['-v', 'error', '-nostdin', ...ffmpeg, '-i', from, '-c', 'copy', '-f', 'flv', to];
  const child = spawn('ffmpeg', args, { stdio: 'ignore' });
  killAtExit(child);
  const gone = once(child, 'exit');
  try {
    // One that fails delivers nothing, and is counted as that.
    for (const relay of relays) relay.start().catch(() => undefined);
    await later(ALONE + WATCHED);
    await quiet(
      stages.flatMap((stage) => stage.show()?.over ?? []),
      names.map((one) => sink.delivery(one)),
    );
  } finally {
    await Promise.all(relays.map((relay) => relay.stop()));
    child.kill('SIGKILL');
    await gone;
    for (const stage of stages) await stage.close();
  }
  const counts = stages.map((stage, i) => compare(stage.show(), sink.delivery(names[i] ?? '')));
  return { ours: counts.slice(0, runs), theirs: counts[runs] ?? compare(undefined, sink.delivery('')) };
}

/** Waits until all was shown and nothing comes any more. */
async function quiet(over: readonly Promise<void>[], deliveries: readonly Delivery[]): Promise<void> {
  const end = performance.now() + LONGEST;
  await Promise.race([Promise.all(over), later(LONGEST)]);
  const begun = performance.now();
  while (performance.now() < end) {
    if (performance.now() - Math.max(begun, ...deliveries.map(({ at }) => at)) >= QUIET) return;
    await later(100);
  }
}

function compare(show: Show | undefined, { came }: Delivery): Counts {
  const shown = show?.shown ?? { audio: [], video: [] };
  const isWhole = (kind: Kind): boolean => shown[kind].length > 0 && endsWith(came[kind], shown[kind]);
  const found = (kind: Kind): number => {
    const there = new Set(came[kind]);
    return shown[kind].filter((one) => there.has(one)).length;
  };
  return {
    whole: show !== undefined && KINDS.every(isWhole),
    shown: { audio: shown.audio.length, video: shown.video.length },
    came: { audio: found('audio'), video: found('video') },
  };
}

/** Whether the last ones are these, in their order, with nothing between them. */
function endsWith(all: readonly string[], last: readonly string[]): boolean {
  const from = all.length - last.length;
  return from >= 0 && last.every((one, i) => all[from + i] === one);
}

function countsOf(all: readonly Counts[]): string[] {
  return KINDS.flatMap((kind) => [
    String(all.reduce((sum, { shown }) => sum + shown[kind], 0)),
    String(all.reduce((sum, { came }) => sum + came[kind], 0)),
  ]);
}

/** Its description announces both from the beginning; packets of one come late. */
async function buildRtsp(broadcast: Broadcast, plan: Plan, clients: number): Promise<readonly Stage[]> {
  const shows = new Map<string, Show>();
  const server = await RtspServer.open(broadcast, (name, take) => {
    const show = new Show(broadcast, plan, take);
    // Who comes again has lost something.
    if (!shows.has(name)) shows.set(name, show);
    return () => {
      show.close();
    };
  });
  return Array.from({ length: clients }, (_, i) => ({
    url: server.url(server.port, `c${String(i)}`),
    show: () => shows.get(`c${String(i)}`),
    close: () => {
      if (i === 0) server.close();
    },
  }));
}

/** Its tables name the late stream when it comes. */
async function buildSrt(broadcast: Broadcast, plan: Plan, clients: number): Promise<readonly Stage[]> {
  const senders = await Promise.all(Array.from({ length: clients }, () => openSrtSender()));
  return senders.map((sender) => {
    const stream = new TransportStream(broadcast.headers, sender.send);
    const show = new Show(broadcast, plan, (tags) => {
      stream.take(tags);
    });
    return {
      url: `srt://127.0.0.1:${String(sender.port)}`,
      show: () => show,
      close: async () => {
        show.close();
        await sender.close();
      },
    };
  });
}

/** The same in segments; clients come when there are some. */
async function buildHls(broadcast: Broadcast, plan: Plan, clients: number): Promise<readonly Stage[]> {
  const server = await HttpServer.open(broadcast);
  const longer = { ...plan, alone: plan.alone + FIRST_SEGMENTS * 1000 };
  const playlists = Array.from({ length: clients }, () => new Playlist(broadcast.headers));
  const stages = playlists.map((playlist, i) => {
    const show = new Show(broadcast, longer, (tags) => {
      playlist.take(tags);
    });
    void show.over.then(() => {
      playlist.cut();
    });
    server.playlists.set(`c${String(i)}`, playlist);
    return {
      url: `http://127.0.0.1:${String(server.port)}/c${String(i)}/live.m3u8`,
      show: () => show,
      close: () => {
        show.close();
        if (i === 0) server.close();
      },
    };
  });
  await new Promise<void>((resolve) => {
    const leave = broadcast.join(() => {
      if (playlists.some(({ count }) => count < FIRST_SEGMENTS)) return;
      leave();
      resolve();
    });
  });
  return stages;
}
