// Sound alone under a header that announces no video, then video: who delivers it?
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';
import { createRelay } from '#dist/index.js';
import { killAtExit } from './child.js';
import type { Part } from './part.js';
import { Load, type Arrived } from './relay-load.js';
import { findBroadcast } from './sample-clip.js';
import { judge } from './target.js';

/** Milliseconds of sound alone. */
const ALONE = 20_000;
/** How long is watched behind it. */
const WATCHED = 6000;
const METHOD = [
  'Metadata names no video; pictures begin with a keyframe and are counted on both sides, those under way left out.',
  'All starts of framerail run at the same time, with one ffmpeg -c copy beside them.',
].join('\n');

/** Measures it: as many starts at the same time as runs are wanted. */
export async function lateVideo(runs: number): Promise<Part> {
  const clip = await findBroadcast();
  const ours = await Load.open({ audioAlone: ALONE, clip });
  const theirs = await Load.open({ audioAlone: ALONE, clip });
  const url = (load: Load, key: string): string => `rtmp://127.0.0.1:${String(load.port)}/live/${key}`;
  try {
    const relays = Array.from({ length: runs }, (_, i) =>
      createRelay({ from: url(ours, `a${String(i)}`), to: [url(ours, `b${String(i)}`)] }),
    );
    await Promise.all(relays.map((relay) => relay.start()));
    const ffmpeg = spawn(
      'ffmpeg',
      ['-v', 'error', '-nostdin', '-i', url(theirs, 'a0'), '-c', 'copy', '-f', 'flv', url(theirs, 'b0')],
      { stdio: 'ignore' },
    );
    killAtExit(ffmpeg);
    await later(ALONE + WATCHED);
    const [mine, other] = [delivered(await ours.arrived()), delivered(await theirs.arrived())];
    await Promise.all(relays.map((relay) => relay.stop()));
    ffmpeg.kill('SIGKILL');
    await once(ffmpeg, 'exit');
    const rows = [
      ['framerail', String(runs), ...[mine.whole, mine.sent, mine.arrived].map(String)],
      ['ffmpeg -c copy', '1', ...[other.whole, other.sent, other.arrived].map(String)],
    ];
    const targets = [judge({ name: 'starts with all video', ours: mine.whole, against: runs, wanted: { atLeast: 1 } })];
    const title = `late video: ${String(runs)} starts, sound alone for ${String(ALONE / 1000)} s and no video announced`;
    const head = ['', 'starts', 'with all video', 'pictures sent', 'delivered'];
    return { name: 'late-video', title, head, rows, targets, method: METHOD, raw: { mine, other } };
  } finally {
    await ours.close();
    await theirs.close();
  }
}

/** Pictures on their way when it was counted: the last one or two may not have arrived. */
const UNDER_WAY = 3;

/** Compares what was played to each relay with what it brought. */
function delivered({ played, published }: Arrived): { whole: number; sent: number; arrived: number } {
  const brought = new Map(published.map(({ key, video }) => [key.replace('b', 'a'), video]));
  const pairs = played.map(({ key, video }) => ({ sent: video, arrived: brought.get(key) ?? 0 }));
  return {
    whole: pairs.filter(({ sent, arrived }) => sent > 0 && sent - arrived <= UNDER_WAY).length,
    sent: pairs.reduce((sum, { sent }) => sum + sent, 0),
    arrived: pairs.reduce((sum, { arrived }) => sum + arrived, 0),
  };
}
