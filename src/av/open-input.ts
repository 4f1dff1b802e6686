// Opens a byte source or a live stream with libavformat, and has it analysed where its headers say too little.
import { AVERROR_ENOMEM, AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO } from './constants.js';
import { Dictionary, FormatContext, Packet } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import {
  DEFAULT_LIMITS,
  DEMUXERS,
  LIVE_DEMUXERS,
  liveProtocols,
  type InputLimits,
  type ReadBlock,
  type SourceSpec,
} from '../sources/index.js';
import { avError, check, isEof, isTimeout, stalledError } from './averror.js';
import { blockIo, type BlockIo } from './block-io.js';
import { requireBuild } from './build.js';
import { hideAddress } from './log.js';

/** How an input is opened. */
export interface OpenOptions {
  readonly limits?: InputLimits;
  /** Answers for the bytes of a `blocks` source; the promise must settle. */
  readonly readBlock?: ReadBlock;
  /**
   * Read packets until every stream is fully known: `always`, even where the headers would do, for a report and not for
   * speed; `sound` where the headers leave out what a copy of the sound needs.
   */
  readonly analyse?: 'always' | 'sound';
}

/** An opened container and the callbacks behind it. */
export interface OpenedContext {
  readonly context: FormatContext;
  readonly io: BlockIo | undefined;
  /** Packets that were read to learn what there is: they come first. */
  readonly ahead: readonly Packet[];
}

/**
 * What is read of a stream before its sound can be copied; it is all delivered afterwards. No frames are counted to
 * learn their rate, as libav would do for seconds. Microseconds, bytes, frames.
 */
const STREAM_ANALYSIS = { analyzeduration: 1_000_000, probesize: 1_000_000, fpsprobesize: 0 };
/** Compressed bytes that may come ahead of the first picture. */
const AHEAD_BYTES = 32 * 1024 * 1024;

/** Opens a checked source; throws FR_INPUT_INVALID or FR_INPUT_READ with FFmpeg's reason. */
export async function openContext(source: SourceSpec, options: OpenOptions): Promise<OpenedContext> {
  requireBuild();
  const context = new FormatContext();
  context.allocContext();
  context.setOption('protocol_whitelist', protocolsOf(source));
  context.setOption('format_whitelist', source.kind === 'live' ? LIVE_DEMUXERS : DEMUXERS);
  const { maxStreams } = options.limits ?? DEFAULT_LIMITS;
  context.maxStreams = maxStreams;
  const own = source.kind === 'blocks' || source.kind === 'stream';
  const io = own ? blockIo(source, options.readBlock) : undefined;
  try {
    await io?.prepare();
    if (io !== undefined) context.pb = io.context;
    if (!isSeekable(source))
      for (const [name, value] of Object.entries(STREAM_ANALYSIS)) context.setOption(name, value);
    if (source.kind === 'live') hideAddress(source.url, source.name);
    const opened = await open(context, source);
    io?.rethrow();
    if (opened === AVERROR_ENOMEM) throw streamsError(source.name, maxStreams);
    if (opened < 0) throw openError(source, opened);
    if (!isSeekable(source) && options.analyse === undefined)
      return { context, io, ahead: await readAhead(context, source.name) };
    if (!isSeekable(source) || options.analyse === 'always' || needsAnalysis(context, options.analyse === 'sound'))
      check(
        source.kind === 'file' ? context.findStreamInfoSync() : await context.findStreamInfo(),
        'FR_INPUT_INVALID',
        `${source.name} could not be analysed`,
      );
    io?.rethrow();
    return { context, io, ahead: [] };
  } catch (error) {
    context.closeInputSync();
    io?.close(false);
    throw error;
  }
}

/** How the network is asked: within a deadline, and for RTSP by the wanted transport. */
function liveOptions({ url, transport, timeout }: Extract<SourceSpec, { kind: 'live' }>): Dictionary {
  const microseconds = Math.round(timeout * 1000);
  const rtsp = /^rtsps?:/i.test(url);
  return Dictionary.fromObject(
    rtsp ? { rtsp_transport: transport, timeout: microseconds } : { rw_timeout: microseconds, timeout: undefined },
  );
}

/** Whether an input can go to another place; what comes in order, once, cannot. */
export function isSeekable({ kind }: SourceSpec): boolean {
  return kind === 'file' || kind === 'blocks';
}

/**
 * Reads packets until there is one of a video: streams announce themselves in their packets, and whoever waits for
 * frames waits for this one anyway. libav's own analysis would wait for seconds more.
 */
async function readAhead(context: FormatContext, name: string): Promise<Packet[]> {
  const packets: Packet[] = [];
  let bytes = 0;
  for (;;) {
    const packet = new Packet();
    packet.alloc();
    packets.push(packet);
    const code = await context.readFrame(packet);
    if (code < 0) packets.pop()?.free();
    if (isEof(code)) return packets;
    if (code < 0) {
      for (const held of packets) held.free();
      throw isTimeout(code) ? stalledError(name, code) : avError('FR_INPUT_READ', code, `${name} could not be read`);
    }
    bytes += packet.size;
    const stream = context.streams[packet.streamIndex];
    // Its first packet may hold nothing but headers, and be no picture: then the next one is waited for.
    if (stream?.codecpar.codecType === AVMEDIA_TYPE_VIDEO || bytes > AHEAD_BYTES) return packets;
  }
}

function protocolsOf(source: SourceSpec): string {
  if (source.kind === 'live') return liveProtocols(source.url);
  return source.kind === 'file' ? 'file' : 'none';
}

function open(context: FormatContext, source: SourceSpec): number | Promise<number> {
  if (source.kind === 'file') return context.openInputSync(`file:${source.path}`);
  if (source.kind !== 'live') return context.openInput('');
  return context.openInput(source.url, null, liveOptions(source));
}

/** Whether the headers left out what everyone needs: then packets must be read to learn it (8 to 148 ms). */
function needsAnalysis(context: FormatContext, sound: boolean): boolean {
  if (
    sound &&
    context.streams.some(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_AUDIO && codecpar.sampleRate === 0)
  )
    return true;
  const videos = context.streams.filter((stream) => stream.codecpar.codecType === AVMEDIA_TYPE_VIDEO);
  return context.nbStreams === 0 || videos.some((stream) => stream.codecpar.width === 0);
}

/** What libav calls a want of memory is nearly always its own limit; demuxers that do not mind it read on without the rest. */
function streamsError(name: string, maxStreams: number): FramerailError {
  return new FramerailError(
    'FR_INPUT_LIMIT',
    `${name} has more than ${String(maxStreams)} streams, or asks for more memory than there is.`,
    { details: { averror: AVERROR_ENOMEM, maxStreams } },
  );
}

function openError({ name, kind }: SourceSpec, code: number): FramerailError {
  if (isTimeout(code)) return stalledError(name, code);
  if (kind === 'live') return avError('FR_INPUT_READ', code, `${name} could not be reached`);
  return avError('FR_INPUT_INVALID', code, `${name} is not a media file that framerail can open`);
}
