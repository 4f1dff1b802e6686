// Decodes the keyframe at or before a time: its packet alone, on one thread.
import {
  lastKeyframe,
  Picture,
  seekKeyframe,
  VideoDecoder,
  type Breathe,
  type KeptPacket,
  type MediaInputHandle,
  type PacketFacts,
  type PictureDecoder,
  type VideoStreamInfo,
} from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
import type { CoverLimits } from '../cover-params.js';
import type { StageClock } from '../stage-clock.js';

/** How many keyframes are tried when the first ones cannot be decoded. */
const ATTEMPTS = 5;

/** How many packets are decoded at most on the way to a picture shortly after a keyframe. */
const AHEAD = 8;

/** What a search works with. */
export interface FinderOptions {
  readonly input: MediaInputHandle;
  readonly stream: VideoStreamInfo;
  readonly limits: CoverLimits;
  /** Pictures are shown at a third of their size at most: the decoder may work roughly. */
  readonly rough: boolean;
  readonly clock: StageClock;
  /** Called for every packet; throws to stop. */
  readonly breathe: Breathe;
  /** Opens another decoder for `find` than one in software. */
  readonly openDecoder?: (() => PictureDecoder) | undefined;
}

/** A decoded picture and its time. */
export interface FoundPicture {
  /** The finder's own: it is overwritten by the next search. */
  readonly picture: Picture;
  /** Seconds from the start of the video. */
  readonly pts: number;
}

/** Finds keyframes of one input. Its decoder is opened for the first one and serves for all of the file. */
export class KeyframeFinder {
  /** What it works with. */
  readonly options: FinderOptions;
  #picture = new Picture();
  #spare = new Picture();
  #decoder: VideoDecoder | undefined;
  #other: PictureDecoder | undefined;

  constructor(options: FinderOptions) {
    this.options = options;
  }

  /**
   * Decodes the keyframe for a time, or one of the next ones when it cannot be decoded. Throws FR_DECODE_NO_FRAME.
   * @param time - seconds from the start of the video
   */
  async find(time: number): Promise<FoundPicture> {
    const { input, clock, breathe } = this.options;
    const packet = await lastKeyframe(input, time, breathe);
    clock.end('seek');
    const decoder = this.#chosen();
    const decoded = (await this.#tryKeyframes(decoder, packet)) ?? (await this.#feed(decoder, time));
    if (decoded === undefined) throw this.noFrame();
    clock.end('decode');
    const stamp = this.#picture.timestamp;
    return { picture: this.#picture, pts: stamp === undefined ? (decoded.time ?? time) : input.toSeconds(stamp) };
  }

  /** Decodes one of the next keyframes; gives its packet, or undefined where none of them has a picture. */
  async #tryKeyframes(decoder: PictureDecoder, first: PacketFacts | undefined): Promise<PacketFacts | undefined> {
    const { input } = this.options;
    let packet = first;
    for (let attempt = 0; attempt < ATTEMPTS && packet !== undefined;) {
      if (!packet.keyframe) {
        packet = await input.readPacket();
        continue;
      }
      attempt += 1;
      decoder.reset();
      decoder.send();
      decoder.drain();
      if (decoder.receive(this.#picture)) return packet;
      // Where a stream is split without a container's help, each field of a picture is a packet of its own.
      await this.#goTo(packet);
      decoder.reset();
      decoder.send();
      const next = await input.readPacket();
      if (next !== undefined) decoder.send();
      decoder.drain();
      if (decoder.receive(this.#picture)) return packet;
      packet = next;
    }
    return undefined;
  }

  /** Makes a keyframe the current packet with those behind it to come next; the search for it may have read on. */
  async #goTo({ time }: PacketFacts): Promise<void> {
    const { input, breathe } = this.options;
    if (time === undefined || !input.goesBack) return;
    let packet = await seekKeyframe(input, time, breathe);
    while (packet?.time !== undefined && packet.time < time) packet = await input.readPacket();
  }

  /** Feeds packets until a picture comes: a stream that is refreshed bit by bit has no keyframe that is one by itself. */
  async #feed(decoder: PictureDecoder, time: number): Promise<PacketFacts | undefined> {
    const { input, limits, breathe } = this.options;
    if (!input.goesBack) return undefined;
    const first = await seekKeyframe(input, time, breathe);
    decoder.reset();
    let packet = first;
    for (let sent = 0; packet !== undefined && sent < limits.maxDecodedFrames; sent++) {
      await breathe();
      decoder.send();
      if (decoder.receive(this.#picture)) return packet;
      packet = await input.readPacket();
    }
    decoder.drain();
    return decoder.receive(this.#picture) ? first : undefined;
  }

  /** Decodes the keyframe last read; undefined where that gives no picture. @param time - for a picture without one */
  decode(time: number): FoundPicture | undefined {
    const decoder = this.#fresh();
    decoder.send();
    return this.#receive(decoder, time, 'first');
  }

  /** Decodes a keyframe that was kept; undefined where that gives no picture. */
  async decodeKept(packet: KeptPacket): Promise<FoundPicture | undefined> {
    const decoder = this.#fresh();
    await decoder.sendKept(packet);
    return this.#receive(decoder, packet.facts.time ?? 0, 'first');
  }

  /**
   * Decodes the keyframe for a time and the pictures that it takes to show the one some seconds later; undefined where
   * the video ends before.
   */
  async findAfter(time: number, seconds: number): Promise<FoundPicture | undefined> {
    const { input, clock, breathe } = this.options;
    let packet = await lastKeyframe(input, time, breathe);
    clock.end('seek');
    const decoder = this.#fresh();
    const start = packet?.time ?? time;
    for (let sent = 0; packet !== undefined && sent < AHEAD; packet = await input.readPacket()) {
      const shown = packet.time ?? start;
      // What is shown before the keyframe refers to pictures that are not at hand.
      if (shown < start) continue;
      decoder.send();
      sent += 1;
      if (shown >= start + seconds) return this.#receive(decoder, shown, 'last');
      // A decoder takes no more while it holds pictures.
      while (decoder.receive(this.#spare));
    }
    return undefined;
  }

  /** The error for a stream of which nothing can be decoded. */
  noFrame(): FramerailError {
    const { input, stream } = this.options;
    return new FramerailError(
      'FR_DECODE_NO_FRAME',
      `${input.name} has a video stream (${stream.codec}) but no keyframe of it could be decoded.`,
      { details: { damagedPackets: (this.#other ?? this.#decoder)?.damagedPackets ?? 0 } },
    );
  }

  #chosen(): PictureDecoder {
    const { openDecoder } = this.options;
    if (openDecoder === undefined) return this.#fresh();
    this.#other ??= openDecoder();
    this.#other.reset();
    return this.#other;
  }

  #fresh(): VideoDecoder {
    const { input, limits, rough } = this.options;
    // One thread: every further one only adds the latency of a frame.
    this.#decoder ??= VideoDecoder.open(input, { threads: 1, rough, alpha: true, limits });
    this.#decoder.reset();
    return this.#decoder;
  }

  /** One of the pictures that a decoder holds. */
  #receive(decoder: VideoDecoder, time: number, which: 'first' | 'last'): FoundPicture | undefined {
    decoder.drain();
    let found = false;
    // A picture that nothing could be received into is empty.
    while (decoder.receive(this.#spare)) {
      [this.#picture, this.#spare] = [this.#spare, this.#picture];
      found = true;
      if (which === 'first') break;
    }
    this.options.clock.end('decode');
    if (!found) return undefined;
    const stamp = this.#picture.timestamp;
    return { picture: this.#picture, pts: stamp === undefined ? time : this.options.input.toSeconds(stamp) };
  }

  /** Frees the decoder and the pictures. */
  close(): void {
    this.#decoder?.close();
    this.#other?.close();
    this.#picture.close();
    this.#spare.close();
  }
}
