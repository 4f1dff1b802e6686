// Writes a container: encoded video, and streams of an input that are copied beside it.
import {
  AV_CODEC_ID_NONE,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_PKT_DATA_FRAME_CROPPING,
  AVFMT_GLOBALHEADER,
} from './constants.js';
import { avGetCodecName, FormatContext, OutputFormat, Packet, type Stream } from 'node-av/lib';
import { FramerailError, isFramerailError } from '../base/index.js';
import type { Rect, Size } from '../pixels/index.js';
import { check, headerError } from './averror.js';
import { byteOutput, type ByteOutput, type ByteTarget } from './byte-output.js';
import { copiedTags } from './copied-tags.js';
import type { VideoEncoder } from './encoders/encoder.js';
import { rational } from './filter-chain.js';
import { nativeInput, type MediaInputHandle } from './input.js';
import { MUXERS } from '../sources/index.js';
import {
  containerError,
  countsFrames,
  holdsH264,
  isUnplayable,
  rescale,
  streamingFlags,
  toTicks,
} from '../spelling/index.js';
import { SoundTranscoder, type SoundTarget } from './sound-transcoder.js';

/** Compressed sound and text that waits for the first picture; an hour of sound is less. */
const HELD_BYTES = 64 * 1024 * 1024;

/** How an output is opened. */
export interface OutputOptions {
  /** FFmpeg's name of the container; undefined to go by the ending of the name. */
  readonly container?: string | undefined;
  /**
   * Bytes set aside at the front of an MP4 for its index, so that players can start before they have all of it; what the
   * index leaves is empty. Too few fail `finish()`. @defaultValue the index comes last
   */
  readonly indexBytes?: number | undefined;
}

/** What is known of a video stream beside its encoder. */
export interface VideoFacts {
  /** The part of the pictures that is meant to be seen; undefined when that is all of them. */
  readonly crop?: Rect | undefined;
  /** The size of the pictures, padding included. */
  readonly size: Size;
  /** The input whose orientation, language and place among others the stream takes over. */
  readonly like?: { readonly input: MediaInputHandle; readonly orientation: boolean } | undefined;
}

/** A container that is being written. */
export class MediaOutput {
  /** FFmpeg's name of the container. */
  readonly container: string;
  /** H.264 where players expect it, else what FFmpeg writes by default; undefined for sound alone. */
  readonly defaultCodec: string | undefined;
  readonly #target: ByteTarget;
  readonly #context: FormatContext;
  readonly #io: ByteOutput;
  readonly #indexBytes: number | undefined;
  readonly #packet = new Packet();
  readonly #copies = new Map<number, Stream>();
  readonly #sounds = new Map<number, SoundTranscoder>();
  #reserved: Stream | undefined;
  #video: Stream | undefined;
  /** Packets of copied streams that came before the header could be written. */
  #held: { readonly packet: Packet; readonly stream: Stream }[] = [];
  #heldBytes = 0;
  #begun = false;
  #lastDuration = 0n;
  #lastDecode: bigint | undefined;

  private constructor(
    context: FormatContext,
    io: ByteOutput,
    target: ByteTarget,
    { container, indexBytes }: OutputOptions & { readonly container: string },
  ) {
    this.#context = context;
    this.#io = io;
    this.#target = target;
    this.#indexBytes = indexBytes;
    this.container = container;
    const codec = context.oformat?.videoCodec ?? AV_CODEC_ID_NONE;
    const usual = codec === AV_CODEC_ID_NONE ? undefined : (avGetCodecName(codec) ?? undefined);
    this.defaultCodec = holdsH264(container) ? 'h264' : usual;
    this.#packet.alloc();
  }

  /** Opens an output; throws FR_ARG_INVALID for a container that there is not, or that may not be written. */
  static open(target: ByteTarget, options: OutputOptions = {}): MediaOutput {
    const container = containerOf(target.name, options.container);
    const context = new FormatContext();
    check(context.allocOutputContext2(null, container, null), 'FR_OUTPUT_FAILED', `${target.name} cannot be written`);
    const io = byteOutput(target);
    context.pb = io.context;
    // Who reads a stream wants each packet at once; the pieces of a file are gathered.
    context.setOption('flush_packets', target.seekable ? 0 : 1);
    return new MediaOutput(context, io, target, { ...options, container });
  }

  /** Whether this container keeps parameter sets in its header. */
  get globalHeader(): boolean {
    return this.#context.oformat?.hasFlags(AVFMT_GLOBALHEADER) === true;
  }

  /** Whether this container counts frames instead of telling their times. */
  get counted(): boolean {
    return countsFrames(this.container);
  }

  /** Whether this container has a place for sound at all. */
  get holdsSound(): boolean {
    return (this.#context.oformat?.audioCodec ?? AV_CODEC_ID_NONE) !== AV_CODEC_ID_NONE;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#io.size;
  }

  /** Makes the video stream; its encoder is only known once there is a picture. */
  reserveVideo(): void {
    this.#reserved = this.#context.newStream();
  }

  /** Says what the reserved video stream holds. */
  describeVideo(encoder: VideoEncoder, { crop, size, like }: VideoFacts): void {
    const stream = this.#reserved;
    if (stream === undefined) throw new FramerailError('FR_INTERNAL', 'No video stream was reserved.');
    encoder.describe(stream);
    if (like !== undefined) {
      const source = nativeInput(like.input).stream;
      stream.disposition = source.disposition;
      stream.metadata = copiedTags(source.metadata);
      const matrix = like.orientation ? source.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX) : null;
      if (matrix !== null) stream.codecpar.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, matrix);
    }
    if (crop !== undefined) stream.codecpar.addCodedSideData(AV_PKT_DATA_FRAME_CROPPING, cropBytes(crop, size));
    this.#video = stream;
  }

  /** Makes a stream that takes the packets of an input's stream as they are; throws when the container cannot. */
  addCopy(input: MediaInputHandle, index: number): void {
    const refusal = this.refusalOf(input, index);
    if (refusal !== undefined) throw refusal;
    this.#copies.set(index, copyStream(this.#context, input, index));
  }

  /**
   * Makes a stream of sound that is encoded anew; throws where it cannot be.
   * @param form - samples a second and channels; those of the input unless told
   * @returns the encoder's name
   */
  addSound(input: MediaInputHandle, index: number, form?: SoundTarget): string {
    const made: { stream?: Stream } = {};
    const { container, globalHeader } = this;
    const transcoder: SoundTranscoder = new SoundTranscoder(input, index, {
      container,
      globalHeader,
      form,
      onReady: () => {
        if (made.stream !== undefined) this.#collect(transcoder, made.stream);
      },
    });
    this.#sounds.set(index, transcoder);
    const stream = this.#context.newStream();
    made.stream = stream;
    transcoder.describe(stream);
    const source = nativeInput(input).context.streams[index];
    stream.disposition = source?.disposition ?? stream.disposition;
    stream.metadata = copiedTags(source?.metadata ?? null);
    this.#copies.set(index, stream);
    return transcoder.name;
  }

  /** Why this container does not take a stream of an input as it is; undefined when it does. */
  refusalOf(input: MediaInputHandle, index: number): FramerailError | undefined {
    const codec = input.streams.find((stream) => stream.index === index)?.codec ?? 'unknown';
    // This muxer takes anything, and nobody could play it.
    if (isUnplayable(this.container, codec))
      return new FramerailError('FR_OUTPUT_FAILED', `${this.container} does not hold ${codec}.`, {
        details: { codec },
      });
    // Each muxer knows only by itself what it takes, so a header is written to nowhere.
    const { name, seekable } = this.#target;
    const nowhere: ByteTarget = { name, seekable, write: () => undefined };
    const probe = MediaOutput.open(nowhere, { container: this.container });
    try {
      copyStream(probe.#context, input, index);
      probe.begin();
      return undefined;
    } catch (error) {
      if (isFramerailError(error)) return error;
      throw error;
    } finally {
      probe.close();
    }
  }

  /** Takes over title, artist and the like of an input. */
  copyMetadata(input: MediaInputHandle): void {
    this.#context.metadata = copiedTags(nativeInput(input).context.metadata);
  }

  /** Writes the header; all streams are known. */
  begin(): void {
    const flags = this.#target.seekable ? undefined : streamingFlags(this.container);
    if (flags !== undefined) this.#context.setOption('movflags', flags, undefined as never, 1 as never);
    if (this.#indexBytes !== undefined)
      this.#context.setOption('moov_size', this.#indexBytes, undefined as never, 1 as never);
    const code = this.#context.writeHeaderSync();
    this.#io.rethrow();
    if (code < 0) throw headerError(code, this.container, this.#target.name);
    this.#begun = true;
    this.#writeHeld();
  }

  /**
   * Writes every packet that an encoder has ready.
   * @returns how many there were
   */
  writeEncoded(encoder: VideoEncoder): number {
    const video = this.#video;
    if (video === undefined) throw new FramerailError('FR_INTERNAL', 'There is no video stream to write to.');
    let count = 0;
    while (encoder.receive(this.#packet)) {
      const packet = this.#packet;
      packet.streamIndex = video.index;
      // Without a duration the container would end where its last frame begins.
      if (packet.duration > 0n) this.#lastDuration = packet.duration;
      else packet.duration = this.#lastDuration;
      packet.rescaleTs(rational(encoder.timeBase), video.timeBase);
      // An encoder that took over in mid-stream may start to count a little before the other one ended.
      if (packet.dts !== AV_NOPTS_VALUE) {
        if (this.#lastDecode !== undefined && packet.dts <= this.#lastDecode) packet.dts = this.#lastDecode + 1n;
        this.#lastDecode = packet.dts;
      }
      this.#write();
      count += 1;
    }
    return count;
  }

  /**
   * Writes the packet last read from the input into its copy; before the header it is held.
   * @param start - the time of the input that becomes zero, in seconds
   * @param lasting - cuts text, which is shown for a while, to so many seconds from there on; infinity for no end
   */
  writeCopy(input: MediaInputHandle, index: number, start: number, lasting?: number): void {
    const stream = this.#copies.get(index);
    const { packet: source, context } = nativeInput(input);
    const from = context.streams[index]?.timeBase;
    if (stream === undefined || from === undefined) return;
    const packet = new Packet();
    packet.alloc();
    check(packet.ref(source), 'FR_MEMORY_BUDGET', 'A packet could not be copied');
    const shift = rescale(BigInt(Math.round(start * 1e6)), { num: 1, den: 1_000_000 }, from);
    if (packet.pts !== AV_NOPTS_VALUE) packet.pts -= shift;
    if (packet.dts !== AV_NOPTS_VALUE) packet.dts -= shift;
    packet.timeBase = from;
    if (lasting !== undefined) clip(packet, Number.isFinite(lasting) ? toTicks(lasting, from) : undefined);
    const transcoder = this.#sounds.get(index);
    if (transcoder === undefined) {
      this.#hold(packet, stream);
      return;
    }
    transcoder.send(packet);
    packet.free();
  }

  #hold(packet: Packet, stream: Stream): void {
    packet.streamIndex = stream.index;
    packet.pos = -1n;
    this.#held.push({ packet, stream });
    this.#heldBytes += packet.size;
    if (this.#begun) this.#writeHeld();
    else if (this.#heldBytes > HELD_BYTES)
      throw new FramerailError(
        'FR_MEMORY_BUDGET',
        `There are more than ${String(HELD_BYTES)} bytes of sound and text before the first picture.`,
      );
  }

  #collect(transcoder: SoundTranscoder, stream: Stream): void {
    for (;;) {
      const packet = new Packet();
      packet.alloc();
      if (!transcoder.receive(packet)) {
        packet.free();
        return;
      }
      packet.timeBase = transcoder.timeBase;
      this.#hold(packet, stream);
    }
  }

  /** Forgets what is held: the input went elsewhere. */
  dropHeld(): void {
    for (const { packet } of this.#held) packet.free();
    this.#held = [];
    this.#heldBytes = 0;
  }

  #writeHeld(): void {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const { packet, stream } of held) {
      check(this.#packet.ref(packet), 'FR_MEMORY_BUDGET', 'A packet could not be copied');
      this.#packet.rescaleTs(packet.timeBase, stream.timeBase);
      packet.free();
      this.#write();
    }
  }

  #write(): void {
    const code = this.#context.interleavedWriteFrameSync(this.#packet);
    this.#packet.unref();
    // Who reads a stream wants each packet at once.
    if (!this.#target.seekable) this.#io.flush();
    this.#io.rethrow();
    check(code, 'FR_OUTPUT_FAILED', `A packet could not be written to ${this.#target.name}`);
  }

  /** Writes the end of the container; every stream has given its last packet. */
  finish(): void {
    for (const transcoder of this.#sounds.values()) transcoder.send(null);
    const code = this.#context.writeTrailerSync();
    this.#context.flushSync();
    this.#io.flush();
    this.#io.rethrow();
    check(code, 'FR_OUTPUT_FAILED', `${this.#target.name} could not be finished`);
  }

  /** Whether the header is written. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Frees everything; what was not finished stays unfinished. */
  close(): void {
    this.dropHeld();
    for (const transcoder of this.#sounds.values()) transcoder.close();
    this.#packet.free();
    // Taken away first: node-av would free the callbacks twice.
    this.#context.pb = null;
    this.#context.freeContext();
    this.#io.context.freeContext();
  }
}

function copyStream(context: FormatContext, input: MediaInputHandle, index: number): Stream {
  const source = nativeInput(input).context.streams[index];
  if (source === undefined) throw new FramerailError('FR_INTERNAL', `There is no stream ${String(index)} to copy.`);
  const stream = context.newStream();
  check(source.codecpar.copy(stream.codecpar), 'FR_INTERNAL', 'Stream parameters could not be copied');
  // The tag of one container means something else, or nothing, in another.
  stream.codecpar.codecTag = 0;
  stream.timeBase = source.timeBase;
  stream.disposition = source.disposition;
  stream.metadata = copiedTags(source.metadata);
  return stream;
}

/** Cuts how long a packet is shown: not before zero, and not behind an end. */
function clip(packet: Packet, end: bigint | undefined): void {
  if (packet.pts === AV_NOPTS_VALUE) return;
  const over = packet.pts + packet.duration;
  if (packet.pts < 0n) packet.pts = packet.dts = 0n;
  packet.duration = (end !== undefined && over > end ? end : over) - packet.pts;
}

/** What FFmpeg calls a container, by its name or by the ending of a file. */
function containerOf(name: string, wanted: string | undefined): string {
  const format = OutputFormat.guessFormat(wanted ?? null, wanted === undefined ? name : null, null);
  // FFmpeg's own answer is one file for each picture; an APNG of one picture is a PNG.
  const found = wanted === undefined && /\.png$/i.test(name) ? 'apng' : (format?.name ?? undefined);
  if (found !== undefined && MUXERS.has(found)) return found;
  throw containerError(name, wanted);
}

/** Cropping of a container: four 32-bit counts of pixels from the top, bottom, left and right. */
function cropBytes({ x, y, width, height }: Rect, size: Size): Buffer {
  const bytes = Buffer.alloc(16);
  for (const [i, value] of [y, size.height - y - height, x, size.width - x - width].entries())
    bytes.writeUInt32LE(value, 4 * i);
  return bytes;
}
