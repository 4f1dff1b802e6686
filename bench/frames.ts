// framerail bench frames: what it costs to have frames in JavaScript and to bring them back, part by part.
import { latency } from './frames-latency.js';
import { peers } from './frames-peers.js';
import { reading } from './frames-reading.js';
import { roundTrip } from './frames-round-trip.js';
import { transport } from './frames-transport.js';
import { machineText, readMachine } from './machine.js';
import { checkPart, checkRuns, rounds, type BenchOptions } from './options.js';
import { printPart, type Part } from './part.js';
import { findClip, type Clip } from './sample-clip.js';
import { sampling } from './sampling.js';
import { exitOnSignals } from './scratch.js';

/** The parts in the order of their turns; the last ones take minutes. */
const PARTS: Readonly<Record<string, (clip: Clip, runs: number, input: string | undefined) => Promise<Part[]>>> = {
  transport: async (_clip, runs) => [await transport(runs)],
  reading: async (clip, runs) => [await reading(clip, runs)],
  'round-trip': async (clip, runs) => [await roundTrip(clip, runs)],
  latency: async (_clip, runs) => [await latency(runs)],
  peers: async (clip, runs) => [await peers(clip, runs)],
  sampling: (_clip, runs, input) => sampling(runs, input),
};

/** Runs the suite and prints what came of it. */
export async function run(options: BenchOptions): Promise<void> {
  checkRuns(options.runs);
  const names = options.only === undefined ? Object.keys(PARTS) : [checkPart(options.only, Object.keys(PARTS))];
  exitOnSignals();
  const machine = await readMachine();
  const clip = await findClip(options.input);
  const parts: Part[] = [];
  if (options.json !== true)
    console.log(`bench frames: ${clip.text}, ${rounds(options.runs)}\n${machineText(machine)}`);
  for (const name of names)
    for (const part of (await PARTS[name]?.(clip, options.runs, options.input)) ?? []) {
      parts.push(part);
      if (options.json !== true) printPart(part, 0);
    }
  if (options.json === true) console.log(JSON.stringify({ suite: 'frames', machine, clip, parts }));
}
