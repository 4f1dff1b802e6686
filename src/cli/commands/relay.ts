// framerail relay: pull a live stream and push it on, every destination dialled at once.
import type { Command } from 'commander';
import { argumentError } from '../../base/index.js';
import {
  createRelay,
  dropEarly,
  type LateStream,
  type OnOriginEnd,
  type Relay,
  type RtspTransport,
  type Standby,
} from '../../relay/index.js';
import { finishOrInterrupt } from '../interrupt.js';
import { printJson } from '../output.js';
import { bytes, integer, seconds, toMilliseconds, type CliCommand } from './command.js';

interface Options {
  readonly config?: string;
  readonly check?: boolean;
  readonly from?: readonly string[];
  readonly standby?: string;
  readonly failoverAfter?: number;
  readonly failbackAfter?: number;
  readonly slate?: string;
  readonly slateAfter?: number;
  readonly allowHost?: readonly string[];
  readonly rtspTransport?: string;
  readonly fillAudio?: boolean;
  readonly framesAudio?: number;
  readonly framesVideo?: number;
  readonly onEnd?: string;
  readonly duration?: number;
  readonly hlsSegment?: number;
  readonly hlsList?: number;
  readonly record?: string;
  readonly recordEvery?: number;
  readonly publishEarly?: boolean;
  readonly waitExpected?: number;
  readonly waitUnannounced?: number;
  readonly waitKeyframe?: number;
  readonly lateStream?: string;
  readonly connectTimeout?: number;
  readonly originTimeout?: number;
  readonly stallTimeout?: number;
  readonly queue?: number;
  readonly gopCache?: number;
  readonly insecure?: boolean;
  readonly status?: number;
  readonly json?: boolean;
}

/** The command. */
export const relay: CliCommand = {
  name: 'relay',
  define(command: Command): void {
    command
      .description('Relay a live stream: destinations are dialled at once, and fed tag by tag without transcoding.')
      .argument('[source]', 'rtmp(s)://, rtsp(s)://, srt://, udp://, http(s):// or rtmp://0.0.0.0:1935/app/KEY?listen')
      .argument('[destinations...]', 'rtmp(s)://host/app/key, srt://, udp:// or folder/live.m3u8, as many as wanted')
      .option('--config <file>', 'many relays from a file of YAML or JSON, followed as it changes and on SIGHUP')
      .option('--check', 'with --config, only say what is wrong with the file, and dial nobody')
      .option('--from <url>', 'another origin, tried in this order behind the source; may be repeated', collect)
      .option('--standby <kind>', 'cold or hot: have the next origin connected all the time (default: cold)')
      .option('--failover-after <time>', 'without media (default: 400ms hot, 2s cold)', seconds('--failover-after'))
      .option(
        '--failback-after <time>',
        'for which an earlier origin must flow again, or never (default: 30s)',
        secondsOrNever('--failback-after'),
      )
      .option('--slate <file>', 'a picture or a clip that is shown while no origin lives')
      .option('--slate-after <time>', 'without media (default: 2s)', seconds('--slate-after'))
      .option('--on-end <what>', 'when the origin ends: retry or exit (default: retry)')
      .option(
        '--duration <time>',
        'stop after this time; exit code 0, or 1 where nothing was ever relayed',
        seconds('--duration'),
      )
      .option(
        '--hls-segment <time>',
        'of a playlist: each ends with the next keyframe (default: 2s)',
        seconds('--hls-segment'),
      )
      .option('--hls-list <count>', 'segments of a playlist (default: 6)', integer('--hls-list'))
      .option(
        '--record <file>',
        'record to .flv, .ts or .mp4, which appears at the end and replaces nothing',
        once('--record'),
      )
      .option(
        '--record-every <time>',
        'one file for each such time, published as it is complete',
        seconds('--record-every'),
      )
      .option('--publish-early', 'publish before the origin has answered')
      .option('--wait-expected <time>', 'for an announced stream (default: 1s)', seconds('--wait-expected'))
      .option('--wait-unannounced <time>', 'for an unannounced one (default: 300ms)', seconds('--wait-unannounced'))
      .option('--wait-keyframe <time>', 'until sound goes ahead (default: 2s)', seconds('--wait-keyframe'))
      .option('--frames-audio <count>', 'of sound until it counts as known (default: 0)', integer('--frames-audio'))
      .option('--frames-video <count>', 'of video until it counts as known (default: 0)', integer('--frames-video'))
      .option('--fill-audio', 'silence for a stream that has no sound')
      .option('--late-stream <what>', 'announce, republish or ignore a stream that appears later (default: announce)')
      .option('--connect-timeout <time>', 'for an answer of a peer (default: 10s)', seconds('--connect-timeout'))
      .option('--origin-timeout <time>', 'without media (default: 15s)', seconds('--origin-timeout'))
      .option(
        '--stall-timeout <time>',
        'for a destination that takes nothing (default: 10s)',
        seconds('--stall-timeout'),
      )
      .option('--queue <bytes>', 'that may wait for a destination, such as 8M (default: 8M)', bytes('--queue'))
      .option('--gop-cache <bytes>', 'kept for who joins later, 0 for nothing (default: 4M)', bytes('--gop-cache'))
      .option('--rtsp-transport <kind>', 'auto, tcp or udp (default: auto)')
      .option('--allow-host <host>', 'that redirects and playlists may lead to; may be repeated', collect)
      .option('--insecure', 'accept certificates that this machine does not trust')
      .option('--status <time>', 'with --json, a line with all counts each such time', seconds('--status'))
      .option('--json', 'print JSON: one event a line')
      .action(run);
  },
};

async function run(source: string | undefined, destinations: readonly string[], options: Options): Promise<void> {
  try {
    checkAlone(options);
    if (options.config !== undefined) await relayMany(options.config, source, options);
    else if (source === undefined) throw argumentError('source', 'an address, or --config', source);
    else await relayTo(source, destinations, options);
  } finally {
    // Who was dialled for an argument that meant something else.
    dropEarly();
  }
}

/** Refuses what does nothing by itself: it was meant to do something. */
function checkAlone({ config, check, status, json }: Options): void {
  if (check === true && config === undefined) throw argumentError('--check', 'a file to look at, as --config', true);
  if (status !== undefined && json !== true) throw argumentError('--status', '--json beside it', status);
}

/** What a configuration says is said there, and nowhere else. */
async function relayMany(path: string, source: string | undefined, options: Options): Promise<void> {
  if (source !== undefined) throw argumentError('source', 'no address beside --config', source);
  const { duration, status, json, check, config: _config, ...others } = options;
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw argumentError(
      `--${other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      'nothing beside --config',
      true,
    );
  const { checkConfig, runConfig } = await import('../relay-config.js');
  if (check === true) await checkConfig(path, json === true);
  else await runConfig(path, { duration, status, json: json === true });
}

async function relayTo(source: string, destinations: readonly string[], options: Options): Promise<void> {
  if (destinations.length === 0 && options.record === undefined)
    throw argumentError('destinations', 'at least one address, or --record', undefined);
  const people = options.json === true ? undefined : await import('../relay-shown.js');
  const session = createRelay({
    from: options.from === undefined ? source : [source, ...options.from],
    standby: options.standby as Standby | undefined,
    failoverAfter: toMilliseconds(options.failoverAfter),
    failbackAfter: toMilliseconds(options.failbackAfter),
    slate: options.slate,
    slateAfter: toMilliseconds(options.slateAfter),
    to: destinations,
    onEnd: options.onEnd as OnOriginEnd | undefined,
    publishEarly: options.publishEarly,
    waitExpected: toMilliseconds(options.waitExpected),
    waitUnannounced: toMilliseconds(options.waitUnannounced),
    waitKeyframe: toMilliseconds(options.waitKeyframe),
    framesAudio: options.framesAudio,
    framesVideo: options.framesVideo,
    fillAudio: options.fillAudio,
    lateStream: options.lateStream as LateStream | undefined,
    connectTimeout: toMilliseconds(options.connectTimeout),
    originTimeout: toMilliseconds(options.originTimeout),
    stallTimeout: toMilliseconds(options.stallTimeout),
    queueBytes: options.queue,
    gopBytes: options.gopCache,
    verifyTls: options.insecure === true ? false : undefined,
    allowHosts: options.allowHost,
    rtspTransport: options.rtspTransport as RtspTransport | undefined,
    hlsSegment: toMilliseconds(options.hlsSegment),
    hlsList: options.hlsList,
    record: options.record,
    recordEvery: toMilliseconds(options.recordEvery),
  });
  let [relayed, told] = [false, false];
  session.once('started', () => (relayed = true));
  const interrupted: AbortSignal = finishOrInterrupt(() => {
    told = true;
    stop();
  });
  const stop = (): void => {
    void session.stop({ signal: interrupted });
  };
  const show = people === undefined ? showJson(session, options.status) : people.showText(session);
  const timer = options.duration === undefined ? undefined : setTimeout(stop, options.duration * 1000);
  try {
    await Promise.all([session.start(), session.done]);
  } finally {
    clearTimeout(timer);
    show();
  }
  // Who stops it by hand knows what came.
  if (relayed || told) return;
  const { nothingRelayed } = await import('../relay-outcome.js');
  throw nothingRelayed(session.status());
}

/** A text that is said once: of two, one would be left out without a word. */
function once(name: string): (text: string, before?: string) => string {
  return (text, before) => {
    if (before !== undefined) throw argumentError(name, 'one file', [before, text]);
    return text;
  };
}

function collect(url: string, before: readonly string[] = []): readonly string[] {
  return [...before, url];
}

/** A time, or `never`. */
function secondsOrNever(name: string): (text: string) => number {
  return (text) => (text === 'never' ? Infinity : seconds(name)(text));
}

/** Prints every event; gives what ends it. */
function showJson(session: Relay, every: number | undefined): () => void {
  session.on('event', printJson);
  if (every === undefined) return () => undefined;
  const timer = setInterval(() => {
    printJson({ event: 'status', ...session.status() });
  }, every * 1000);
  return () => {
    clearInterval(timer);
  };
}
