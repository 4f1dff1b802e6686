// Flags of the commands that make covers: which frame, in what form.
import type { Command } from 'commander';
import type { CoverCacheOptions, CoverSetOptions } from '../../covers/index.js';
import { integer, number, seconds, timeoutOption } from './command.js';
import { toRemoteOptions, withRemoteFlags, type RemoteFlags } from './remote-flags.js';

/** What the flags say. */
export interface CoverFlags extends RemoteFlags {
  readonly format?: string;
  readonly at: string;
  readonly size?: string;
  readonly fit?: string;
  readonly border?: string;
  readonly background?: string;
  readonly safeZone?: string;
  readonly quality?: number;
  readonly maxKb?: number;
  readonly minSsim?: number;
  readonly stream?: number;
  readonly decoder?: string;
  readonly exact?: boolean;
  readonly candidates?: number;
  readonly from?: number;
  readonly to?: number;
  readonly cache?: string;
  readonly timeout: number;
}

/** Adds the flags to a command. @param format - what is said of `--format` */
export function withCoverFlags(command: Command, format: string): Command {
  return withRemoteFlags(command)
    .option('--format <kind>', format)
    .option('--at <times>', 'seconds, a percentage such as 50%, middle, or best; several with commas', 'middle')
    .option('--exact', 'the frame on display at the time, not the keyframe at or before it')
    .option('--candidates <8-16>', 'how many frames best compares (default: 12)', integer('--candidates'))
    .option('--from <time>', 'where best begins to look, in seconds', seconds('--from'))
    .option('--to <time>', 'where best ends to look, in seconds', seconds('--to'))
    .option('--size <sizes>', 'such as 320x180,9:16@1080; without it that of the video as shown')
    .option('--fit <how>', 'cover cuts what sticks out, contain adds borders, smart cuts around what draws the eye')
    .option('--border <kind>', 'what contain adds: color, blur (of the picture) or extend (its edges)')
    .option('--background <rrggbb>', 'colour of the borders, and behind transparent pictures (default: 000000)')
    .option('--safe-zone <where>', 'tiktok, reels, shorts, instagram-grid, or top,right,bottom,left as fractions')
    .option('--quality <1-100>', 'quality (default: 75, 55 for AVIF)', integer('--quality'))
    .option('--max-kb <number>', 'the best quality within so many kB of 1000 bytes', number('--max-kb'))
    .option('--min-ssim <number>', 'the smallest file that is so like the picture, such as 0.98', number('--min-ssim'))
    .option('--stream <number>', 'the video stream', integer('--stream'))
    .option('--decoder <name>', 'auto, software, nvdec, vaapi, qsv or videotoolbox (default: auto)')
    .option('--cache <folder>', 'keep covers there, and take from it what was made before')
    .option(timeoutOption[0], timeoutOption[1], seconds('--timeout'), 30);
}

/** Where covers are kept. A command needs no memory for them, and tells nothing about what comes next. */
export function toCache({ cache: folder }: CoverFlags): CoverCacheOptions | undefined {
  return folder === undefined ? undefined : { folder, memoryBytes: 0, recall: false };
}

/** How many places the flags name. */
export function placesIn({ at }: CoverFlags): number {
  return at.split(',').length;
}

/** How many sizes the flags name. */
export function sizesIn({ size }: CoverFlags): number {
  return size?.split(',').length ?? 1;
}

/**
 * The options that the flags stand for; what they may be is checked by whoever takes them. The parsers come with the covers,
 * which are loaded beside what a command loads anyway.
 */
export async function toCoverOptions(flags: CoverFlags): Promise<CoverSetOptions> {
  const { parseColor, parseCoverSize, parsePlace, parseSafeZone } = await import('../../covers/index.js');
  const { at, size, fit, border, background, safeZone, format, quality, maxKb, minSsim, stream, decoder, timeout } =
    flags;
  return {
    at: at.split(',').map((part) => parsePlace('--at', part)),
    sizes: size?.split(',').map((part) => parseCoverSize('--size', part)),
    fit: fit as CoverSetOptions['fit'],
    border: border as CoverSetOptions['border'],
    background: background === undefined ? undefined : parseColor('--background', background),
    safeZone: safeZone === undefined ? undefined : parseSafeZone(safeZone),
    format: format as CoverSetOptions['format'],
    quality,
    maxBytes: maxKb === undefined ? undefined : Math.floor(maxKb * 1000),
    minSsim,
    stream,
    decoder: decoder as CoverSetOptions['decoder'],
    precision: flags.exact === true ? 'exact' : 'keyframe',
    candidates: flags.candidates,
    from: flags.from,
    to: flags.to,
    ...toRemoteOptions(flags),
    timeout: timeout * 1000,
  };
}
