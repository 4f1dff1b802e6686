// Decodes the keyframe at or before a time: its packet alone, on one thread.
import {
  lastKeyframe,
  Picture,
  VideoDecoder,
  type Breathe,
  type MediaInputHandle,
  type VideoStreamInfo,
} from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
import type { StageClock } from '../stage-clock.js';

/** How many keyframes are tried when the first ones cannot be decoded. */
const ATTEMPTS = 5;

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
  readonly #options: FinderOptions;
  readonly #picture = new Picture();
  #decoder: VideoDecoder | undefined;

  constructor(options: FinderOptions) {
    this.#options = options;
  }

  /** FFmpeg's name of the decoder. */
  get decoder(): string {
    return VideoDecoder.nameFor(this.#options.input);
  }

  /**
   * Decodes the keyframe for a time, or one of the next ones when it cannot be decoded. Throws FR_DECODE_NO_FRAME.
   * @param time - seconds from the start of the video
   */
  async find(time: number): Promise<FoundPicture> {
    const { input, stream, clock, breathe, rough } = this.#options;
    let packet = await lastKeyframe(input, time, breathe);
    clock.end('seek');
    // One thread: every further one only adds the latency of a frame.
    const decoder = (this.#decoder ??= VideoDecoder.open(input, { threads: 1, rough }));
    decoder.reset();
    for (let attempt = 0; attempt < ATTEMPTS && packet !== undefined; packet = await input.readPacket()) {
      if (!packet.keyframe) continue;
      attempt += 1;
      decoder.send();
      decoder.drain();
      if (decoder.receive(this.#picture)) {
        clock.end('decode');
        const stamp = this.#picture.timestamp;
        return { picture: this.#picture, pts: stamp === undefined ? (packet.time ?? time) : input.toSeconds(stamp) };
      }
      decoder.reset();
    }
    throw new FramerailError(
      'FR_DECODE_NO_FRAME',
      `${input.name} has a video stream (${stream.codec}) but no keyframe of it could be decoded.`,
      { details: { damagedPackets: decoder.damagedPackets } },
    );
  }

  /** Frees the decoder and the picture. */
  close(): void {
    this.#decoder?.close();
    this.#picture.close();
  }
}
