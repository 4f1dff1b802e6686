// framerail covers: covers of many videos into one folder. Workers are processes: what is hostile costs itself.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { argumentError } from '../../base/index.js';
import { Machine } from '../../telemetry/index.js';
import { showJson, showText } from '../covers-show.js';
import { interruptedCode, interruptSignal } from '../interrupt.js';
import { integer, type CliCommand } from './command.js';
import { toCache, toCoverOptions, withCoverFlags, type CoverFlags } from './cover-flags.js';

interface Options extends CoverFlags {
  readonly out: string;
  readonly concurrency?: number;
  readonly force?: boolean;
  readonly rules?: string;
  readonly root?: readonly string[];
  readonly name?: string;
  readonly report?: string | true;
  readonly json?: boolean;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Videos at work for each worker: while one is made, the next one waits for it. */
const AHEAD = 2;
/** Workers at most. */
const MOST_WORKERS = 256;

/** The command. */
export const covers: CliCommand = {
  name: 'covers',
  define(command: Command): void {
    const described = command
      .description('Make covers of many videos; what is finished is kept when it is run again.')
      .argument(
        '<inputs...>',
        'folders, patterns such as "clips/**/*.mp4", videos, addresses, and manifests: .csv, .tsv, .jsonl, .yaml, .json, .xlsx, or - for JSON lines on stdin',
      )
      .requiredOption(
        '--out <dir>',
        'the folder of the covers; each is called as its video lies, such as a/clip.mp4.jpg',
      )
      .option('--concurrency <number>', 'workers (default: one for each core)', integer('--concurrency'))
      .option('--force', 'make what is there already too')
      .option('--rules <file>', 'which column of a manifest is what, as YAML; may change while rows are read')
      .option(
        '--root <dir>',
        'where paths in manifests may lead (default: the folder of each); may be repeated',
        collect,
      )
      .option('--name <pattern>', 'what covers are called: {name} {dir} {stem} {id} {hash} {w} {h} {n}, no ending')
      .option('--report [file]', 'a page with all pictures and failures (default: report.html in --out)');
    withCoverFlags(described, 'jpeg, webp, avif or png (default: jpeg)')
      .option('--json', 'print one JSON object a line: started, progress, done, kept, failed, note, summary')
      .addHelpText(
        'after',
        '\nWhat rows of a manifest name is data: --header goes to hosts of --allow-host alone, and those alone may be private.',
      )
      .action(run);
  },
};

async function run(inputs: readonly string[], options: Options): Promise<void> {
  const { out, rules, force, root, name, report } = options;
  const workers = options.concurrency ?? Math.min(new Machine().cores(), MOST_WORKERS);
  if (workers < 1 || workers > MOST_WORKERS)
    throw argumentError('--concurrency', `a number from 1 to ${String(MOST_WORKERS)}`, workers);
  for (const folder of root ?? [])
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw argumentError('--root', 'a folder that exists', folder);
  const wanted = await toCoverOptions(options);
  const { createCovers, loadFolderBatch } = await import('../../covers/index.js');
  const { batchRoots, FolderBatch } = await loadFolderBatch();
  const show = options.json === true ? showJson() : showText(out);
  // With the folders that they may read, workers are locked down as far as can be.
  const roots = await batchRoots(inputs, root);
  await using engine = createCovers({
    ...{ workers, cache: toCache(options) },
    roots: roots.length > 0 ? roots : undefined,
  });
  const batch = await FolderBatch.open(
    engine,
    inputs,
    {
      ...{
        out,
        rules,
        force,
        name,
        options: wanted,
        concurrency: Math.min(AHEAD * workers, MOST_WORKERS),
        roots: root,
        signal: interruptSignal(),
      },
      report: report === true ? join(out, 'report.html') : report,
    },
    show.handlers,
  );
  try {
    show.start(() => batch.progress);
    const summary = await batch.run();
    show.end(summary, batch.failuresFile, engine);
    if (summary.stopped || summary.failed > 0) process.exitCode = interruptedCode() ?? 1;
  } finally {
    show.stop();
  }
}
