// Decodes the keyframe at or before a time: its packet alone, on one thread.
import {
  lastKeyframe,
  Picture,
  VideoDecoder,
  type Breathe,
  type KeptPacket,
  type MediaInputHandle,
  type VideoStreamInfo,
} from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
import type { StageClock } from '../stage-clock.js';

/** How many keyframes are tried when the first ones cannot be decoded. */
const ATTEMPTS = 5;
/** How many packets are decoded at most on the way to a picture shortly after a keyframe. */
const AHEAD = 8;

/** What a search works with. */
export interface FinderOptions {
  readonly input: MediaInputHandle;
  readonly stream: VideoStreamInfo;
  /** Pictures are shown at a third of their size at most: the decoder may work roughly. */
  readonly rough: boolean;
  readonly clock: StageClock;
  /** Called for every packet; throws to stop. */
  readonly breathe: Breathe;
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

  constructor(options: FinderOptions) {
    this.options = options;
  }

  /** FFmpeg's name of the decoder. */
  get decoder(): string {
    return VideoDecoder.nameFor(this.options.input);
  }

  /**
   * Decodes the keyframe for a time, or one of the next ones when it cannot be decoded. Throws FR_DECODE_NO_FRAME.
   * @param time - seconds from the start of the video
   */
  async find(time: number): Promise<FoundPicture> {
    const { input, clock, breathe } = this.options;
    let packet = await lastKeyframe(input, time, breathe);
    clock.end('seek');
    for (let attempt = 0; attempt < ATTEMPTS && packet !== undefined; packet = await input.readPacket()) {
      if (!packet.keyframe) continue;
      attempt += 1;
      const found = this.decode(packet.time ?? time);
      if (found !== undefined) return found;
    }
    throw this.noFrame();
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
      { details: { damagedPackets: this.#decoder?.damagedPackets ?? 0 } },
    );
  }

  #fresh(): VideoDecoder {
    const { input, rough } = this.options;
    // One thread: every further one only adds the latency of a frame.
    this.#decoder ??= VideoDecoder.open(input, { threads: 1, rough });
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

  /** Frees the decoder and the picture. */
  close(): void {
    this.#decoder?.close();
    this.#picture.close();
    this.#spare.close();
  }
}
