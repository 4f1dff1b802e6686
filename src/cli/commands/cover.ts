// framerail cover: one cover of one video. The command is itself the isolated process, so it decodes inline.
import { extname } from 'node:path';
import type { Command } from 'commander';
import { argumentError, formatBytes, publishFile } from '../../base/index.js';
import type { RemoteReceipt } from '../../net/index.js';
import { interruptSignal } from '../interrupt.js';
import { print, printJson } from '../output.js';
import { startWatchdog } from '../watchdog.js';
import { integer, seconds, size, timeoutOption, type CliCommand } from './command.js';
import { toRemoteOptions, withRemoteFlags, type RemoteFlags } from './remote-flags.js';

interface Options extends RemoteFlags {
  readonly out: string;
  readonly at: string;
  readonly size?: [number, number];
  readonly fit: string;
  readonly quality: number;
  readonly background: string;
  readonly stream?: number;
  readonly exact?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

/** The command. */
export const cover: CliCommand = {
  name: 'cover',
  define(command: Command): void {
    withRemoteFlags(command)
      .description('Make a JPEG cover of a video, from the keyframe at or before a time or exactly there.')
      .argument('<input>', 'a media file, or an address that begins with http:// or https://')
      .requiredOption('--out <file>', 'where the JPEG goes; - for standard output')
      .option('--at <time>', 'seconds, a percentage such as 50%, or middle', 'middle')
      .option('--size <WxH>', 'the size of the cover; without it that of the video as shown', size('--size'))
      .option('--fit <how>', 'cover cuts what sticks out of the size, contain adds borders', 'cover')
      .option('--quality <1-100>', 'JPEG quality', integer('--quality'), 85)
      .option('--exact', 'the frame on display at the time, not the keyframe at or before it')
      .option('--background <rrggbb>', 'colour of the borders, and behind transparent pictures', '000000')
      .option('--stream <number>', 'the video stream', integer('--stream'))
      .option(timeoutOption[0], timeoutOption[1], seconds('--timeout'), 30)
      .option('--json', 'print one JSON document')
      .action(run);
  },
};

/** What the watchdog leaves to the deadline inside, in milliseconds. */
const WATCHDOG_GRACE = 1000;

async function run(input: string, options: Options): Promise<void> {
  const background = parseColor(options.background);
  if (options.out === '-' && options.json === true)
    throw argumentError('--json', 'no image on standard output beside it', '--out -');
  if (options.out !== '-' && !/^\.jpe?g$/i.test(extname(options.out)))
    throw argumentError('--out', 'a name that ends in .jpg, or -', options.out);
  const at = /^(middle|[\d.]+%)$/.test(options.at) ? options.at : seconds('--at')(options.at);
  const timeout = options.timeout * 1000;
  const callOff = startWatchdog(
    timeout + WATCHDOG_GRACE,
    `Making the cover hung and was stopped after ${String(options.timeout)} s. (FR_TIMEOUT)`,
  );
  try {
    // Both at once: reading the files of one overlaps with compiling those of the other.
    const [{ createCovers }, native] = await Promise.all([
      import('../../covers/index.js'),
      import('../../av/index.js').then(
        () => true,
        () => false,
      ),
    ]);
    // Where native code cannot be loaded the engine finds commands by itself, and says why.
    await using covers = createCovers(native ? { backend: 'inline' } : { workers: 1 });
    const made = await covers.make(input, {
      at,
      size: options.size,
      fit: options.fit as 'cover',
      quality: options.quality,
      background,
      stream: options.stream,
      precision: options.exact === true ? 'exact' : 'keyframe',
      ...toRemoteOptions(options),
      timeout,
      signal: interruptSignal(),
    });
    const { data, ...facts } = made;
    if (options.out === '-') {
      process.stdout.write(data);
      return;
    }
    await publishFile(options.out, data);
    if (options.json === true) printJson({ out: options.out, bytes: data.byteLength, ...facts });
    else
      print(
        `${options.out}: ${String(facts.width)}x${String(facts.height)}, ${formatBytes(data.byteLength)}, frame at ${facts.pts.toFixed(3)} s, ${facts.timings.total.toFixed(1)} ms${facts.damaged ? ', damaged' : ''}${facts.receipt === undefined ? '' : `, ${receiptText(facts.receipt)}`}`,
      );
  } finally {
    callOff();
  }
}

function receiptText({ requests, bytes }: RemoteReceipt): string {
  return `${formatBytes(bytes)} read in ${String(requests)} ${requests === 1 ? 'request' : 'requests'}`;
}

function parseColor(text: string): [number, number, number] {
  const match = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (match === null) throw argumentError('--background', 'a colour such as ff8800', text);
  return [1, 2, 3].map((part) => Number.parseInt(match[part] ?? '0', 16)) as [number, number, number];
}
