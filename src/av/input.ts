// Opens a byte source, names its streams, and reads packets. libav never opens anything by itself.
import {
  AV_PKT_FLAG_CORRUPT,
  AVFMT_NOTIMESTAMPS,
  AVDISCARD_ALL,
  AVMEDIA_TYPE_VIDEO,
  AVSEEK_FLAG_BACKWARD,
  AVSEEK_FLAG_BYTE,
} from './constants.js';
import { FormatContext, Packet, type Stream } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import type { SourceSpec } from '../sources/index.js';
import { avError, check, isEof } from './averror.js';
import { requireBuild } from './build.js';
import { blockIo, type BlockIo, type ReadBlock } from './block-io.js';
import { KeptPacket } from './kept-packet.js';
import { DEFAULT_LIMITS, DEMUXERS, type InputLimits } from './limits.js';
import { knownTimestamp } from './picture.js';
import { describeStream, type StreamInfo, type VideoStreamInfo } from './stream-info.js';

/** How an input is opened. */
export interface OpenOptions {
  readonly limits?: InputLimits;
  /** Answers for the bytes of a `blocks` source; the promise must settle. */
  readonly readBlock?: ReadBlock;
  /** Read packets until every stream is fully known, even where the headers would do: for a report, not for speed. */
  readonly analyse?: boolean;
}

/** One compressed packet of the chosen video stream, valid until the next read. */
export interface PacketFacts {
  /** Presentation time in seconds from the start of the file; undefined when the container does not say. */
  readonly time: number | undefined;
  /** Decoding time in the stream's time base; undefined when the container does not say. */
  readonly decodeTimestamp: bigint | undefined;
  /** Seconds that it is shown; 0 when unknown. */
  readonly duration: number;
  readonly keyframe: boolean;
  readonly corrupt: boolean;
  readonly size: number;
}

let nativesOf: (input: MediaInputHandle) => { packet: Packet; stream: Stream };

/** An open input; one per job. */
export class MediaInputHandle {
  readonly name: string;
  /** The demuxer's name, such as "mov,mp4,m4a,3gp,3g2,mj2". */
  readonly container: string;
  readonly streams: readonly StreamInfo[];
  /** Seconds that the container says it lasts; undefined when it does not say. */
  readonly duration: number | undefined;
  /** The container's first timestamp in seconds; all times here count from it. */
  readonly startTime: number;
  readonly #context: FormatContext;
  readonly #io: BlockIo | undefined;
  readonly #packet: Packet;
  #held: Packet | undefined;
  #video: Stream | undefined;
  #tick = 0;
  /** Whether this is a bare stream without any times: its pictures are counted instead, and it cannot seek. */
  readonly untimed: boolean;
  #counted = 0;

  static {
    nativesOf = (input) => ({ packet: input.#packet, stream: input.#stream() });
  }

  private constructor(context: FormatContext, io: BlockIo | undefined, name: string) {
    this.name = name;
    this.#context = context;
    this.#io = io;
    this.container = context.iformat?.name ?? 'unknown';
    this.untimed = ((context.iformat?.flags ?? 0) & AVFMT_NOTIMESTAMPS) !== 0;
    this.streams = context.streams.map((stream) => describeStream(stream));
    const duration = knownTimestamp(context.duration);
    // libav sums the container up only when it analyses; without that its longest stream says as much.
    const lasting = this.streams.filter((stream) => stream.kind === 'video' || stream.kind === 'audio');
    const longest = Math.max(0, ...lasting.map((stream) => stream.duration ?? 0));
    this.duration =
      duration !== undefined && duration > 0n ? Number(duration) / 1e6 : longest > 0 ? longest : undefined;
    this.startTime = Number(knownTimestamp(context.startTime) ?? 0n) / 1e6;
    this.#packet = allocPacket();
  }

  /** Opens a checked source; throws FR_INPUT_INVALID or FR_INPUT_READ with FFmpeg's reason. */
  static async open(source: SourceSpec, options: OpenOptions = {}): Promise<MediaInputHandle> {
    requireBuild();
    const context = new FormatContext();
    context.allocContext();
    const limits = options.limits ?? DEFAULT_LIMITS;
    context.setOption('protocol_whitelist', source.kind === 'file' ? 'file' : 'none');
    context.setOption('format_whitelist', DEMUXERS);
    context.maxStreams = limits.maxStreams;
    const io = source.kind === 'blocks' ? blockIo(source, options.readBlock) : undefined;
    try {
      if (io !== undefined) context.pb = io.context;
      const opened =
        source.kind === 'file' ? context.openInputSync(`file:${source.path}`) : await context.openInput('');
      io?.rethrow();
      if (opened < 0) throw openError(source.name, opened);
      if (options.analyse === true || needsAnalysis(context))
        check(
          io === undefined ? context.findStreamInfoSync() : await context.findStreamInfo(),
          'FR_INPUT_INVALID',
          `${source.name} could not be analysed`,
        );
      io?.rethrow();
      return new MediaInputHandle(context, io, source.name);
    } catch (error) {
      context.closeInputSync();
      io?.close();
      throw error;
    }
  }

  /**
   * Chooses the video stream that is read from now on, by default the one that ffmpeg picks: the largest,
   * a default one before others, an attached picture last (open_output_file in fftools/ffmpeg_mux_init.c).
   */
  selectVideo(index?: number, limits: InputLimits = DEFAULT_LIMITS): VideoStreamInfo {
    const videos = this.streams.filter((stream) => stream.kind === 'video');
    const info = index === undefined ? best(videos) : videos.find((stream) => stream.index === index);
    if (info === undefined) {
      const what = this.streams.map(({ index, kind }) => `${String(index)} ${kind}`).join(', ');
      throw new FramerailError(
        'FR_INPUT_NO_VIDEO',
        `${this.name} has no video stream${index === undefined ? '' : ` ${String(index)}`} (it has: ${what || 'no stream'}).`,
      );
    }
    checkSize(this.name, info, limits);
    for (const stream of this.#context.streams) {
      if (stream.index === info.index) this.#video = stream;
      else stream.discard = AVDISCARD_ALL;
    }
    const { num, den } = this.#stream().timeBase;
    this.#tick = num / den;
    return info;
  }

  /** Seconds from the start of the file for a timestamp of the chosen stream. */
  toSeconds(timestamp: bigint): number {
    return Number(timestamp) * this.#tick - this.startTime;
  }

  /** Seconds that a count of the chosen stream's time base lasts. */
  toDuration(ticks: bigint): number {
    return Number(ticks) * this.#tick;
  }

  /** Reads the next packet of the chosen stream; undefined at the end. Only a `blocks` source makes it wait. */
  readPacket(): PacketFacts | undefined | Promise<PacketFacts | undefined> {
    return this.#io === undefined ? this.#readSync() : this.#readAsync(this.#io);
  }

  #readSync(): PacketFacts | undefined {
    for (;;) {
      this.#packet.unref();
      const code = this.#context.readFrameSync(this.#packet);
      const facts = this.#facts(code);
      if (facts !== 'other') return facts;
    }
  }

  async #readAsync(io: BlockIo): Promise<PacketFacts | undefined> {
    for (;;) {
      this.#packet.unref();
      const code = await this.#context.readFrame(this.#packet);
      io.rethrow();
      const facts = this.#facts(code);
      if (facts !== 'other') return facts;
    }
  }

  #facts(code: number): PacketFacts | undefined | 'other' {
    if (isEof(code)) return undefined;
    if (code < 0) throw avError('FR_INPUT_READ', code, `${this.name} could not be read further`);
    const packet = this.#packet;
    if (packet.streamIndex !== this.#video?.index) return 'other';
    const pts = knownTimestamp(packet.pts);
    const duration = this.toDuration(packet.duration);
    const counted = this.untimed ? duration * this.#counted++ : undefined;
    return {
      time: pts === undefined ? counted : this.toSeconds(pts),
      decodeTimestamp: knownTimestamp(packet.dts),
      duration,
      keyframe: packet.isKeyframe,
      corrupt: packet.hasFlags(AV_PKT_FLAG_CORRUPT),
      size: packet.size,
    };
  }

  /** Keeps the packet last read, beside all others that are kept; the caller closes it. */
  keep(facts: PacketFacts): KeptPacket {
    return new KeptPacket(this.#packet, facts);
  }

  /** Puts the packet last read aside, in place of one held before; `recall` makes it the current one again. */
  hold(): void {
    this.#held ??= allocPacket();
    this.#held.unref();
    check(this.#held.ref(this.#packet), 'FR_MEMORY_BUDGET', 'A packet could not be held');
  }

  /** Makes the held packet the current one again. */
  recall(): void {
    if (this.#held === undefined) return;
    this.#packet.unref();
    check(this.#packet.ref(this.#held), 'FR_MEMORY_BUDGET', 'A packet could not be recalled');
  }

  /** Moves to a place at or before `seconds`; returns false where the container cannot seek there. */
  async seek(seconds: number): Promise<boolean> {
    // libav would leave such a stream at its end.
    if (this.untimed) return false;
    const stream = this.#stream();
    const target = BigInt(Math.floor((seconds + this.startTime) / this.#tick + 1e-6));
    const code =
      this.#io === undefined
        ? this.#context.seekFrameSync(stream.index, target, AVSEEK_FLAG_BACKWARD)
        : await this.#context.seekFrame(stream.index, target, AVSEEK_FLAG_BACKWARD);
    this.#io?.rethrow();
    return code >= 0;
  }

  /** Moves back to the first packet, as far as the container lets us. */
  async rewind(): Promise<boolean> {
    if (!/^mpeg/.test(this.container)) return this.seek(0);
    // Looking for a time, libav would land after the first keyframes of a transport stream.
    const code =
      this.#io === undefined
        ? this.#context.seekFrameSync(-1, 0n, AVSEEK_FLAG_BYTE)
        : await this.#context.seekFrame(-1, 0n, AVSEEK_FLAG_BYTE);
    this.#io?.rethrow();
    return code >= 0;
  }

  #stream(): Stream {
    if (this.#video === undefined) throw new FramerailError('FR_INTERNAL', 'No video stream was selected.');
    return this.#video;
  }

  /** Closes the input; a pending read of a block source must have settled. */
  close(): void {
    this.#packet.free();
    this.#held?.free();
    this.#context.closeInputSync();
    this.#io?.close();
  }
}

/** For av/ alone: the packet last read and the stream it came from. */
export function nativeInput(input: MediaInputHandle): { packet: Packet; stream: Stream } {
  return nativesOf(input);
}

function allocPacket(): Packet {
  const packet = new Packet();
  packet.alloc();
  return packet;
}

/** Whether the headers left out what everyone needs: then packets must be read to learn it (8 to 148 ms). */
function needsAnalysis(context: FormatContext): boolean {
  const videos = context.streams.filter((stream) => stream.codecpar.codecType === AVMEDIA_TYPE_VIDEO);
  return context.nbStreams === 0 || videos.some((stream) => stream.codecpar.width === 0);
}

function best(videos: readonly VideoStreamInfo[]): VideoStreamInfo | undefined {
  const score = (info: VideoStreamInfo): number =>
    info.attachedPicture ? 1 : info.stored.width * info.stored.height + (info.isDefault ? 5_000_000 : 0);
  return videos.reduce<VideoStreamInfo | undefined>(
    (winner, info) => (winner === undefined || score(info) > score(winner) ? info : winner),
    undefined,
  );
}

function checkSize(name: string, info: VideoStreamInfo, limits: InputLimits): void {
  const { width, height } = info.stored;
  if (width <= limits.maxSide && height <= limits.maxSide && width * height <= limits.maxPixels) return;
  throw new FramerailError(
    'FR_INPUT_LIMIT',
    `${name} has frames of ${String(width)}x${String(height)}, beyond the limit of ${String(limits.maxPixels)} pixels and sides of ${String(limits.maxSide)}.`,
    { details: { width, height, ...limits } },
  );
}

function openError(name: string, code: number): FramerailError {
  return avError('FR_INPUT_INVALID', code, `${name} is not a media file that framerail can open`);
}
