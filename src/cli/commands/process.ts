// framerail process: decode, filter, change frames in a JavaScript module, encode.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { argumentError, checkOneOf, formatBytes, formatClock, messageOf, systemCode } from '../../base/index.js';
import type {
  BesidePolicy,
  FrameFormat,
  MediaDestination,
  ProcessOptions,
  ProcessProgress,
  ProcessResult,
  StreamReport,
  Transform,
} from '../../frames/index.js';
import type { BatchMode, PresetName } from '../../config/index.js';
import type { AnyInput } from '../../sources/index.js';
import type { Transport } from '../../workers/index.js';
import { finishOrInterrupt, interruptSignal } from '../interrupt.js';
import { note, printFacts, printJson } from '../output.js';
import { Progress } from '../progress.js';
import {
  backendOption,
  bits,
  integer,
  number,
  seconds,
  size,
  timeoutOption,
  batchModeOption,
  presetOption,
  toBackend,
  toMilliseconds,
  type CliCommand,
} from './command.js';

const TRANSPORTS = ['auto', 'memfd', 'shm', 'copy'] as const satisfies readonly Transport[];

interface Options {
  readonly filter?: string[];
  readonly with?: string;
  readonly format: string;
  readonly size?: [number, number];
  readonly from?: number;
  readonly to?: number;
  readonly stream?: number;
  readonly rotate: boolean;
  readonly encoder?: string;
  readonly fallback: boolean;
  readonly decoder?: string;
  readonly codec?: string;
  readonly encoderOption?: string[];
  readonly bitrate?: number;
  readonly maxBitrate?: number;
  readonly quality?: number;
  readonly lossless?: boolean;
  readonly keyframeInterval?: number;
  readonly lowLatency?: boolean;
  readonly pixelFormat?: string;
  readonly container?: string;
  readonly audio: string;
  readonly subtitles: string;
  readonly maxDelay?: number;
  readonly concurrency?: number;
  readonly preset?: string;
  readonly batchMode?: string;
  readonly batchSize?: number;
  readonly batchDelay?: number;
  readonly slots?: number;
  readonly backend?: string;
  readonly transport?: string;
  readonly timeout?: number;
  readonly json?: boolean;
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/** The command. */
export const processCommand: CliCommand = {
  name: 'process',
  define(command: Command): void {
    command
      .description('Decode a video, change it with filters and in JavaScript, encode it and publish the output.')
      .argument('<input>', 'a media file, - for standard input, or a live rtmp, rtsp, srt or udp address')
      .argument('<output>', 'a file, or - for standard output with --container')
      .option('--filter <filters>', "FFmpeg's filters, such as scale=640:-2; may be repeated", collect)
      .option('--with <module>', 'a JavaScript module whose default export changes each batch of frames')
      .option('--format <format>', 'what the module sees: rgb24, rgba, gray8, yuv420p, nv12 or native', 'rgb24')
      .option('--size <WxH>', 'scale to this size', size('--size'))
      .option('--from <time>', 'leave out what is before this time', seconds('--from'))
      .option('--to <time>', 'leave out what is from this time on', seconds('--to'))
      .option('--stream <number>', 'the video stream', integer('--stream'))
      .option('--no-rotate', 'leave pictures as they are stored, and say so in the output')
      .option(
        '--encoder <name>',
        "auto, software, nvenc, qsv, vaapi, videotoolbox, amf, or FFmpeg's name of an encoder",
      )
      .option('--no-fallback', 'fail where hardware that was named cannot be had, or fails')
      .option('--decoder <name>', 'software, auto, nvdec, vaapi, qsv or videotoolbox (default: software)')
      .option('--codec <name>', 'h264, hevc, av1, vp9 and so on; without it what the container usually holds')
      .option('--encoder-option <name=value>', "an option of the encoder by FFmpeg's name; may be repeated", collect)
      .option('--bitrate <bits>', 'bits per second, such as 2.5M or 800k', bits('--bitrate'))
      .option('--max-bitrate <bits>', 'bits of any second at most, beside --bitrate', bits('--max-bitrate'))
      .option('--quality <0-100>', "constant quality on the encoder's own scale, stretched", number('--quality'))
      .option('--lossless', 'keep every sample')
      .option('--keyframe-interval <time>', 'from one keyframe to the next at most', seconds('--keyframe-interval'))
      .option('--low-latency', 'no look-ahead and no reordered frames')
      .option('--pixel-format <name>', 'the pixel format to encode')
      .option('--container <name>', "FFmpeg's name of the container; without it by the ending of the output")
      .option('--audio <policy>', 'auto copies and encodes anew what the container does not hold; copy; none', 'auto')
      .option('--subtitles <policy>', 'auto, copy or none', 'auto')
      .option('--max-delay <time>', 'pass over frames of a live input that come later', seconds('--max-delay'))
      .option('--concurrency <number>', 'batches in the module at once', integer('--concurrency'))
      .option(presetOption[0], presetOption[1])
      .option(batchModeOption[0], batchModeOption[1])
      .option('--batch-size <number>', 'frames of a batch at most', integer('--batch-size'))
      .option('--batch-delay <ms>', 'milliseconds that a frame waits for its batch', integer('--batch-delay'))
      .option('--slots <number>', 'frames in shared memory at once', integer('--slots'))
      .option(backendOption[0], backendOption[1])
      .option('--transport <how>', 'auto, memfd, shm or copy; without it auto')
      .option(timeoutOption[0], timeoutOption[1], seconds('--timeout'))
      .option('--json', 'print JSON: progress as one object a line, then the result')
      .action(run);
  },
};

async function run(input: string, output: string, options: Options): Promise<void> {
  if (output === '-' && options.json === true)
    throw argumentError('--json', 'no video on standard output beside it', '--json');
  const transform = options.with === undefined ? undefined : await loadTransform(options.with);
  const { Engine } = await import('../../frames/index.js');
  await using engine = new Engine({
    backend: toBackend(options.backend),
    transport: options.transport === undefined ? undefined : checkOneOf('--transport', options.transport, TRANSPORTS),
    workers: 1,
  });
  const progress = new Progress(process.stderr);
  const onProgress = (now: ProcessProgress): void => {
    if (options.json === true) printJson({ event: 'progress', ...now });
    else progress.show(progressText(now));
  };
  const source = toInput(input);
  const finish = (): void => {
    progress.end();
    note('framerail: Ending the recording here; once more to throw it away.');
    session.stop();
  };
  const session = engine.process(source, toOutput(output), {
    ...toProcessOptions(options),
    transform,
    onProgress,
    // What arrives as it is made has no end of its own, and is kept.
    signal: typeof source === 'string' ? interruptSignal() : finishOrInterrupt(finish),
    timeout: toMilliseconds(options.timeout),
  });
  let result: ProcessResult;
  try {
    result = await session.result;
  } finally {
    progress.end();
  }
  if (options.json === true) printJson({ event: 'done', input, output, ...result });
  else if (output !== '-') report(output, result);
  for (const line of result.log) note(`framerail: FFmpeg ${line.level}: ${line.text}`);
}

/** What a person writes on a command line may be a live address; in code it has to be said. */
function toInput(input: string): AnyInput {
  if (input === '-') return process.stdin;
  return /^(rtmps?|rtsps?|srt|udp):\/\//i.test(input) ? { live: input } : input;
}

function toOutput(output: string): MediaDestination {
  return output === '-' ? process.stdout : output;
}

function toProcessOptions(options: Options): ProcessOptions {
  const { size, from, to, stream, encoder, codec, bitrate, quality, lossless, keyframeInterval, lowLatency } = options;
  const { pixelFormat, container, concurrency, batchSize, batchDelay, slots } = options;
  return {
    filters: options.filter,
    format: options.format as FrameFormat,
    size,
    from,
    to,
    stream,
    upright: options.rotate,
    encoder,
    fallback: options.fallback,
    decoder: options.decoder as ProcessOptions['decoder'],
    codec,
    encoderOptions: pairs(options.encoderOption),
    bitrate,
    maxBitrate: options.maxBitrate,
    quality,
    lossless,
    keyframeInterval,
    lowLatency,
    pixelFormat,
    container,
    audio: options.audio as BesidePolicy,
    subtitles: options.subtitles as BesidePolicy,
    maxDelay: toMilliseconds(options.maxDelay),
    preset: options.preset as PresetName | undefined,
    batchMode: options.batchMode as BatchMode | undefined,
    concurrency,
    batchSize,
    batchDelay,
    slots,
  };
}

function pairs(list: readonly string[] | undefined): Record<string, string> {
  return Object.fromEntries(
    (list ?? []).map((text) => {
      const match = /^([\w-]+)=([\s\S]*)$/.exec(text);
      if (match === null) throw argumentError('--encoder-option', 'a name and a value, such as preset=fast', text);
      return [match[1], match[2]];
    }),
  ) as Record<string, string>;
}

async function loadTransform(path: string): Promise<Transform> {
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as { default?: unknown };
  } catch (error) {
    if (systemCode(error) === 'ERR_MODULE_NOT_FOUND') throw argumentError('--with', 'a module that exists', path);
    const why = messageOf(error);
    throw argumentError('--with', `a module that loads (${why})`, path);
  }
  if (typeof module.default !== 'function')
    throw argumentError('--with', 'a module whose default export is a function', path);
  return module.default as Transform;
}

function progressText({ frames, time, fps, speed, percent, eta, bytes }: ProcessProgress): string {
  const parts = [
    ...(percent === undefined ? [] : [`${percent.toFixed(0)} %`]),
    `${String(frames)} frames`,
    formatClock(time),
    `${fps.toFixed(0)} fps`,
    `${speed.toFixed(2)} x`,
    formatBytes(bytes),
    ...(eta === undefined ? [] : [`${formatClock(eta).replace(/\.\d+$/, '')} left`]),
  ];
  return parts.join(', ');
}

function report(output: string, result: ProcessResult): void {
  const { encoded, dropped, late, decoded, damagedFrames, duration, elapsed, bytes, encoder, container } = result;
  const lost = [
    ...(dropped > 0 ? [`${String(dropped)} dropped by the module`] : []),
    ...(late > 0 ? [`${String(late)} came too late`] : []),
    ...(damagedFrames > 0 ? [`${String(damagedFrames)} damaged`] : []),
  ];
  printFacts([
    ['output', `${output}: ${container ?? ''}, ${formatBytes(bytes)}, ${formatClock(duration)}`],
    ['frames', [`${String(encoded)} of ${String(decoded)} decoded`, ...lost].join(', ')],
    [
      'speed',
      `${((encoded * 1000) / elapsed).toFixed(1)} frames/s, ${((duration * 1000) / elapsed).toFixed(2)} times as fast as it plays`,
    ],
    ['encoder', encoder === undefined ? 'none' : `${encoder.name} (${encoder.pixelFormat}): ${encoder.why}`],
    ...result.streams.map((stream): [string, string] => [`stream ${String(stream.index)}`, streamText(stream)]),
  ]);
}

function streamText({ kind, codec, action, why }: StreamReport): string {
  const done = { encode: 'encoded', copy: 'copied', drop: 'left out' }[action];
  return `${kind} ${codec}: ${done}${why === undefined || kind === 'video' ? '' : `; ${why}`}`;
}
