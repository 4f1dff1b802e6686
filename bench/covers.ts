// framerail bench covers: what a cover costs, beside the commands that people make covers with, part by part.
import { batch } from './covers-batch.js';
import { best } from './covers-best.js';
import { cacheHits, preheating } from './covers-cache.js';
import { files } from './covers-files.js';
import { hostile } from './covers-hostile.js';
import { recovery } from './covers-recovery.js';
import { remote } from './covers-remote.js';
import { single } from './covers-single.js';
import { skew } from './covers-skew.js';
import { storyboard } from './covers-storyboard.js';
import { machineText, readMachine } from './machine.js';
import { checkPart, checkRuns, rounds, type BenchOptions } from './options.js';
import { printPart, type Part } from './part.js';
import { exitOnSignals } from './scratch.js';

/** The parts in the order of their turns. */
const PARTS: Readonly<Record<string, (runs: number, input: string | undefined) => Promise<Part[]>>> = {
  single: async (runs, input) => [await single(runs, input)],
  delivered: async (runs) => [await files(runs, 'delivered')],
  recorded: async (runs) => [await files(runs, 'recorded')],
  best: async (runs) => [await best(runs)],
  storyboard: async (runs) => [await storyboard(runs)],
  remote: async (runs) => [await remote(runs)],
  batch: async (runs) => [await batch(runs)],
  skew: async (runs) => [await skew(runs)],
  hostile: async (runs) => [await hostile(runs)],
  recovery: async (runs) => [await recovery(runs)],
  cache: async (runs, input) => [await cacheHits(runs, input), await preheating()],
};
/** Those that are about many covers. */
const BATCH: readonly string[] = ['batch', 'skew', 'hostile', 'recovery', 'cache'];

/** Runs the suite and prints what came of it. */
export async function run(options: BenchOptions): Promise<void> {
  checkRuns(options.runs);
  const all = options.batch === true ? BATCH : Object.keys(PARTS).filter((name) => !BATCH.includes(name));
  const names = options.only === undefined ? all : [checkPart(options.only, Object.keys(PARTS))];
  exitOnSignals();
  const machine = await readMachine();
  const parts: Part[] = [];
  if (options.json !== true) console.log(`bench covers: ${rounds(options.runs)}\n${machineText(machine)}`);
  for (const name of names)
    for (const part of (await PARTS[name]?.(options.runs, options.input)) ?? []) {
      parts.push(part);
      if (options.json !== true) printPart(part, 1);
    }
  if (options.json === true) console.log(JSON.stringify({ suite: 'covers', machine, parts }));
}
