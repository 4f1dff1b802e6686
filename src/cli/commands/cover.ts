// framerail cover: covers of one video. The command is itself the isolated process, so it decodes inline.
import type { Command } from 'commander';
import { argumentError, formatBytes, parseSize } from '../../base/index.js';
import type { CoverCacheOptions, CoverSet, CoverSetOptions, CoverSize, CoverTime } from '../../covers/index.js';
import type { RemoteReceipt } from '../../net/index.js';
import { coverOutput, publishCovers, type CoverOutput } from '../cover-files.js';
import { interruptSignal } from '../interrupt.js';
import { print, printJson } from '../output.js';
import { startWatchdog } from '../watchdog.js';
import { integer, number, seconds, timeoutOption, type CliCommand } from './command.js';
import { toRemoteOptions, withRemoteFlags, type RemoteFlags } from './remote-flags.js';

interface Options extends RemoteFlags {
  readonly out: string;
  readonly format?: string;
  readonly at: CoverTime[];
  readonly size?: CoverSize[];
  readonly fit?: string;
  readonly border?: string;
  readonly background?: string;
  readonly safeZone?: string;
  readonly quality?: number;
  readonly maxKb?: number;
  readonly minSsim?: number;
  readonly stream?: number;
  readonly cache?: string;
  readonly exact?: boolean;
  readonly candidates?: number;
  readonly from?: number;
  readonly to?: number;
  readonly timeout: number;
  readonly json?: boolean;
}

/** The command. */
export const cover: CliCommand = {
  name: 'cover',
  define(command: Command): void {
    withRemoteFlags(command)
      .description(
        'Make covers of a video: of the keyframes at or before some times, exactly there, or of its best frame.',
      )
      .argument('<input>', 'a media file, or an address that begins with http:// or https://')
      .requiredOption('--out <file>', '.jpg, .webp, .avif or .png, with {w}x{h} and {n} for several; - for stdout')
      .option('--format <kind>', 'jpeg, webp, avif or png; without it what --out ends in')
      .option('--at <times>', 'seconds, a percentage such as 50%, middle, or best; several with commas', times, [
        'middle',
      ])
      .option('--exact', 'the frame on display at the time, not the keyframe at or before it')
      .option('--candidates <8-16>', 'how many frames best compares (default: 12)', integer('--candidates'))
      .option('--from <time>', 'where best begins to look, in seconds', seconds('--from'))
      .option('--to <time>', 'where best ends to look, in seconds', seconds('--to'))
      .option('--size <sizes>', 'such as 320x180,9:16@1080; without it that of the video as shown', sizes)
      .option('--fit <how>', 'cover cuts what sticks out, contain adds borders, smart cuts around what draws the eye')
      .option('--border <kind>', 'what contain adds: color, blur (of the picture) or extend (its edges)')
      .option('--background <rrggbb>', 'colour of the borders, and behind transparent pictures (default: 000000)')
      .option('--safe-zone <where>', 'tiktok, reels, shorts, instagram-grid, or top,right,bottom,left as fractions')
      .option('--quality <1-100>', 'quality (default: 75, 55 for AVIF)', integer('--quality'))
      .option('--max-kb <number>', 'the best quality within so many kB of 1000 bytes', number('--max-kb'))
      .option(
        '--min-ssim <number>',
        'the smallest file that is so like the picture, such as 0.98',
        number('--min-ssim'),
      )
      .option('--stream <number>', 'the video stream', integer('--stream'))
      .option('--cache <folder>', 'keep covers there, and take from it what was made before')
      .option(timeoutOption[0], timeoutOption[1], seconds('--timeout'), 30)
      .option('--json', 'print one JSON document')
      .action(run);
  },
};

/** What the watchdog leaves to the deadline inside, in milliseconds. */
const WATCHDOG_GRACE = 1000;

async function run(input: string, options: Options): Promise<void> {
  const output = coverOutput(options.out, options.format, {
    shots: options.at.length,
    sizes: options.size?.length ?? 1,
  });
  if (output.out === '-' && options.json === true)
    throw argumentError('--json', 'no image on standard output beside it', '--out -');
  const wanted = setOptions(options, output);
  const callOff = startWatchdog(
    options.timeout * 1000 + WATCHDOG_GRACE,
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
    await using covers = createCovers({
      ...(native ? { backend: 'inline' } : { workers: 1 }),
      cache: cacheOf(options),
    });
    const made = await covers.makeAll(input, wanted);
    if (output.out === '-') {
      for (const { data } of made.images) process.stdout.write(data);
      return;
    }
    const names = await publishCovers(output.out, made.images);
    if (options.json === true) printJson(document(made, names));
    else for (const line of lines(made, names)) print(line);
  } finally {
    callOff();
  }
}

/** One call needs no memory, and tells nothing about what comes next. */
function cacheOf({ cache: folder }: Options): CoverCacheOptions | undefined {
  return folder === undefined ? undefined : { folder, memoryBytes: 0, recall: false };
}

function setOptions(options: Options, { format }: CoverOutput): CoverSetOptions {
  const { at, size, fit, border, background, safeZone, quality, maxKb, minSsim, stream, timeout } = options;
  return {
    at,
    sizes: size,
    fit: fit as CoverSetOptions['fit'],
    border: border as CoverSetOptions['border'],
    background: background === undefined ? undefined : parseColor(background),
    safeZone: safeZone === undefined ? undefined : parseSafeZone(safeZone),
    format,
    quality,
    maxBytes: maxKb === undefined ? undefined : Math.floor(maxKb * 1000),
    minSsim,
    stream,
    precision: options.exact === true ? 'exact' : 'keyframe',
    candidates: options.candidates,
    from: options.from,
    to: options.to,
    ...toRemoteOptions(options),
    timeout: timeout * 1000,
    signal: interruptSignal(),
  };
}

/** What `--json` prints: of a single image all in one, of several a list. */
function document({ images, shots, ...work }: CoverSet, names: readonly string[]): object {
  const facts = images.map(({ data, ...image }, i) => ({ out: names[i], bytes: data.byteLength, ...image }));
  const [first] = facts;
  if (facts.length > 1 || first === undefined) return { images: facts, shots, ...work };
  const { shot, ...only } = first;
  return { ...only, ...shots[shot], ...work };
}

function lines({ images, shots, timings, receipt, cache }: CoverSet, names: readonly string[]): string[] {
  return images.flatMap(({ width, height, data, shot, ssim }, i) => {
    const { pts = 0, damaged = false, choice } = shots[shot] ?? {};
    const last = i === images.length - 1;
    const line = [
      `${names[i] ?? ''}: ${String(width)}x${String(height)}`,
      formatBytes(data.byteLength),
      ...(ssim === null ? [] : [`SSIM ${ssim.toFixed(4)}`]),
      `frame at ${pts.toFixed(3)} s`,
      ...(last ? [`${timings.total.toFixed(1)} ms`] : []),
      ...(last && (cache?.tier ?? null) !== null ? ['from the cache'] : []),
      ...(damaged ? ['damaged'] : []),
      ...(last && receipt !== undefined ? [receiptText(receipt)] : []),
    ].join(', ');
    // Several sizes of one frame have one reason.
    return choice === undefined || images[i + 1]?.shot === shot ? [line] : [line, choice.reasons.join(' ')];
  });
}

function receiptText({ requests, bytes }: RemoteReceipt): string {
  return `${formatBytes(bytes)} read in ${String(requests)} ${requests === 1 ? 'request' : 'requests'}`;
}

function times(text: string): CoverTime[] {
  return text.split(',').map((part) => (/^(middle|best|[\d.]+%)$/.test(part) ? part : seconds('--at')(part)));
}

function sizes(text: string): CoverSize[] {
  return text.split(',').map((part) => (part.includes('@') ? (part as CoverSize) : parseSize('--size', part)));
}

function parseColor(text: string): [number, number, number] {
  const match = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (match === null) throw argumentError('--background', 'a colour such as ff8800', text);
  return [1, 2, 3].map((part) => Number.parseInt(match[part] ?? '0', 16)) as [number, number, number];
}

function parseSafeZone(text: string): CoverSetOptions['safeZone'] {
  if (!/^[\d.]/.test(text)) return text as CoverSetOptions['safeZone'];
  const [top = Number.NaN, right = Number.NaN, bottom = Number.NaN, left = Number.NaN] = text.split(',').map(Number);
  return { top, right, bottom, left };
}
