// The options of `processVideo()`: checked once at the door, then plain data for the job.
import type { DecoderWish, EncoderChange, EncoderControls, EncoderWish, FilterTrust } from '../../av/index.js';
import {
  argumentError,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkSwitch,
  optionNames,
  type CallOptions,
} from '../../base/index.js';
import { FAKE_HARDWARE } from '../../hardware/index.js';
import type { StreamOptions } from '../../sources/index.js';
import type { BatchPlan } from '../../workers/index.js';
import {
  BATCH_NAMES,
  checkBatches,
  type BatchDefaults,
  type BatchOptions,
  type BatchSettings,
} from '../batch-options.js';
import { checkMaxDelay, checkPictureForm, type FrameFormat } from '../options.js';
import type { FrameBatch } from '../video-frame.js';
import type { ProcessFrame } from './process-frame.js';
import type { BesidePolicy, ProcessParams, SoundForm } from './process-params.js';
import type { ProcessProgress } from './progress.js';
import type { ProcessUpdate, RunningProcess } from './running-process.js';

/** How video is encoded. */
export interface EncodeOptions {
  /**
   * `auto` takes the first that works here, hardware before software; `software` leaves hardware out; `nvenc`, `qsv`,
   * `vaapi`, `videotoolbox` and `amf` name a kind of hardware; else FFmpeg's name of an encoder.
   * @defaultValue 'auto'
   */
  readonly encoder?: string | undefined;
  /** Whether software takes the place of hardware that was named and cannot be had, or fails. @defaultValue true */
  readonly fallback?: boolean | undefined;
  /** FFmpeg's name of a codec, such as `h264`, `hevc`, `av1` or `vp9`. @defaultValue what the container usually holds */
  readonly codec?: string | undefined;
  /** Bits per second on average. @defaultValue none: the encoder keeps to a quality */
  readonly bitrate?: number | undefined;
  /**
   * Bits of any second at most, beside `bitrate`, which then varies with the pictures; refused by encoders that know no
   * bound. @defaultValue none
   */
  readonly maxBitrate?: number | undefined;
  /** Constant quality from 0 to 100: the encoder's own scale, stretched. @defaultValue the encoder's own habit */
  readonly quality?: number | undefined;
  /** Keep every sample; refused by encoders that cannot. @defaultValue false */
  readonly lossless?: boolean | undefined;
  /** Seconds from one keyframe to the next at most. @defaultValue the encoder's own habit */
  readonly keyframeInterval?: number | undefined;
  /** No look-ahead and no reordered frames: each frame comes out as soon as it can. @defaultValue false, and true with the preset `realtime` */
  readonly lowLatency?: boolean | undefined;
  /** The pixel format to encode. @defaultValue the one nearest to the video's own */
  readonly pixelFormat?: string | undefined;
  /** Options of the encoder by FFmpeg's names; they have the last word. */
  readonly encoderOptions?: Readonly<Record<string, string | number>> | undefined;
  /** FFmpeg's name of the container. @defaultValue by the ending of the file; streams must name one */
  readonly container?: string | undefined;
}

/**
 * Changes the frames of a batch in place. They may be looked at until it returns, or until what it returns settles.
 * @param batch - the frames, in order of time
 * @param session - the running call, for `update()`
 */
export type Transform = (batch: FrameBatch<ProcessFrame>, session: RunningProcess) => void | Promise<void>;

/** What is done to a video. */
export interface ProcessOptions extends CallOptions, StreamOptions, EncodeOptions, BatchOptions {
  /** FFmpeg's filters, applied before the transform: `'scale=1280:-2,eq=brightness=0.1'`, or a list of them. */
  readonly filters?: string | readonly string[] | undefined;
  /**
   * `listed` lets through only filters that work on the pictures alone: for filters that arrived as data.
   * @defaultValue 'trusted'
   */
  readonly filterTrust?: FilterTrust | undefined;
  /** Changes frames in JavaScript; without it nothing leaves the worker. */
  readonly transform?: Transform | undefined;
  /** The pixel format that the transform sees; `native` is what the decoder or the filters give. @defaultValue 'rgb24' */
  readonly format?: FrameFormat | undefined;
  /** Columns and rows to scale to. @defaultValue the size of the video, after its turn and its filters */
  readonly size?: readonly [number, number] | undefined;
  /** No padding in the frames of the transform. @defaultValue false */
  readonly packed?: boolean | undefined;
  /** Turn and crop pictures as the container says; otherwise the output says it too. @defaultValue true */
  readonly upright?: boolean | undefined;
  /**
   * Where it is decoded: `software`, a kind of hardware (`nvdec`, `vaapi`, `qsv`, `videotoolbox`), or `auto` for the
   * first of these that works here. Software takes over where hardware fails, without losing a frame.
   * @defaultValue 'software': its pictures are the same everywhere, and those of hardware must be carried back
   */
  readonly decoder?: 'auto' | 'software' | 'nvdec' | 'vaapi' | 'qsv' | 'videotoolbox' | undefined;
  /** The number of the video stream. @defaultValue the one that ffmpeg picks */
  readonly stream?: number | undefined;
  /** Leave out what is before this time, in seconds. @defaultValue 0 */
  readonly from?: number | undefined;
  /** Leave out what is from this time on, in seconds. @defaultValue the end of the file */
  readonly to?: number | undefined;
  /**
   * Milliseconds that a frame of a live input may come later than it could: later ones are passed over and counted.
   * @defaultValue 1,000 for live inputs; other inputs wait
   */
  readonly maxDelay?: number | undefined;
  /** `auto` copies sound and encodes anew what the container does not hold; `copy` fails there. @defaultValue 'auto' */
  readonly audio?: BesidePolicy | undefined;
  /** Encodes sound anew in this form: its samples a second, and its channels from 1 to 8. @defaultValue as it is */
  readonly sound?: SoundForm | undefined;
  /**
   * `auto` copies subtitles, cut to the range; what the container does not hold is left out and reported, and never
   * encoded anew; `copy` fails there. @defaultValue 'auto'
   */
  readonly subtitles?: BesidePolicy | undefined;
  /** Batches that may be in the transform at once; their order is kept. @defaultValue 1 */
  readonly concurrency?: number | undefined;
  /** Milliseconds that one call of the transform may take to settle. @defaultValue 30,000 */
  readonly transformTimeout?: number | undefined;
  /** Decoder and encoder threads; 0 for as many as there are cores. @defaultValue 0, and 1 with the preset `realtime` */
  readonly threads?: number | undefined;
  /** Hears how far it is, about five times a second and once at the end; what it throws is a warning. */
  readonly onProgress?: ((progress: ProcessProgress) => void) | undefined;
}

/** The options of encoding. */
export const ENCODE_NAMES = {
  encoder: true,
  fallback: true,
  codec: true,
  bitrate: true,
  maxBitrate: true,
  quality: true,
  lossless: true,
  keyframeInterval: true,
  lowLatency: true,
  pixelFormat: true,
  encoderOptions: true,
  container: true,
} as const satisfies Record<keyof EncodeOptions, true>;

const PROCESS_OPTIONS = optionNames<ProcessOptions>({
  ...ENCODE_NAMES,
  ...BATCH_NAMES,
  signal: true,
  timeout: true,
  roots: true,
  inputTimeout: true,
  filters: true,
  filterTrust: true,
  transform: true,
  format: true,
  size: true,
  packed: true,
  upright: true,
  decoder: true,
  stream: true,
  from: true,
  to: true,
  maxDelay: true,
  audio: true,
  sound: true,
  subtitles: true,
  concurrency: true,
  transformTimeout: true,
  threads: true,
  onProgress: true,
});

/** What a call needs beside its input and output. */
export interface CheckedProcess {
  readonly params: Omit<ProcessParams, 'output'>;
  readonly batches: BatchPlan;
  readonly transform: Transform | undefined;
  readonly concurrency: number;
  readonly transformTimeout: number;
  readonly container: string | undefined;
  readonly onProgress: ((progress: ProcessProgress) => void) | undefined;
}

/** A third is filled, a third is changed, a third is encoded. */
const BATCHES: BatchDefaults = { slots: 12, batchSize: 4, inFlight: 3 };

/** Checks the options of `processVideo()`. */
export function checkProcess(options: ProcessOptions, live: boolean, ofEngine?: BatchSettings): CheckedProcess {
  checkOptions(options, PROCESS_OPTIONS);
  const { transform, onProgress } = options;
  checkFunction('transform', transform);
  checkFunction('onProgress', onProgress);
  const form = checkPictureForm(options, options.preset);
  const from = checkNumber('from', options.from ?? 0, 0, 'seconds');
  const to = options.to === undefined ? null : checkNumber('to', options.to, 0, 'seconds');
  if (to !== null && to <= from) throw argumentError('to', `a time after \`from\` (${String(from)})`, to);
  const params: CheckedProcess['params'] = {
    ...form,
    // Without a transform there is nobody to convert for.
    format: transform === undefined ? null : form.format,
    from,
    to,
    filters: checkFilters(options.filters),
    filterTrust: checkOneOf('filterTrust', options.filterTrust ?? 'trusted', ['trusted', 'listed'] as const),
    packed: checkSwitch('packed', options.packed, false),
    maxDelay: checkMaxDelay(options.maxDelay, live),
    transform: transform !== undefined,
    decoder: checkDecoder(options.decoder),
    encoder: checkEncode(options, options.preset === 'realtime'),
    audio: checkOneOf('audio', options.audio ?? 'auto', ['auto', 'copy', 'none'] as const),
    sound: checkSound(options),
    subtitles: checkOneOf('subtitles', options.subtitles ?? 'auto', ['auto', 'copy', 'none'] as const),
  };
  return {
    params,
    batches: checkBatches(options, BATCHES, ofEngine),
    transform,
    concurrency: checkInteger('concurrency', options.concurrency ?? 1, 1, 64),
    transformTimeout: checkNumber('transformTimeout', options.transformTimeout ?? 30_000, 1, 'milliseconds'),
    container: checkContainer(options.container),
    onProgress,
  };
}

const SOUND_NAMES = optionNames<SoundForm>({ sampleRate: true, channels: true });
const LEAST_RATE = 7350;
const MOST_RATE = 96_000;

function checkSound({ sound, audio }: ProcessOptions): SoundForm | null {
  if (sound === undefined) return null;
  if (audio === 'copy') throw argumentError('sound', "no `audio: 'copy'` beside it", sound);
  checkOptions(sound, SOUND_NAMES, '`sound`');
  return {
    sampleRate: checkInteger('sound.sampleRate', sound.sampleRate, LEAST_RATE, MOST_RATE),
    channels: checkInteger('sound.channels', sound.channels, 1, 8),
  };
}

/** Checks how video is encoded. */
export function checkEncode(options: EncodeOptions, realtime = false): EncoderWish {
  const { bitrate, quality, keyframeInterval, encoderOptions = {} } = options;
  const controls: EncoderControls = {
    bitrate: bitrate === undefined ? null : checkNumber('bitrate', bitrate, 1000, 'bits per second'),
    maxBitrate: checkBound(options),
    quality: quality === undefined ? null : checkQuality(quality),
    lossless: checkSwitch('lossless', options.lossless, false),
    keyframeInterval:
      keyframeInterval === undefined ? null : checkNumber('keyframeInterval', keyframeInterval, 0.001, 'seconds'),
    lowLatency: checkSwitch('lowLatency', options.lowLatency, realtime),
    options: checkEncoderOptions(encoderOptions),
  };
  if (controls.lossless && (controls.quality !== null || controls.bitrate !== null))
    throw argumentError('lossless', 'no `quality` and no `bitrate` beside it', true);
  return {
    encoder: checkWord('encoder', options.encoder ?? 'auto'),
    fallback: checkSwitch('fallback', options.fallback, true),
    codec: options.codec === undefined ? null : checkWord('codec', options.codec),
    pixelFormat: options.pixelFormat === undefined ? null : checkWord('pixelFormat', options.pixelFormat),
    controls,
  };
}

function checkBound({ bitrate, maxBitrate }: EncodeOptions): number | null {
  if (maxBitrate === undefined) return null;
  if (bitrate === undefined) throw argumentError('maxBitrate', 'a `bitrate` beside it', maxBitrate);
  return checkNumber('maxBitrate', maxBitrate, bitrate, 'bits per second');
}

function checkDecoder(decoder: string | undefined): DecoderWish {
  const known = ['auto', 'software', 'nvdec', 'vaapi', 'qsv', 'videotoolbox'] as const;
  // The fake hardware of the tests has no place in the list that people see.
  if (decoder === 'fake' && process.env[FAKE_HARDWARE] !== undefined) return 'fake';
  return checkOneOf('decoder', (decoder ?? 'software') as DecoderWish, known);
}

function checkQuality(quality: number): number {
  if (checkNumber('quality', quality, 0) > 100) throw argumentError('quality', 'a number from 0 to 100', quality);
  return quality;
}

const UPDATE_NAMES = optionNames<ProcessUpdate>({ bitrate: true, quality: true, keyframeInterval: true });

/** Checks what shall change. */
export function checkUpdate(update: ProcessUpdate): EncoderChange {
  checkOptions(update, UPDATE_NAMES, 'the change');
  const { bitrate, quality, keyframeInterval } = update;
  return {
    ...(bitrate === undefined ? {} : { bitrate: checkNumber('bitrate', bitrate, 1000, 'bits per second') }),
    ...(quality === undefined ? {} : { quality: checkQuality(quality) }),
    ...(keyframeInterval === undefined
      ? {}
      : { keyframeInterval: checkNumber('keyframeInterval', keyframeInterval, 0.001, 'seconds') }),
  };
}

/** Checks the name of a container. */
export function checkContainer(container: string | undefined): string | undefined {
  return container === undefined ? undefined : checkWord('container', container);
}

function checkWord(name: string, value: unknown): string {
  if (typeof value !== 'string' || !/^[\w-]{1,40}$/.test(value)) throw argumentError(name, 'a name', value);
  return value;
}

function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw argumentError(name, 'a function', value);
}

function checkFilters(filters: ProcessOptions['filters']): string | null {
  if (filters === undefined) return null;
  const list: readonly unknown[] = typeof filters === 'string' ? [filters] : filters;
  if (!(list instanceof Array))
    throw argumentError('filters', "filters in FFmpeg's spelling, or a list of them", filters);
  for (const [i, filter] of list.entries())
    if (typeof filter !== 'string' || filter.trim() === '')
      throw argumentError(`filters[${String(i)}]`, "a filter in FFmpeg's spelling", filter);
  return list.length === 0 ? null : list.join(',');
}

function checkEncoderOptions(options: unknown): Record<string, string> {
  if (typeof options !== 'object' || options === null) throw argumentError('encoderOptions', 'an object', options);
  return Object.fromEntries(
    Object.entries(options).map(([name, value]: [string, unknown]) => {
      if (typeof value !== 'string' && typeof value !== 'number')
        throw argumentError(`encoderOptions.${name}`, 'text or a number', value);
      return [name, String(value)];
    }),
  );
}
