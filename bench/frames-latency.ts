// From the arrival of a packet to its frame in JavaScript, with packets that come as a camera sends them.
import { fileURLToPath } from 'node:url';
import type { Part } from './part.js';
import { findLiveClip } from './sample-clip.js';
import { quantile } from './statistics.js';
import { figure, judge } from './target.js';
import { runWatched } from './watched.js';

/** Five seconds at 30 frames a second. */
const FRAMES = 150;
const METHOD = [
  'H.264 of 1080p without reordering in FLV, 30 frames a second, written packet by packet at that pace into a stream.',
  'framerail reads it with the preset `realtime`; the pipe readers write the same packets to the standard input of ffmpeg',
  'and read raw frames from its output. ffmpeg by itself waits for seconds to learn what it reads; tuned, it is told not to',
  '(-probesize 32 -analyzeduration 0 -fpsprobesize 0 -flags low_delay -threads 1). Milliseconds, over all runs together.',
].join('\n');
const SIDES = { framerail: 'framerail', pipe: 'ffmpeg pipes', tuned: 'ffmpeg pipes, tuned' } as const;
type Side = keyof typeof SIDES;

/** Measures it. */
export async function latency(runs: number): Promise<Part> {
  const clip = await findLiveClip();
  const script = fileURLToPath(new URL('./consumers/latency.js', import.meta.url));
  const sides = Object.keys(SIDES) as Side[];
  const delays: Record<Side, number[]> = { framerail: [], pipe: [], tuned: [] };
  for (let round = 0; round < runs; round++)
    for (const side of sides) {
      const args = [script, side, clip, String(FRAMES), '1920x1080'];
      const { stdout } = await runWatched(process.execPath, args, false);
      delays[side].push(...(JSON.parse(stdout) as { delays: number[] }).delays);
    }
  const p95 = (side: Side): number => quantile(delays[side], 0.95);
  return {
    name: 'latency',
    title: 'from the arrival of a packet to its frame in JavaScript',
    head: ['', 'frames', 'p50 ms', 'p95 ms', 'p99 ms', 'p95 against ours'],
    rows: sides.map((side) => [
      SIDES[side],
      String(delays[side].length),
      ...[0.5, 0.95, 0.99].map((share) => figure(quantile(delays[side], share), 1)),
      `${figure(p95(side) / p95('framerail'), 1)} x`,
    ]),
    targets: [
      judge({
        name: 'p95 ms against the pipe reader',
        ours: p95('framerail'),
        against: p95('pipe'),
        wanted: { atMost: 1 / 3 },
      }),
      judge({
        name: 'p95 ms against the tuned one',
        ours: p95('framerail'),
        against: p95('tuned'),
        wanted: { atMost: 1 / 3 },
      }),
    ],
    method: METHOD,
    raw: delays,
  };
}
