// framerail frames: delivers every chosen frame to JavaScript, and says how fast.
import type { Command } from 'commander';
import { checkOneOf, formatBytes, isFramerailError } from '../../base/index.js';
import type { FrameFormat, FramesOptions, FramesResult, FrameStream, Precision } from '../../frames/index.js';
import type { BatchStats, Transport } from '../../workers/index.js';
import type { BatchMode, PresetName } from '../../config/index.js';
import type { FrameSink } from '../frame-sinks.js';
import { interruptSignal } from '../interrupt.js';
import { note, printFacts, printJson } from '../output.js';
import { Progress } from '../progress.js';
import {
  backendOption,
  integer,
  seconds,
  secondsList,
  toBackend,
  size,
  timeoutOption,
  toMilliseconds,
  type CliCommand,
  batchModeOption,
  presetOption,
} from './command.js';

const TRANSPORTS = ['auto', 'memfd', 'shm', 'copy'] as const satisfies readonly Transport[];

interface Options {
  readonly from?: number;
  readonly to?: number;
  readonly size?: [number, number];
  readonly format: string;
  readonly every?: number;
  readonly at?: number[];
  readonly precision: string;
  readonly keyframes?: boolean;
  readonly count?: number;
  readonly stream?: number;
  readonly rotate: boolean;
  readonly preset?: string;
  readonly batchMode?: string;
  readonly backend?: string;
  readonly transport?: string;
  readonly out?: string;
  readonly image: string;
  readonly hash?: string;
  readonly timeout?: number;
  readonly json?: boolean;
}

/** The command. */
export const frames: CliCommand = {
  name: 'frames',
  define(command: Command): void {
    command
      .description('Deliver the chosen frames of a video to JavaScript, and print how many and how fast.')
      .argument('<input>', 'a media file')
      .option('--from <time>', 'leave out frames before this time', seconds('--from'))
      .option('--to <time>', 'leave out frames from this time on', seconds('--to'))
      .option('--every <time>', 'one frame for each step of this length', seconds('--every'))
      .option('--at <times>', 'one frame for each of these times, such as 1.5,3', secondsList('--at'))
      .option('--precision <which>', 'for --every and --at: exact, or keyframe for the last one at each time', 'exact')
      .option('--keyframes', 'only keyframes')
      .option('--count <number>', 'this many frames at most', integer('--count'))
      .option('--size <WxH>', 'scale to this size', size('--size'))
      .option('--format <format>', 'rgb24, rgba, gray8, yuv420p, nv12 or native', 'rgb24')
      .option('--no-rotate', 'leave pictures as they are stored')
      .option('--stream <number>', 'the video stream', integer('--stream'))
      .option('--out <dir>', 'write an image for each frame into a folder, or raw bytes to standard output with -')
      .option('--image <type>', 'png or jpg', 'png')
      .option('--hash <md5|sha256>', 'print one line a frame: number, time, bytes, hash of the tightly packed pixels')
      .option(backendOption[0], backendOption[1])
      .option(presetOption[0], presetOption[1])
      .option(batchModeOption[0], batchModeOption[1])
      .option('--transport <how>', 'auto, memfd, shm or copy (default: auto)')
      .option(timeoutOption[0], timeoutOption[1], seconds('--timeout'))
      .option('--json', 'print JSON: one object a frame with --hash, then the summary')
      .action(run);
  },
};

async function run(input: string, options: Options): Promise<void> {
  const started = performance.now();
  const { frameSink } = await import('../frame-sinks.js');
  const sink = await frameSink(options);
  const limits = { signal: interruptSignal(), timeout: toMilliseconds(options.timeout) };
  const { Engine } = await import('../../frames/index.js');
  await using engine = new Engine({
    backend: toBackend(options.backend),
    transport: options.transport === undefined ? undefined : checkOneOf('--transport', options.transport, TRANSPORTS),
    workers: 1,
  });
  const video = await engine.open(input, { ...limits, stream: options.stream });
  const opened = performance.now();
  const stream = video.frames({ ...toFramesOptions(options, sink), ...limits });
  const tally = await readAll(stream, sink, opened);
  const result = await stream.result;
  const ended = performance.now();
  await sink.finish();
  const { firstAt = ended, ...counts } = tally;
  const summary: Summary = {
    input,
    ...counts,
    fps: Number(rate(tally.frames, opened)),
    milliseconds: { open: opened - started, firstFrame: firstAt - started, total: ended - started },
    backend: engine.backend,
    batching: stream.stats,
    ...result,
  };
  if (options.json === true) printJson(summary);
  else if (!sink.ownsStdout && !sink.printsLines) report(summary);
  else if (damage(summary) !== '') note(damage(summary));
  for (const line of result.log) note(`framerail: FFmpeg ${line.level}: ${line.text}`);
}

function toFramesOptions(options: Options, sink: FrameSink): FramesOptions {
  const { from, to, every, at, keyframes, count, size, stream } = options;
  const precision = options.precision as Precision;
  const form = { format: options.format as FrameFormat, upright: options.rotate, packed: sink.packed };
  const preset = options.preset as PresetName | undefined;
  const batchMode = options.batchMode as BatchMode | undefined;
  return { from, to, every, at, precision, keyframes, count, size, stream, preset, batchMode, ...form };
}

/** What came out of a stream of frames. */
interface Tally {
  frames: number;
  batches: number;
  bytes: number;
  width?: number;
  height?: number;
  format?: string;
  /** When the first batch came. */
  firstAt?: number;
}

/** Hands every frame to the sink, and shows how far it is. */
async function readAll(stream: FrameStream, sink: FrameSink, since: number): Promise<Tally> {
  const progress = new Progress(sink.printsLines ? undefined : process.stderr);
  const tally: Tally = { frames: 0, batches: 0, bytes: 0 };
  try {
    for await (const batch of stream) {
      tally.firstAt ??= performance.now();
      tally.batches += 1;
      for (const frame of batch) {
        const { width, height, format, data } = frame;
        if (tally.frames === 0) Object.assign(tally, { width, height, format });
        tally.bytes += data.byteLength;
        await sink.take(frame, tally.frames);
        tally.frames += 1;
      }
      progress.show(`${String(tally.frames)} frames, ${rate(tally.frames, since)} fps`);
    }
    return tally;
  } catch (error) {
    if (tally.frames > 0 && isFramerailError(error))
      note(`framerail: ${String(tally.frames)} frames came before the failure.`);
    throw error;
  } finally {
    progress.end();
  }
}

/** What `--json` prints, and a person reads in other words. */
interface Summary extends Omit<Tally, 'firstAt' | 'frames'>, FramesResult {
  readonly input: string;
  readonly fps: number;
  /** From the start of the command. */
  readonly milliseconds: { readonly open: number; readonly firstFrame: number; readonly total: number };
  readonly preset?: string;
  readonly batchMode?: string;
  readonly backend: string;
  /** The size of batches at the end, what sent them, and how long frames waited. */
  readonly batching: BatchStats;
}

function report(summary: Summary): void {
  const { open, firstFrame, total } = summary.milliseconds;
  const kind =
    summary.format === undefined ? '' : ` of ${String(summary.width)}x${String(summary.height)} ${summary.format}`;
  const size = `${formatBytes(summary.bytes)} in ${String(summary.batches)} batches`;
  printFacts([
    ['frames', `${String(summary.frames)}${kind}, ${size}`],
    ['speed', `${summary.fps.toFixed(1)} frames/s`],
    ['times', `open ${open.toFixed(0)} ms, first frame ${firstFrame.toFixed(0)} ms, total ${total.toFixed(0)} ms`],
    ['batches', batchText(summary.batching)],
    ['decoded', `${String(summary.decoded)} by ${summary.decoder} in a worker (${summary.backend})`],
    ['damaged', damage(summary) || 'none'],
  ]);
}

function batchText({ batches, size, reasons, queueDelay }: BatchStats): string {
  const sent = Object.entries(reasons).filter(([, count]) => count > 0);
  const why = sent.map(([reason, count]) => `${String(count)} by ${reason}`).join(', ');
  const waited = queueDelay.p95 === null ? '' : `, frames waited ${queueDelay.p95.toFixed(1)} ms (p95)`;
  return `${String(batches)} of up to ${String(size)} frames (${why})${waited}`;
}

function damage({ damagedFrames, damagedPackets }: FramesResult): string {
  if (damagedFrames === 0 && damagedPackets === 0) return '';
  return `${String(damagedFrames)} frames damaged, ${String(damagedPackets)} packets refused`;
}

function rate(count: number, since: number): string {
  return ((count / Math.max(1, performance.now() - since)) * 1000).toFixed(1);
}
