// Copies every packet of a recording into another container whose index lies in front; nothing is decoded.
import { AV_CODEC_ID_NONE, AV_NOPTS_VALUE, AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO } from './constants.js';
import { avGetCodecName, FormatContext, Packet, type Stream } from 'node-av/lib';
import { check, headerError, isEof } from './averror.js';
import type { BlockIo } from './block-io.js';
import { byteOutput } from './byte-output.js';
import { openContext } from './open-input.js';
import { requireBuild } from './build.js';
import { SteadyTimes } from './steady-times.js';

/** What is copied, and where to. */
export interface RemuxOptions {
  /** A file of FLV whose streams appear as they come. */
  readonly from: { readonly name: string; readonly path: string };
  /** The beginning of each of its streams, as a small file of its own: there they can be known ahead of all the others. */
  readonly head: Uint8Array;
  /** The timestamp in `from` that becomes zero, in milliseconds. */
  readonly origin: number;
  readonly to: { readonly name: string; readonly path: string };
  /** FFmpeg's name of a container of the MP4 family. */
  readonly container: 'mp4' | 'mov' | 'ipod';
}

/** One stream of the output and what its packets go through. */
interface Track {
  readonly stream: Stream;
  readonly times: SteadyTimes;
}

/** A copy in progress. */
export class Remux {
  /** Codecs of streams that the container does not hold. */
  readonly leftOut: readonly string[];
  /** Bytes of the input that were read so far. */
  position = 0;
  readonly #options: RemuxOptions;
  readonly #head: { readonly context: FormatContext; readonly io: BlockIo | undefined };
  readonly #input: FormatContext;
  readonly #output: FormatContext;
  readonly #packet = new Packet();
  /** By the kind and the number of a stream, which both files share. */
  readonly #tracks = new Map<string, Track>();
  /** By the index in the input, where streams appear as they come; null for what is left out. */
  readonly #byIndex = new Map<number, Track | null>();

  private constructor(options: RemuxOptions, head: { context: FormatContext; io: BlockIo | undefined }) {
    const { from, to, container } = options;
    this.#options = options;
    this.#head = head;
    this.#packet.alloc();
    this.#input = new FormatContext();
    this.#input.allocContext();
    this.#output = new FormatContext();
    const leftOut: string[] = [];
    this.leftOut = leftOut;
    this.#input.setOption('protocol_whitelist', 'file');
    this.#input.setOption('format_whitelist', 'flv');
    check(this.#input.openInputSync(`file:${from.path}`), 'FR_INPUT_INVALID', `${from.name} could not be opened`);
    check(
      this.#output.allocOutputContext2(null, container, `file:${to.path}`),
      'FR_OUTPUT_FAILED',
      `${to.name} cannot be written`,
    );
    for (const source of head.context.streams) {
      if (!isMedia(source)) continue;
      if (!holds(container, source)) leftOut.push(nameOf(source));
      else this.#tracks.set(keyOf(source), { stream: copyOf(source, this.#output), times: stepsOf(source) });
    }
  }

  /** Opens both files and writes the header; throws FR_INPUT_INVALID or FR_OUTPUT_FAILED with FFmpeg's reason. */
  static async open(options: RemuxOptions): Promise<Remux> {
    requireBuild();
    const { head, from } = options;
    const bytes = (offset: number, length: number): Promise<Uint8Array> =>
      Promise.resolve(head.subarray(offset, offset + length));
    const opened = await openContext(
      { kind: 'blocks', name: from.name, size: head.byteLength },
      { readBlock: bytes, analyse: 'always' },
    );
    let remux: Remux | undefined;
    try {
      remux = new Remux(options, opened);
      remux.#begin();
      return remux;
    } catch (error) {
      if (remux === undefined) closeHead(opened);
      else remux.close();
      throw error;
    }
  }

  /** How many streams are copied. */
  get streams(): number {
    return this.#tracks.size;
  }

  /** Copies one packet; false at the end. A tag that breaks off, as the last one of a crash does, is the end too. */
  step(): boolean {
    const packet = this.#packet;
    packet.unref();
    const code = this.#input.readFrameSync(packet);
    if (isEof(code)) return false;
    check(code, 'FR_INPUT_READ', `${this.#options.from.name} could not be read further`);
    this.position = Number(packet.pos);
    const track = this.#trackOf(packet.streamIndex);
    if (track === null || packet.dts === AV_NOPTS_VALUE) return true;
    const { stream, times } = track;
    const origin = this.#options.origin;
    const decode = Number(packet.dts) - origin;
    const shown = packet.pts === AV_NOPTS_VALUE ? decode : Number(packet.pts) - origin;
    const { dts, pts, duration } = times.next(decode, shown, stream.timeBase.den);
    packet.dts = BigInt(dts);
    packet.pts = BigInt(pts);
    packet.duration = BigInt(duration);
    packet.streamIndex = stream.index;
    packet.pos = -1n;
    check(
      this.#output.writeFrameSync(packet),
      'FR_OUTPUT_FAILED',
      `A packet could not be written to ${this.#options.to.name}`,
    );
    return true;
  }

  /** Writes the index and moves it to the front; on a thread of its own, as that takes as long as the file is large. */
  async finish(): Promise<void> {
    const { name } = this.#options.to;
    check(await this.#output.writeTrailer(), 'FR_OUTPUT_FAILED', `${name} could not be finished`);
    await this.#output.closeOutput();
  }

  /** Frees everything; what was not finished stays unfinished. */
  close(): void {
    this.#packet.free();
    this.#input.closeInputSync();
    this.#output.closeOutputSync();
    this.#output.freeContext();
    closeHead(this.#head);
  }

  #begin(): void {
    if (this.streams === 0) return;
    const { name } = this.#options.to;
    check(this.#output.openOutputSync(), 'FR_OUTPUT_FAILED', `${name} could not be opened`);
    this.#output.setOption('movflags', 'faststart', undefined as never, 1 as never);
    const code = this.#output.writeHeaderSync();
    if (code < 0) throw headerError(code, this.#options.container, name);
  }

  #trackOf(index: number): Track | null {
    let track = this.#byIndex.get(index);
    if (track === undefined) {
      const source = this.#input.streams[index];
      track = (source && this.#tracks.get(keyOf(source))) ?? null;
      this.#byIndex.set(index, track);
    }
    return track;
  }
}

function isMedia({ codecpar }: Stream): boolean {
  return codecpar.codecType === AVMEDIA_TYPE_VIDEO || codecpar.codecType === AVMEDIA_TYPE_AUDIO;
}

function nameOf({ codecpar: { codecId } }: Stream): string {
  return codecId === AV_CODEC_ID_NONE ? 'an unknown codec' : (avGetCodecName(codecId) ?? 'an unknown codec');
}

function keyOf({ codecpar, id }: Stream): string {
  return `${String(codecpar.codecType)}/${String(id)}`;
}

function copyOf(source: Stream, output: FormatContext): Stream {
  const stream = output.newStream();
  check(source.codecpar.copy(stream.codecpar), 'FR_INTERNAL', 'Stream parameters could not be copied');
  // The tag of one container means something else, or nothing, in another.
  stream.codecpar.codecTag = 0;
  stream.timeBase = source.timeBase;
  return stream;
}

/** FLV counts milliseconds; sound whose frames are all alike is given the times that its samples have. */
function stepsOf({ codecpar }: Stream): SteadyTimes {
  const sound = codecpar.codecType === AVMEDIA_TYPE_AUDIO && codecpar.sampleRate > 0 && codecpar.frameSize > 0;
  return new SteadyTimes(sound ? codecpar.frameSize / codecpar.sampleRate : undefined);
}

/** Each muxer knows only by itself what it takes, so a header is written to nowhere. */
function holds(container: string, source: Stream): boolean {
  const context = new FormatContext();
  check(context.allocOutputContext2(null, container, null), 'FR_INTERNAL', `There is no container ${container}`);
  const io = byteOutput({ name: container, seekable: true, write: () => undefined });
  context.pb = io.context;
  try {
    copyOf(source, context);
    return context.writeHeaderSync() >= 0;
  } finally {
    // Taken away first: node-av would free the callbacks twice.
    context.pb = null;
    context.freeContext();
    io.context.freeContext();
  }
}

function closeHead({ context, io }: { context: FormatContext; io: BlockIo | undefined }): void {
  context.pb = null;
  context.closeInputSync();
  io?.close(true);
}
