// framerail bench soak: frames out and back at full speed for a long time, and what the memory of every process does.
import { join } from 'node:path';
import { Engine } from '#dist/index.js';
import { machineText, readMachine } from './machine.js';
import type { BenchOptions } from './options.js';
import { residentMemory } from './proc.js';
import { findClip } from './sample-clip.js';
import { exitOnSignals, scratchFolder } from './scratch.js';
import { slope } from './statistics.js';
import { table } from './table.js';
import { judge, TARGET_HEAD, targetRow, type Target } from './target.js';

/** How long it runs when nobody says, in minutes. */
const MINUTES = 30;
/** What happens in the first minute is warming up. */
const WARM_UP = 60_000;
const SAMPLE_EVERY = 5000;
const MIB = 1024 * 1024;

interface Sample {
  /** Minutes since the start. */
  readonly at: number;
  /** Bytes of each process. */
  readonly resident: ReadonlyMap<number, number>;
}

/** Runs the suite and prints what came of it. */
export async function run(options: BenchOptions): Promise<void> {
  exitOnSignals();
  const minutes = options.minutes ?? MINUTES;
  const machine = await readMachine();
  const clip = await findClip(options.input);
  const output = join(scratchFolder(), 'soak.mp4');
  await using engine = new Engine({ workers: 2 });
  const samples: Sample[] = [];
  const started = performance.now();
  const timer = setInterval(() => {
    const resident = new Map([process.pid, ...engine.pids].map((pid) => [pid, residentMemory(pid) ?? 0]));
    samples.push({ at: (performance.now() - started) / 60_000, resident });
  }, SAMPLE_EVERY);
  const until = started + minutes * 60_000;
  const counts = { read: 0, processed: 0, passes: 0 };
  try {
    await Promise.all([
      readForever(engine, clip.path, until, counts),
      processForever(engine, clip.path, output, until, counts),
    ]);
  } finally {
    clearInterval(timer);
  }
  const slopes = slopesOf(samples.filter(({ at }) => at * 60_000 > WARM_UP));
  const hits = engine.memory?.hitRate;
  const targets: Target[] = [
    ...slopes.map(({ name, slope }) =>
      judge({ name: `growth of ${name}, MiB a minute`, ours: slope, against: 1, wanted: { below: 1 } }),
    ),
    judge({ name: 'pool hit rate', ours: hits, against: 1, wanted: { atLeast: 0.99 } }),
  ];
  if (options.json === true) {
    const plain = samples.map(({ at, resident }) => ({ at, resident: Object.fromEntries(resident) }));
    console.log(
      JSON.stringify({ suite: 'soak', machine, minutes, counts, slopes, hitRate: hits, samples: plain, targets }),
    );
    return;
  }
  console.log(`bench soak: ${String(minutes)} min on ${clip.text}`);
  console.log(`${machineText(machine)}\n`);
  console.log(
    `${String(counts.read)} frames read, ${String(counts.processed)} frames taken out and back, in ${String(counts.passes)} passes\n`,
  );
  console.log(
    table(
      ['process', 'MiB after 1 min', 'MiB at the end', 'MiB a minute'],
      slopes.map(({ name, first, last, slope }) => [name, first, last].map(String).concat(slope.toFixed(3))),
    ),
  );
  console.log(
    `\n${table(
      TARGET_HEAD,
      targets.map((target) => targetRow(target, 3)),
    )}`,
  );
}

interface Counts {
  read: number;
  processed: number;
  passes: number;
}

async function readForever(engine: Engine, path: string, until: number, counts: Counts): Promise<void> {
  while (performance.now() < until) {
    await using video = await engine.open(path);
    for await (const batch of video.frames({ format: 'rgb24' })) counts.read += batch.length;
    counts.passes += 1;
  }
}

async function processForever(
  engine: Engine,
  path: string,
  output: string,
  until: number,
  counts: Counts,
): Promise<void> {
  while (performance.now() < until) {
    const { encoded } = await engine.process(path, output, {
      encoder: 'libx264',
      encoderOptions: { preset: 'ultrafast' },
      transform: (batch) => {
        for (const { data } of batch) data[0] = 255;
      },
    }).result;
    counts.processed += encoded;
    counts.passes += 1;
  }
}

function slopesOf(samples: readonly Sample[]): { name: string; first: number; last: number; slope: number }[] {
  const pids = new Set(samples.flatMap(({ resident }) => [...resident.keys()]));
  return [...pids].map((pid, index) => {
    const points = samples.flatMap(({ at, resident }) => {
      const bytes = resident.get(pid);
      return bytes === undefined ? [] : [{ x: at, y: bytes / MIB }];
    });
    return {
      name: index === 0 ? 'the caller' : `worker ${String(index)}`,
      first: Math.round(points[0]?.y ?? 0),
      last: Math.round(points.at(-1)?.y ?? 0),
      slope: slope(points),
    };
  });
}
