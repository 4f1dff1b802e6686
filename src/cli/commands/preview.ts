// framerail preview: some seconds of one file as an animated image or a short muted video. The command is itself the
// isolated process, so it works inline.
import { extname } from 'node:path';
import type { Command } from 'commander';
import { argumentError, formatBytes, formatClock, publishFile } from '../../base/index.js';
import type { Preview, PreviewFormat, PreviewOptions } from '../../covers/index.js';
import { interruptSignal } from '../interrupt.js';
import { printFacts, printJson } from '../output.js';
import { startWatchdog } from '../watchdog.js';
import { bits, bytes, integer, number, seconds, timeoutOption, type CliCommand } from './command.js';
import { toRemoteOptions, withRemoteFlags, type RemoteFlags } from './remote-flags.js';

interface Options extends RemoteFlags {
  readonly out: string;
  readonly format?: string;
  readonly at?: string;
  readonly seconds?: number;
  readonly segments?: number;
  readonly width?: number;
  readonly rate?: number;
  readonly quality?: number;
  readonly bitrate?: number;
  readonly maxBitrate?: number;
  readonly maxBytes?: number;
  readonly encoder?: string;
  readonly stream?: number;
  readonly timeout: number;
  readonly json?: boolean;
}

/** The command. */
export const preview: CliCommand = {
  name: 'preview',
  define(command: Command): void {
    withRemoteFlags(command)
      .description('Make an animated WebP or GIF, or a short muted H.264 video, of some seconds of a video.')
      .argument('<input>', 'a media file, or an http or https address')
      .requiredOption('--out <file>', 'where it goes: a name that ends in .webp, .gif or .mp4; - for standard output')
      .option('--format <format>', 'webp, gif or mp4; without it by the ending of the name')
      .option(
        '--at <time>',
        'where it begins: seconds or a percentage such as 50%; or middle or best, for those around it',
      )
      .option('--seconds <time>', 'how long it is (default: 3)', seconds('--seconds'))
      .option(
        '--segments <number>',
        'pieces, from equal parts of the video, or around its best frames',
        integer('--segments'),
      )
      .option('--width <columns>', 'rows follow from the shape of the video (default: 320)', integer('--width'))
      .option('--rate <fps>', 'frames per second (default: 10, and for .mp4 those of the video)', number('--rate'))
      .option('--quality <1-100>', 'of a WebP, or the part of 256 colours of a GIF', integer('--quality'))
      .option('--bitrate <bits>', 'of an .mp4 on average, such as 120k', bits('--bitrate'))
      .option('--max-bitrate <bits>', 'of an .mp4 at most, such as 150k', bits('--max-bitrate'))
      .option('--max-bytes <bytes>', 'lower quality, then frames, until the file is no larger', bytes('--max-bytes'))
      .option('--encoder <name>', "of an .mp4: auto, software, a kind of hardware, or FFmpeg's name of an encoder")
      .option('--stream <number>', 'the video stream', integer('--stream'))
      .option(timeoutOption[0], timeoutOption[1], seconds('--timeout'), 120)
      .option('--json', 'print one JSON document')
      .action(run);
  },
};

/** What the watchdog leaves to the deadline inside, in milliseconds. */
const WATCHDOG_GRACE = 1000;

async function run(input: string, options: Options): Promise<void> {
  const { out } = options;
  if (out === '-' && options.json === true)
    throw argumentError('--json', 'no preview on standard output beside it', '--out -');
  const format = formatOf(options);
  const timeout = options.timeout * 1000;
  const callOff = startWatchdog(
    timeout + WATCHDOG_GRACE,
    `Making the preview hung and was stopped after ${String(options.timeout)} s. (FR_TIMEOUT)`,
  );
  try {
    const { createCovers } = await import('../../covers/index.js');
    await using covers = createCovers({ backend: 'inline' });
    const made = await covers.preview(input, {
      ...toPreviewOptions(options),
      ...toRemoteOptions(options),
      format,
      timeout,
      signal: interruptSignal(),
    });
    const { data, ...facts } = made;
    if (out === '-') {
      process.stdout.write(data);
      return;
    }
    await publishFile(out, data);
    if (options.json === true) printJson({ out, bytes: data.byteLength, ...facts });
    else report(out, made);
  } finally {
    callOff();
  }
}

function formatOf({ out, format }: Options): PreviewFormat {
  const ending = extname(out).slice(1).toLowerCase();
  const name = format ?? ending;
  if (name === 'webp' || name === 'gif' || name === 'mp4') return name;
  throw format === undefined
    ? argumentError('--out', 'a name that ends in .webp, .gif or .mp4, or - beside --format', out)
    : argumentError('--format', 'one of webp, gif, mp4', format);
}

function toPreviewOptions(options: Options): PreviewOptions {
  const { at, segments, width, rate, quality, bitrate, maxBitrate, maxBytes, encoder, stream } = options;
  return {
    at: at === undefined || /^(middle|best|[\d.]+%)$/.test(at) ? at : seconds('--at')(at),
    seconds: options.seconds,
    ...{ segments, width, frameRate: rate, quality, bitrate, maxBitrate, maxBytes, encoder, stream },
  };
}

function report(out: string, made: Preview): void {
  const { width, height, frames, frameRate, duration, segments, quality, bitrate, encoder, tries, timings } = made;
  const how =
    bitrate === undefined
      ? `quality ${String(quality)}`
      : `${(bitrate / 1000).toFixed(0)} kb/s by ${encoder?.name ?? ''}`;
  const shown = segments.map(({ start, end }) => `${formatClock(start)} to ${formatClock(end)}`).join(', ');
  const why = segments.flatMap(({ best }) => best?.choice.reasons.slice(0, 1) ?? []);
  printFacts([
    ['file', `${out}: ${formatBytes(made.data.byteLength)}, ${how}${tries > 1 ? `, in ${String(tries)} tries` : ''}`],
    [
      'frames',
      `${String(frames)} of ${String(width)}x${String(height)}, ${frameRate.toFixed(2)} a second, ${duration.toFixed(3)} s`,
    ],
    ['shows', shown],
    ...why.map((reason, i): [string, string] => [i === 0 ? 'why' : '', reason]),
    [
      'time',
      `${timings.total.toFixed(0)} ms: ${timings.decode.toFixed(0)} decoding, ${timings.scale.toFixed(0)} scaling, ${timings.encode.toFixed(0)} encoding`,
    ],
  ]);
}
