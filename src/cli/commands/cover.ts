// framerail cover: covers of one video. The command is itself the isolated process, so it decodes inline.
import type { Command } from 'commander';
import { argumentError, formatBytes } from '../../base/index.js';
import type { CoverSet } from '../../covers/index.js';
import type { RemoteReceipt } from '../../net/index.js';
import { coverOutput, publishCovers } from '../cover-files.js';
import { interruptSignal } from '../interrupt.js';
import { print, printJson } from '../output.js';
import { startWatchdog } from '../watchdog.js';
import type { CliCommand } from './command.js';
import { placesIn, sizesIn, toCache, toCoverOptions, withCoverFlags, type CoverFlags } from './cover-flags.js';

interface Options extends CoverFlags {
  readonly out: string;
  readonly json?: boolean;
}

/** The command. */
export const cover: CliCommand = {
  name: 'cover',
  define(command: Command): void {
    const described = command
      .description(
        'Make covers of a video: of the keyframes at or before some times, exactly there, or of its best frame.',
      )
      .argument('<input>', 'a media file, or an address that begins with http:// or https://')
      .requiredOption('--out <file>', '.jpg, .webp, .avif or .png, with {w}x{h} and {n} for several; - for stdout');
    withCoverFlags(described, 'jpeg, webp, avif or png; without it what --out ends in')
      .option('--json', 'print one JSON document')
      .action(run);
  },
};

/** What the watchdog leaves to the deadline inside, in milliseconds. */
const WATCHDOG_GRACE = 1000;

async function run(input: string, options: Options): Promise<void> {
  const counts = { shots: placesIn(options), sizes: sizesIn(options) };
  const output = coverOutput(options.out, options.format, counts);
  if (output.out === '-' && options.json === true)
    throw argumentError('--json', 'no image on standard output beside it', '--out -');
  const callOff = startWatchdog(
    options.timeout * 1000 + WATCHDOG_GRACE,
    `Making the cover hung and was stopped after ${String(options.timeout)} s. (FR_TIMEOUT)`,
  );
  try {
    // Both at once: reading the files of one overlaps with compiling those of the other.
    const loading = import('../../av/index.js').then(
      () => true,
      () => false,
    );
    const { createCovers } = await import('../../covers/index.js');
    const wanted = { ...(await toCoverOptions(options)), format: output.format, signal: interruptSignal() };
    const native = await loading;
    // Where native code cannot be loaded the engine finds commands by itself, and says why.
    await using covers = createCovers({
      ...(native ? { backend: 'inline' } : { workers: 1 }),
      cache: toCache(options),
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
