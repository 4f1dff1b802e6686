// framerail bench: side-by-side figures on this machine.
import type { Command } from 'commander';
import { checkOneOf } from '../../base/index.js';
import { integer, type CliCommand } from './command.js';

const SUITES = ['frames', 'covers', 'contexts', 'relay', 'soak'] as const;
type Suite = (typeof SUITES)[number];

interface Options {
  readonly runs: number;
  readonly input?: string;
  readonly only?: string;
  readonly protocol?: string;
  readonly minutes?: number;
  readonly batch?: boolean;
  readonly json?: boolean;
}

/** What a benchmark module exports. */
interface BenchModule {
  run(options: Options): Promise<void>;
}

/** The command. */
export const bench: CliCommand = {
  name: 'bench',
  define(command: Command): void {
    command
      .description('Measure framerail beside ffmpeg on this machine, both sides in turn, with targets.')
      .argument('<suite>', SUITES.join(', '), (text) => checkOneOf('suite', text, SUITES))
      .option('--runs <number>', 'how often each side runs', integer('--runs'), 5)
      .option('--input <file>', 'a video instead of the generated one')
      .option(
        '--only <part>',
        'of frames: transport, reading, round-trip, latency, peers or sampling; of relay: starts, joins and so on; of covers: single, best, cache and so on',
      )
      .option('--protocol <name>', 'of relay --only protocols: the starts of one, such as SRT')
      .option('--minutes <number>', 'how long a soak lasts', integer('--minutes'))
      .option('--batch', 'of covers: many at once, instead of one at a time')
      .option('--json', 'print one JSON document')
      .action(async (suite: Suite, options: Options) => {
        // Benchmarks are users of the engine, not a part of it: they are built beside it.
        const module = (await import(new URL(`../../bench/${suite}.js`, import.meta.url).href)) as BenchModule;
        await module.run(options);
      });
  },
};
