// Walks the decoded pictures of a stream in order, and jumps ahead by seeking when that saves decoding.
import type { Lateness } from './lateness.js';
import { Picture, seekKeyframe, type MediaInputHandle, type PacketFacts, type PictureDecoder } from '../av/index.js';

/** Distances below this are decoded through; a seek would cost more than it saves. Seconds. */
const SEEK_WORTH = 0.5;

/** A decoded picture and its time. The picture is the walker's own: it is overwritten by the second next step. */
export interface Step<Kind = Picture> {
  readonly picture: Kind;
  /** Seconds from the start of the file. */
  readonly time: number;
  /** Seconds that it is shown; 0 when unknown. */
  readonly duration: number;
}

/** Reads, decodes and jumps; one per job. */
export class Walker {
  /** Pictures decoded so far. */
  decoded = 0;
  readonly #input: MediaInputHandle;
  readonly #decoder: PictureDecoder;
  readonly #keyframesOnly: boolean;
  readonly #breathe: () => undefined | Promise<void>;
  readonly #lateness: Lateness | undefined;
  // Two pictures in turn, so that a caller may compare a step with the one before.
  readonly #pictures: [Picture, Picture] = [new Picture(), new Picture()];
  #turn: 0 | 1 = 0;
  #pending: PacketFacts | undefined;
  #sentDecode: bigint | undefined;
  #sentTime = Number.NEGATIVE_INFINITY;
  #drained = false;
  #unseekable = false;
  #lastTime: number | undefined;
  #lastDuration = 0;

  /**
   * @param breathe - called for every packet; throws to stop
   */
  constructor(
    input: MediaInputHandle,
    decoder: PictureDecoder,
    options: {
      readonly keyframesOnly: boolean;
      readonly breathe: () => undefined | Promise<void>;
      /** Passes over pictures that come too late to be of use. */
      readonly lateness?: Lateness | undefined;
    },
  ) {
    this.#input = input;
    this.#decoder = decoder;
    this.#keyframesOnly = options.keyframesOnly;
    this.#breathe = options.breathe;
    this.#lateness = options.lateness;
  }

  /** The next picture in presentation order; undefined at the end. */
  async next(): Promise<Step | undefined> {
    this.#turn = this.#turn === 0 ? 1 : 0;
    const picture = this.#pictures[this.#turn];
    for (;;) {
      if (this.#decoder.receive(picture)) {
        this.decoded += 1;
        const step = this.#step(picture);
        if (this.#lateness?.isLate(step.time) !== true) return step;
        continue;
      }
      if (this.#drained) return undefined;
      await this.#feed();
    }
  }

  /**
   * Goes on at the last keyframe at or before `time`, unless decoding straight on is as near.
   * The next picture may still be earlier than `time`.
   */
  async jumpTo(time: number): Promise<void> {
    const position = this.#sentTime;
    if (
      this.#unseekable ||
      time - position < SEEK_WORTH ||
      (position === Number.NEGATIVE_INFINITY && time < SEEK_WORTH)
    )
      return;
    const sent = this.#sentDecode;
    const landed = await this.#land(time);
    if (landed === undefined) return;
    if (sent !== undefined && landed.decodeTimestamp !== undefined && landed.decodeTimestamp <= sent) {
      // The same group of pictures: the decoder is already further, so pass over what it was sent.
      await this.#passSent(landed, sent);
      return;
    }
    this.#decoder.reset();
    this.#drained = false;
    this.#lastTime = undefined;
    this.#pending = landed;
  }

  #step(picture: Picture): Step {
    const stamp = picture.timestamp;
    // Without a timestamp a picture follows the one before it.
    const time = stamp === undefined ? (this.#lastTime ?? 0) + this.#lastDuration : this.#input.toSeconds(stamp);
    this.#lastTime = time;
    this.#lastDuration = this.#input.toDuration(picture.duration);
    return { picture, time, duration: this.#lastDuration };
  }

  async #feed(): Promise<void> {
    await this.#breathe();
    let packet = this.#pending;
    this.#pending = undefined;
    packet ??= await this.#input.readPacket();
    if (packet === undefined) {
      this.#decoder.drain();
      this.#drained = true;
      return;
    }
    if (this.#keyframesOnly && !packet.keyframe) return;
    this.#sentDecode = packet.decodeTimestamp ?? this.#sentDecode;
    this.#sentTime = Math.max(this.#sentTime, packet.time ?? this.#sentTime);
    this.#decoder.send();
  }

  async #land(time: number): Promise<PacketFacts | undefined> {
    const landed = await seekKeyframe(this.#input, time, this.#breathe);
    // Without presentation times, as in AVI, pictures are placed by counting from the start: so all are gone through.
    this.#unseekable = landed !== undefined && landed.time === undefined;
    return landed === undefined || this.#unseekable ? this.#rewind() : landed;
  }

  /** Back to the first packet, after a search that led nowhere. */
  async #rewind(): Promise<PacketFacts | undefined> {
    return (await this.#input.rewind()) ? this.#input.readPacket() : undefined;
  }

  async #passSent(landed: PacketFacts, sent: bigint): Promise<void> {
    let packet: PacketFacts | undefined = landed;
    while (packet?.decodeTimestamp !== undefined && packet.decodeTimestamp <= sent) {
      await this.#breathe();
      packet = await this.#input.readPacket();
    }
    this.#pending = packet;
  }

  /** Frees the walker's pictures. */
  close(): void {
    for (const picture of this.#pictures) picture.close();
  }
}
