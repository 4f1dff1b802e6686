// framerail storyboard: sheets of small pictures of one file, with what players need to find their way on them. The
// command is itself the isolated process, so it decodes inline.
import { join } from 'node:path';
import type { Command } from 'commander';
import { formatBytes, formatClock } from '../../base/index.js';
import type { Storyboard } from '../../covers/index.js';
import { interruptSignal } from '../interrupt.js';
import { printFacts, printJson } from '../output.js';
import { startWatchdog } from '../watchdog.js';
import { integer, seconds, timeoutOption, type CliCommand } from './command.js';
import { toRemoteOptions, withRemoteFlags, type RemoteFlags } from './remote-flags.js';

interface Options extends RemoteFlags {
  readonly out: string;
  readonly every?: number;
  readonly width: number;
  readonly columns: number;
  readonly rows: number;
  readonly format: string;
  readonly quality: number;
  readonly precision: string;
  readonly hls: boolean;
  readonly bif?: boolean;
  readonly urlPrefix?: string;
  readonly stream?: number;
  readonly timeout: number;
  readonly json?: boolean;
}

/** The command. */
export const storyboard: CliCommand = {
  name: 'storyboard',
  define(command: Command): void {
    withRemoteFlags(command)
      .description('Make sheets of small pictures of a video, with WebVTT, JSON and an HLS image playlist for players.')
      .argument('<input>', 'a media file, or an http or https address')
      .requiredOption('--out <dir>', 'the folder of the files')
      .option('--every <time>', 'from one tile to the next; without it so that 200 tiles do', seconds('--every'))
      .option('--width <columns>', 'the width of a tile', integer('--width'), 160)
      .option('--columns <number>', 'tiles beside each other at most', integer('--columns'), 10)
      .option('--rows <number>', 'rows of tiles at most', integer('--rows'), 10)
      .option('--format <format>', 'jpeg or webp', 'jpeg')
      .option('--quality <1-100>', 'how good the sheets are', integer('--quality'), 75)
      .option('--precision <which>', 'keyframe, exact, or auto: keyframes where there are enough of them', 'auto')
      .option('--no-hls', 'no HLS image playlist, and so no picture twice')
      .option('--bif', 'a BIF file too, for Roku, Plex and Emby')
      .option('--url-prefix <address>', 'what comes before the names of files in the files that point to them')
      .option('--stream <number>', 'the video stream', integer('--stream'))
      .option(timeoutOption[0], timeoutOption[1], seconds('--timeout'), 600)
      .option('--json', 'print one JSON document')
      .action(run);
  },
};

/** What the watchdog leaves to the deadline inside, in milliseconds. */
const WATCHDOG_GRACE = 1000;

async function run(input: string, options: Options): Promise<void> {
  const { out, every, columns, rows, quality, hls, bif, urlPrefix, stream } = options;
  const timeout = options.timeout * 1000;
  const callOff = startWatchdog(
    timeout + WATCHDOG_GRACE,
    `Making the storyboard hung and was stopped after ${String(options.timeout)} s. (FR_TIMEOUT)`,
  );
  try {
    const { createCovers } = await import('../../covers/index.js');
    await using covers = createCovers({ backend: 'inline' });
    const made = await covers.storyboard(input, {
      ...{ out, every, columns, rows, quality, hls, bif, urlPrefix, stream, timeout, signal: interruptSignal() },
      tileWidth: options.width,
      format: options.format as 'jpeg',
      precision: options.precision as 'auto',
      ...toRemoteOptions(options),
    });
    if (options.json === true) printJson(made);
    else report(made);
  } finally {
    callOff();
  }
}

function report(made: Storyboard): void {
  const { folder, tiles, tileWidth, tileHeight, every, precision, duration, sheets, timings } = made;
  const cells = sheets.reduce((sum, sheet) => sum + sheet.cells, 0);
  const bytes = sheets.reduce((sum, sheet) => sum + sheet.bytes, 0);
  const files = [made.vtt, made.json, made.hls, made.bif].flatMap((file) => file ?? []);
  printFacts([
    [
      'pictures',
      `${String(tiles.length)} of ${formatClock(duration)}, ${String(cells)} cells of ${String(tileWidth)}x${String(tileHeight)}, every ${String(every)} s (${precision})`,
    ],
    [
      'sheets',
      `${String(sheets.length)}, ${formatBytes(bytes)}: ${join(folder, sheets[0]?.file ?? '')}${sheets.length > 1 ? ' and so on' : ''}`,
    ],
    ['players', files.join(', ')],
    [
      'time',
      `${timings.total.toFixed(0)} ms: ${timings.decode.toFixed(0)} decoding, ${timings.scale.toFixed(0)} scaling, ${timings.encode.toFixed(0)} writing`,
    ],
  ]);
}
