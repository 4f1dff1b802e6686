// framerail bench relay: how soon a relay delivers, what it never loses, and how many run on one core, beside ffmpeg.
import { machineText, readMachine } from './machine.js';
import { checkPart, checkRuns, type BenchOptions } from './options.js';
import { printPart, type Part } from './part.js';
import { cycles } from './relay-cycles.js';
import { days } from './relay-days.js';
import { density } from './relay-density.js';
import { distance } from './relay-distance.js';
import { lateVideo } from './relay-late-video.js';
import { protocols } from './relay-protocols.js';
import { soak } from './relay-soak.js';
import { failover } from './relay-failover.js';
import { joins, starts } from './relay-starts.js';
import { exitOnSignals } from './scratch.js';

/** The parts in the order of their turns. */
const PARTS: Readonly<Record<string, (options: BenchOptions) => Promise<Part>>> = {
  starts: ({ runs }) => starts(runs),
  joins: ({ runs }) => joins(runs),
  distance: ({ runs }) => distance(runs),
  'late-video': ({ runs }) => lateVideo(runs),
  density,
  cycles,
  days,
  failover: ({ runs }) => failover(runs),
};
/** Parts that run when they are asked for alone: they take long. */
const LONG: typeof PARTS = { soak, protocols: ({ runs, protocol }) => protocols(runs, protocol) };

/** Runs the suite and prints what came of it. */
export async function run(options: BenchOptions): Promise<void> {
  checkRuns(options.runs);
  const all = { ...PARTS, ...LONG };
  const names = options.only === undefined ? Object.keys(PARTS) : [checkPart(options.only, Object.keys(all))];
  exitOnSignals();
  const machine = await readMachine();
  const parts: Part[] = [];
  if (options.json !== true) console.log(`bench relay\n${machineText(machine)}`);
  for (const name of names) {
    const part = await all[name]?.(options);
    if (part === undefined) continue;
    parts.push(part);
    if (options.json !== true) printPart(part, 1);
  }
  if (options.json === true) console.log(JSON.stringify({ suite: 'relay', machine, parts }));
}
