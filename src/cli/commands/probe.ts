// framerail probe: what a file holds and what is wrong with it.
import type { Command } from 'commander';
import { formatClock } from '../../base/index.js';
import type { StreamInfo, VideoStreamInfo } from '../../av/index.js';
import type { MediaInfo } from '../../frames/index.js';
import { print, printFacts, printJson } from '../output.js';
import { interruptSignal } from '../interrupt.js';
import {
  backendOption,
  integer,
  seconds,
  timeoutOption,
  toBackend,
  toMilliseconds,
  type CliCommand,
} from './command.js';

interface Options {
  readonly scan: boolean;
  readonly stream?: number;
  readonly backend?: string;
  readonly timeout?: number;
  readonly json?: boolean;
}

/** The command. */
export const probe: CliCommand = {
  name: 'probe',
  define(command: Command): void {
    command
      .description('Report streams, codecs, geometry as shown, duration, keyframes, and what is wrong with a file.')
      .argument('<input>', 'a media file')
      .option('--no-scan', 'read only the headers, not every packet')
      .option('--stream <number>', 'the video stream to report on', integer('--stream'))
      .option(backendOption[0], backendOption[1])
      .option(timeoutOption[0], timeoutOption[1], seconds('--timeout'))
      .option('--json', 'print one JSON document')
      .action(run);
  },
};

async function run(input: string, options: Options): Promise<void> {
  const { Engine } = await import('../../frames/index.js');
  await using engine = new Engine({ workers: 1, backend: toBackend(options.backend) });
  const info = await engine.probe(input, {
    scan: options.scan,
    stream: options.stream,
    timeout: toMilliseconds(options.timeout),
    signal: interruptSignal(),
  });
  if (options.json === true) printJson(info);
  else report(info);
}

function report(info: MediaInfo): void {
  const { scan } = info;
  const facts: [string, string][] = [
    ['file', info.name],
    ['container', info.container],
    ['duration', info.duration === undefined ? 'unknown' : formatClock(info.duration)],
    ...info.streams.map((stream): [string, string] => [
      `stream ${String(stream.index)}${stream === info.video ? ' *' : ''}`,
      describe(stream),
    ]),
    ['decoder', info.decoder],
  ];
  if (scan !== undefined) {
    facts.push(['frames', `${String(scan.packets)} packets`]);
    facts.push(['keyframes', keyframes(scan.keyframes)]);
  }
  facts.push(['problems', info.problems.length === 0 ? 'none found' : `${String(info.problems.length)} found`]);
  printFacts(facts);
  for (const problem of info.problems) print(`  - ${problem}`);
}

function describe(stream: StreamInfo): string {
  const language = stream.language === undefined ? '' : ` [${stream.language}]`;
  if (stream.kind === 'video') return `video ${describeVideo(stream)}${language}`;
  const audio =
    stream.sampleRate === undefined ? '' : `, ${String(stream.sampleRate)} Hz, ${String(stream.channels)} channels`;
  return `${stream.kind} ${stream.codec}${audio}${language}`;
}

function describeVideo(video: VideoStreamInfo): string {
  const { stored, display, orientation, pixelAspect } = video;
  const parts = [video.codec, `${String(stored.width)}x${String(stored.height)}`];
  if (video.pixelFormat !== undefined) parts.push(video.pixelFormat);
  if (video.frameRate !== undefined) parts.push(`${String(Math.round(video.frameRate * 1000) / 1000)} fps`);
  if (pixelAspect !== 1) parts.push(`pixels ${pixelAspect.toFixed(3)}:1`);
  if (orientation.turn !== 0) parts.push(`turned ${String(orientation.turn)} degrees`);
  if (orientation.mirror) parts.push('mirrored');
  if (display.width !== stored.width || display.height !== stored.height)
    parts.push(`shown as ${String(display.width)}x${String(display.height)}`);
  if (video.attachedPicture) parts.push('attached picture');
  return parts.join(', ');
}

function keyframes(times: readonly number[]): string {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined || times.length < 2) return String(times.length);
  return `${String(times.length)}, every ${((last - first) / (times.length - 1)).toFixed(2)} s on average`;
}
