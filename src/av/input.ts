// Opens a byte source, names its streams, and reads packets. libav never opens anything by itself.
import {
  AV_PKT_DATA_DOVI_CONF,
  AV_PKT_FLAG_CORRUPT,
  AVFMT_NOTIMESTAMPS,
  AVDISCARD_ALL,
  AVDISCARD_DEFAULT,
  AVSEEK_FLAG_BACKWARD,
  AVSEEK_FLAG_BYTE,
} from './constants.js';
import { Packet, type FormatContext, type Stream } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import type { Ratio } from '../base/index.js';
import { DEFAULT_LIMITS, pickVideo, type InputLimits, type SourceSpec } from '../sources/index.js';
import { AttachedPicture } from './attached-picture.js';
import { avError, check, isEof, isTimeout, reasonOf, stalledError } from './averror.js';
import type { BlockIo } from './block-io.js';
import type { ColorTags } from './color.js';
import { isSeekable, openContext, type OpenedContext, type OpenOptions } from './open-input.js';
import { KeptPacket, type PacketFacts } from './kept-packet.js';
import { knownTimestamp } from './picture.js';
import { describeStream, type StreamInfo, type VideoStreamInfo } from './stream-info.js';

/** How a video stream counts time and shapes its pixels, as fractions; 0 on top where the container does not say. */
export interface VideoTiming {
  readonly timeBase: Ratio;
  readonly frameRate: Ratio;
  readonly pixelAspect: Ratio;
}

/** Hears packets of streams beside the video. */
export interface BesideListener {
  /** The packet last read belongs to another stream; it is only good during the call. */
  packet(facts: PacketFacts): void;
  /** The input goes to another place: what was heard before does not join what comes. */
  restart(): void;
}

/** How far libav's clock and ours may differ over one wait, in milliseconds. */
const CLOCK_SLACK = 20;

/** Containers that libav would leave at their end after a seek, beside those without times. */
const STAYS_AT_END = /^webp_anim$/;

let nativesOf: (input: MediaInputHandle) => { packet: Packet; stream: Stream; context: FormatContext };

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
  /** A file answers at once; everything else waits for somebody, on a thread of its own. */
  readonly #synchronous: boolean;
  readonly #live: boolean;
  /** Milliseconds that a live input may give nothing. */
  readonly #timeout: number;
  /** When the read began that runs now. */
  #readSince = 0;
  #heard = false;
  #failed = false;
  /** Seconds at which the last of the packets of the video that were read so far ends. */
  readEnd = 0;
  /** FFmpeg's word for how a live stream ended; undefined when it ended by itself, or has not ended. */
  brokenBy: string | undefined;
  /** Whether it can go to another place; what comes in order, once, cannot. */
  readonly seekable: boolean;
  readonly #packet: Packet;
  #held: Packet | undefined;
  /** Packets that were read as the input was opened, and not delivered yet. */
  readonly #ahead: Packet[];
  #video: Stream | undefined;
  /** The chosen stream, where it is a picture beside the media. */
  #attached: AttachedPicture | undefined;
  /** Streams whose packets are heard beside those of the video, by number. */
  readonly #beside = new Map<number, Stream>();
  #listener: BesideListener | undefined;
  #tick = 0;
  /** Whether it can be read from another place than where it is. */
  readonly goesBack: boolean;
  /** Whether this is a bare stream without any times: its pictures are counted instead, and it cannot seek. */
  readonly untimed: boolean;
  #counted = 0;

  static {
    nativesOf = (input) => ({ packet: input.#packet, stream: input.#stream(), context: input.#context });
  }

  private constructor({ context, io, ahead }: OpenedContext, source: SourceSpec) {
    const { name, kind } = source;
    this.name = name;
    this.#ahead = [...ahead];
    this.#timeout = source.kind === 'live' ? source.timeout : Number.POSITIVE_INFINITY;
    this.#synchronous = kind === 'file';
    this.#live = kind === 'live';
    this.seekable = isSeekable(source);
    this.#context = context;
    this.#io = io;
    this.container = context.iformat?.name ?? 'unknown';
    this.untimed = ((context.iformat?.flags ?? 0) & AVFMT_NOTIMESTAMPS) !== 0;
    this.goesBack = this.seekable && !this.untimed && !STAYS_AT_END.test(this.container);
    this.streams = context.streams.map((stream) => describeStream(stream));
    const duration = knownTimestamp(context.duration);
    // libav sums the container up only when it analyses; without that its longest stream says as much.
    const lasting = this.streams.filter((stream) => stream.kind === 'video' || stream.kind === 'audio');
    const longest = Math.max(0, ...lasting.map((stream) => stream.duration ?? 0));
    this.duration =
      duration !== undefined && duration > 0n ? Number(duration) / 1e6 : longest > 0 ? longest : undefined;
    this.startTime = earliest(context, ahead) ?? Number(knownTimestamp(context.startTime) ?? 0n) / 1e6;
    this.#packet = allocPacket();
  }

  /** Opens a checked source; throws FR_INPUT_INVALID or FR_INPUT_READ with FFmpeg's reason. */
  static async open(source: SourceSpec, options: OpenOptions = {}): Promise<MediaInputHandle> {
    return new MediaInputHandle(await openContext(source, options), source);
  }

  /** Chooses the video stream that is read from now on, by default the one that ffmpeg picks. */
  selectVideo(index?: number, limits: InputLimits = DEFAULT_LIMITS): VideoStreamInfo {
    const info = pickVideo(this.name, this.streams, index, limits);
    for (const stream of this.#context.streams) {
      if (stream.index === info.index) this.#video = stream;
      else stream.discard = AVDISCARD_ALL;
    }
    const { num, den } = this.#stream().timeBase;
    this.#tick = num / den;
    if (info.attachedPicture) this.#attached = new AttachedPicture();
    return info;
  }

  /** Has the packets of other streams heard while those of the video are read; call it after `selectVideo`. */
  listen(indexes: readonly number[], listener: BesideListener): void {
    this.#listener = listener;
    for (const stream of this.#context.streams) {
      if (!indexes.includes(stream.index) || stream.index === this.#video?.index) continue;
      stream.discard = AVDISCARD_DEFAULT;
      this.#beside.set(stream.index, stream);
    }
  }

  /** How the chosen stream counts time. */
  get timing(): VideoTiming {
    const { timeBase, avgFrameRate, rFrameRate, codecpar } = this.#stream();
    const rate = avgFrameRate.num > 0 ? avgFrameRate : rFrameRate;
    const aspect = this.#stream().sampleAspectRatio;
    const pixelAspect = aspect.num > 0 ? aspect : codecpar.sampleAspectRatio;
    return { timeBase: fraction(timeBase), frameRate: fraction(rate), pixelAspect: fraction(pixelAspect) };
  }

  /** What the container says of the samples of the chosen stream. */
  get color(): ColorTags {
    const { colorSpace, colorRange, colorPrimaries, colorTrc, chromaLocation } = this.#stream().codecpar;
    return { colorSpace, colorRange, colorPrimaries, colorTrc, chromaLocation };
  }

  /**
   * Whether the chosen stream is Dolby Vision whose pictures have no colours of their own (profile 5): only a decoder
   * that applies its metadata shows them right.
   */
  get dolbyVisionOnly(): boolean {
    const record = this.#stream().codecpar.getCodedSideData(AV_PKT_DATA_DOVI_CONF);
    return record !== null && record[2] === 5 && record[7] === 0;
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
    // Where others are listened to, theirs come behind it.
    if (this.#attached !== undefined && this.#listener === undefined) return this.#readAttached(this.#attached);
    return this.#synchronous ? this.#readSync() : this.#readAsync();
  }

  async #readAttached(picture: AttachedPicture): Promise<PacketFacts | undefined> {
    const given = await picture.deliver(this.#packet, async () => (await this.#readAsync()) !== undefined);
    return given ? factsOf(this.#packet, 0, 0) : undefined;
  }

  #readSync(): PacketFacts | undefined {
    for (;;) {
      this.#packet.unref();
      const code = this.#context.readFrameSync(this.#packet);
      const facts = this.#facts(code);
      if (facts !== 'other') return facts;
    }
  }

  async #readAsync(): Promise<PacketFacts | undefined> {
    for (;;) {
      this.#packet.unref();
      this.#readSince = performance.now();
      const code = await this.#readNext();
      this.#io?.rethrow();
      const facts = this.#facts(code);
      if (facts !== 'other') return facts;
    }
  }

  #readNext(): number | Promise<number> {
    const ahead = this.#ahead.shift();
    if (ahead === undefined) return this.#context.readFrame(this.#packet);
    const code = this.#packet.ref(ahead);
    ahead.free();
    return code;
  }

  #facts(code: number): PacketFacts | undefined | 'other' {
    if (isEof(code)) return undefined;
    // RTMP calls a read that timed out an error of input and output: the time that it took tells them apart.
    const stalled = code < 0 && performance.now() - this.#readSince >= this.#timeout - CLOCK_SLACK;
    if (isTimeout(code) || stalled) throw stalledError(this.name, code);
    if (code < 0 && this.#live && this.#heard) {
      // A live stream has no other end than a connection that breaks; what was heard of it is not lost.
      this.brokenBy = reasonOf(code);
      return undefined;
    }
    if (code < 0) this.#failed = true;
    if (code < 0 && !this.seekable && !this.#live && /^mov/.test(this.container))
      throw new FramerailError(
        'FR_INPUT_INVALID',
        `${this.name} is an MP4 whose index lies behind its media, so it cannot be read from front to back; give the file itself, or one made with \`-movflags +faststart\`.`,
        { details: { averror: code } },
      );
    if (code < 0) throw avError('FR_INPUT_READ', code, `${this.name} could not be read further`);
    this.#heard = true;
    const packet = this.#packet;
    const beside = this.#beside.get(packet.streamIndex);
    if (beside !== undefined) this.#listener?.packet(this.#besideFacts(packet, beside));
    if (packet.streamIndex !== this.#video?.index) return 'other';
    const pts = knownTimestamp(packet.pts);
    const duration = this.toDuration(packet.duration);
    const counted = this.untimed ? duration * this.#counted++ : undefined;
    const time = pts === undefined ? counted : this.toSeconds(pts);
    this.readEnd = Math.max(this.readEnd, (time ?? 0) + duration);
    // The picture before it stays, as Theora says it: there is nothing to decode.
    if (packet.size === 0) return 'other';
    return factsOf(packet, time, duration);
  }

  #besideFacts(packet: Packet, stream: Stream): PacketFacts {
    const tick = stream.timeBase.toDouble();
    const pts = knownTimestamp(packet.pts);
    const time = pts === undefined ? undefined : Number(pts) * tick - this.startTime;
    return factsOf(packet, time, Number(packet.duration) * tick);
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
    if (this.#attached !== undefined && this.#listener === undefined) {
      this.#attached.rewind();
      return true;
    }
    if (!this.goesBack) return false;
    this.#listener?.restart();
    const stream = this.#stream();
    const target = BigInt(Math.floor((seconds + this.startTime) / this.#tick + 1e-6));
    const code = this.#synchronous
      ? this.#context.seekFrameSync(stream.index, target, AVSEEK_FLAG_BACKWARD)
      : await this.#context.seekFrame(stream.index, target, AVSEEK_FLAG_BACKWARD);
    this.#io?.rethrow();
    return code >= 0;
  }

  /** Moves back to the first packet, as far as the container lets us. */
  async rewind(): Promise<boolean> {
    if (this.#attached !== undefined || !/^mpeg/.test(this.container) || !this.seekable) return this.seek(0);
    this.#listener?.restart();
    // Looking for a time, libav would land after the first keyframes of a transport stream.
    const code = this.#synchronous
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
    this.#attached?.close();
    for (const packet of this.#ahead) packet.free();
    // Taken away first, so that the next input may use it.
    if (this.#io !== undefined) this.#context.pb = null;
    this.#context.closeInputSync();
    this.#io?.close(!this.#failed);
  }
}

/** The first time that packets tell, in seconds; undefined without packets, or when they tell none. */
function earliest(context: FormatContext, packets: readonly Packet[]): number | undefined {
  const times = packets.flatMap((packet) => {
    const stamp = knownTimestamp(packet.pts) ?? knownTimestamp(packet.dts);
    const tick = context.streams[packet.streamIndex]?.timeBase.toDouble();
    return stamp === undefined || tick === undefined ? [] : [Number(stamp) * tick];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

/** For av/ alone: the packet last read, the chosen video stream, and the container. */
export function nativeInput(input: MediaInputHandle): { packet: Packet; stream: Stream; context: FormatContext } {
  return nativesOf(input);
}

function fraction({ num, den }: Ratio): Ratio {
  return { num, den };
}

function factsOf(packet: Packet, time: number | undefined, duration: number): PacketFacts {
  return {
    stream: packet.streamIndex,
    time,
    decodeTimestamp: knownTimestamp(packet.dts),
    duration,
    keyframe: packet.isKeyframe,
    corrupt: packet.hasFlags(AV_PKT_FLAG_CORRUPT),
    size: packet.size,
  };
}

function allocPacket(): Packet {
  const packet = new Packet();
  packet.alloc();
  return packet;
}
