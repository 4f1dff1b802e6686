// framerail frames: delivers every chosen frame to JavaScript, and says how fast.
import type { Command } from 'commander';
import { checkOneOf, formatBytes, isFramerailError } from '../../base/index.js';
import type { FrameFormat, FramesResult, VideoFrame } from '../../frames/index.js';
import type { Backend, Transport } from '../../workers/index.js';
import { interruptSignal } from '../interrupt.js';
import { note, printFacts, printJson } from '../output.js';
import { Progress } from '../progress.js';
import { integer, seconds, secondsList, size, timeoutOption, toMilliseconds, type CliCommand } from './command.js';

interface Options {
  readonly from?: number;
  readonly to?: number;
  readonly size?: [number, number];
  readonly format: string;
  readonly every?: number;
  readonly at?: number[];
  readonly keyframes?: boolean;
  readonly count?: number;
  readonly stream?: number;
  readonly rotate: boolean;
  readonly backend: string;
  readonly transport: string;
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
      .option('--keyframes', 'only keyframes')
      .option('--count <number>', 'this many frames at most', integer('--count'))
      .option('--size <WxH>', 'scale to this size', size('--size'))
      .option('--format <format>', 'rgb24, rgba, gray8, yuv420p, nv12 or native', 'rgb24')
      .option('--no-rotate', 'leave pictures as they are stored')
      .option('--stream <number>', 'the video stream', integer('--stream'))
      .option('--out <dir>', 'write an image for each frame into a folder, or raw bytes to standard output with -')
      .option('--image <type>', 'png or jpg', 'png')
      .option('--hash <md5|sha256>', 'print one line a frame: number, time, bytes, hash of the tightly packed pixels')
      .option('--backend <where>', 'process, thread or inline', 'process')
      .option('--transport <how>', 'auto, memfd, shm or copy', 'auto')
      .option(timeoutOption[0], timeoutOption[1], seconds('--timeout'))
      .option('--json', 'print JSON: one object a frame with --hash, then the summary')
      .action(run);
  },
};

async function run(input: string, options: Options): Promise<void> {
  const started = performance.now();
  const { frameSink } = await import('../frame-sinks.js');
  const sink = await frameSink(options);
  const { Engine } = await import('../../frames/index.js');
  await using engine = new Engine({
    backend: checkOneOf('--backend', options.backend, [
      'process',
      'thread',
      'inline',
    ] as const satisfies readonly Backend[]),
    transport: checkOneOf('--transport', options.transport, [
      'auto',
      'memfd',
      'shm',
      'copy',
    ] as const satisfies readonly Transport[]),
    workers: 1,
  });
  const signal = interruptSignal();
  const timeout = toMilliseconds(options.timeout);
  const video = await engine.open(input, { signal, timeout, stream: options.stream });
  const opened = performance.now();
  const stream = video.frames({
    from: options.from,
    to: options.to,
    every: options.every,
    at: options.at,
    keyframes: options.keyframes,
    count: options.count,
    size: options.size,
    format: options.format as FrameFormat,
    upright: options.rotate,
    stream: options.stream,
    packed: sink.packed,
    timeout,
    signal,
  });
  const progress = new Progress(sink.printsLines ? undefined : process.stderr);
  let count = 0;
  let batches = 0;
  let bytes = 0;
  let firstAt: number | undefined;
  let kind: Pick<VideoFrame, 'width' | 'height' | 'format'> | undefined;
  try {
    for await (const batch of stream) {
      firstAt ??= performance.now();
      batches += 1;
      for (const frame of batch) {
        kind ??= { width: frame.width, height: frame.height, format: frame.format };
        bytes += frame.data.byteLength;
        await sink.take(frame, count);
        count += 1;
      }
      progress.show(`${String(count)} frames, ${rate(count, opened)} fps`);
    }
  } catch (error) {
    if (count > 0 && isFramerailError(error)) note(`framerail: ${String(count)} frames came before the failure.`);
    throw error;
  } finally {
    progress.end();
  }
  const result = await stream.result;
  const ended = performance.now();
  const summary = {
    input,
    frames: count,
    ...kind,
    batches,
    bytes,
    fps: Number(rate(count, opened)),
    milliseconds: { open: opened - started, firstFrame: (firstAt ?? ended) - started, total: ended - started },
    decoded: result.decoded,
    damagedFrames: result.damagedFrames,
    damagedPackets: result.damagedPackets,
    decoder: result.decoder,
    backend: options.backend,
    log: result.log,
  };
  await sink.finish();
  if (options.json === true) printJson(summary);
  else if (!sink.ownsStdout && !sink.printsLines) report(summary, result);
  else if (damage(result) !== '') note(damage(result));
}

interface Summary {
  readonly frames: number;
  readonly width?: number;
  readonly height?: number;
  readonly format?: string;
  readonly batches: number;
  readonly bytes: number;
  readonly fps: number;
  readonly milliseconds: { readonly open: number; readonly firstFrame: number; readonly total: number };
  readonly decoder: string;
  readonly backend: string;
}

function report(summary: Summary, result: FramesResult): void {
  const { open, firstFrame, total } = summary.milliseconds;
  const kind =
    summary.format === undefined ? '' : ` of ${String(summary.width)}x${String(summary.height)} ${summary.format}`;
  const size = `${formatBytes(summary.bytes)} in ${String(summary.batches)} batches`;
  printFacts([
    ['frames', `${String(summary.frames)}${kind}, ${size}`],
    ['speed', `${summary.fps.toFixed(1)} frames/s`],
    ['times', `open ${open.toFixed(0)} ms, first frame ${firstFrame.toFixed(0)} ms, total ${total.toFixed(0)} ms`],
    ['decoded', `${String(result.decoded)} by ${summary.decoder} in a worker (${summary.backend})`],
    ['damaged', damage(result) || 'none'],
  ]);
}

function damage({ damagedFrames, damagedPackets, log }: FramesResult): string {
  if (damagedFrames === 0 && damagedPackets === 0) return '';
  const first = log[0]?.text;
  return `${String(damagedFrames)} frames damaged, ${String(damagedPackets)} packets refused${first === undefined ? '' : ` (FFmpeg: ${first})`}`;
}

function rate(count: number, since: number): string {
  return ((count / Math.max(1, performance.now() - since)) * 1000).toFixed(1);
}
