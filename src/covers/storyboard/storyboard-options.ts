// What callers say about storyboards, checked once and brought into the form that the job takes.
import {
  argumentError,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkSwitch,
  optionNames,
  parseSeconds,
  type CallOptions,
} from '../../base/index.js';
import type { RemoteOptions } from '../../net/index.js';
import type { SourceOptions } from '../../sources/index.js';
import { INPUT_NAMES } from '../input-user.js';
import { MAX_SHEET_SIDE } from './board-plan.js';
import type { SheetFormat } from './file-names.js';
import type { StoryboardParams } from './storyboard-params.js';

/** What a storyboard shall be. */
export interface StoryboardOptions extends CallOptions, SourceOptions, RemoteOptions {
  /**
   * The folder of the files; it is made where it is missing. What it holds beside them stays. Files appear when all of them
   * are written, sheets first and what points to them last; until then they lie in a folder named `.framerail-*.part`
   * inside, or beside where it is missing, and nothing is left of them after a failure.
   */
  readonly out: string;
  /**
   * Seconds, or text such as '2s', from one tile to the next, in whole milliseconds from 0.1 s up.
   * @defaultValue 1, 2, 5, 10, 15, 20, 30, 60 and so on: the first that gives 200 tiles at most; 10 where nobody knows how long the video is
   */
  readonly every?: number | string | undefined;
  /** Columns of a tile, an even number from 16 to 1024; rows follow from the shape of the video, which is not enlarged. @defaultValue 160 */
  readonly tileWidth?: number | undefined;
  /** Tiles beside each other at most, as far as a sheet stays within 4096 pixels. @defaultValue 10 */
  readonly columns?: number | undefined;
  /** Rows of tiles at most, as far as a sheet stays within 4096 pixels. @defaultValue 10 */
  readonly rows?: number | undefined;
  /** The kind of file that sheets are. @defaultValue 'jpeg' */
  readonly format?: SheetFormat | undefined;
  /** 1 to 100, on the scale of libjpeg or libwebp. @defaultValue 75 */
  readonly quality?: number | undefined;
  /**
   * `keyframe` takes for each step the last keyframe at or before it, which is quick, and tells its true time; `exact`
   * decodes the picture on display then. `auto` is `keyframe`, except for videos of up to five minutes in which fewer than
   * every second step would get a picture of its own. @defaultValue 'auto'
   */
  readonly precision?: 'auto' | 'keyframe' | 'exact' | undefined;
  /**
   * Write an HLS image media playlist. Its tiles come at equal steps, so a picture that is the one of several steps has as
   * many cells; without it each picture has one. @defaultValue true
   */
  readonly hls?: boolean | undefined;
  /** Write a BIF file too, at equal steps as well. @defaultValue false */
  readonly bif?: boolean | undefined;
  /** What comes before the names of files in the files that point to them, such as 'https://cdn.example/v/7/'. @defaultValue nothing: players resolve names against the address of the file that has them */
  readonly urlPrefix?: string | undefined;
  /** The number of the video stream. @defaultValue the one that ffmpeg picks */
  readonly stream?: number | undefined;
  /** Milliseconds of wall time after which the call rejects with FR_TIMEOUT. @defaultValue 600,000 */
  readonly timeout?: number | undefined;
}

/** Milliseconds that a call may take unless it says otherwise: every picture of the video may have to be decoded. */
export const STORYBOARD_TIMEOUT = 600_000;

const NAMES = optionNames<StoryboardOptions>({
  ...INPUT_NAMES,
  out: true,
  every: true,
  tileWidth: true,
  columns: true,
  rows: true,
  format: true,
  quality: true,
  precision: true,
  hls: true,
  bif: true,
  urlPrefix: true,
  stream: true,
});

/** What a call needs beside its input. */
export interface CheckedStoryboard {
  readonly params: Omit<StoryboardParams, 'folder'>;
  readonly out: string;
  readonly hls: boolean;
  readonly urlPrefix: string;
}

/** Checks everything at once; throws FR_ARG_INVALID. */
export function checkStoryboard(options: StoryboardOptions): CheckedStoryboard {
  checkOptions(options, NAMES);
  const { out, urlPrefix = '', stream } = options;
  if (typeof out !== 'string' || out === '' || out.includes('\0')) throw argumentError('out', 'a folder', out);
  // It stands in lines of text, in which a space or a line break would begin something else.
  if (typeof urlPrefix !== 'string' || /[\s"<>]/.test(urlPrefix))
    throw argumentError('urlPrefix', 'the beginning of an address, without spaces', urlPrefix);
  const tileWidth = checkInteger('tileWidth', options.tileWidth ?? 160, 16, 1024);
  if (tileWidth % 2 === 1) throw argumentError('tileWidth', 'an even number', tileWidth);
  const precision = checkOneOf('precision', options.precision ?? 'auto', ['auto', 'keyframe', 'exact'] as const);
  const hls = checkSwitch('hls', options.hls, true);
  return {
    params: {
      every: options.every === undefined ? null : checkEvery(options.every),
      tileWidth,
      columns: checkInteger('columns', options.columns ?? 10, 1, MAX_SHEET_SIDE),
      rows: checkInteger('rows', options.rows ?? 10, 1, MAX_SHEET_SIDE),
      format: checkOneOf('format', options.format ?? 'jpeg', ['jpeg', 'webp'] as const),
      quality: checkInteger('quality', options.quality ?? 75, 1, 100),
      precision: precision === 'auto' ? undefined : precision,
      stream: stream === undefined ? null : checkInteger('stream', stream, 0, 1000),
      equalSteps: hls,
      bif: checkSwitch('bif', options.bif, false),
    },
    out,
    hls,
    urlPrefix,
  };
}

/** BIF counts in milliseconds, and what the others say should be the same. */
function checkEvery(every: number | string): number {
  const seconds = typeof every === 'string' ? parseSeconds('every', every) : every;
  return Math.round(checkNumber('every', seconds, 0.1, 'seconds') * 1000) / 1000;
}
