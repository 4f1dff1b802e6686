// An encoder that may die, and another one that then takes over: every picture comes out exactly once and in order.
//
// Packets are passed on in groups that stand for all pictures up to a moment: with reordering, a packet may stand for a
// picture behind one whose packet is still to come, and what another encoder makes could not be put between the two.
// Pictures are held until the group of their packet was passed on. When the encoder dies, its open group is thrown away,
// and the pictures that are held go into its successor.
import { avGetCodecName, Frame, Packet, type Stream } from 'node-av/lib';
import { FramerailError, isFramerailError } from '../../base/index.js';
import { check } from '../averror.js';
import { nativeFrame, Picture } from '../picture.js';
import type { Ratio } from '../../base/index.js';
import type { EncoderChange } from '../../spelling/index.js';
import type { VideoEncoder } from './encoder.js';
import { ownCopy } from './libav-encoder.js';
import { ParameterSets } from './parameter-sets.js';

/** An encoder that takes over from another one, and what it needs pictures to be. */
export interface Successor {
  readonly encoder: VideoEncoder;
  /** Brings a picture into the form that it takes; what it gives is good until the next one. */
  readonly fit: (picture: Picture) => Picture;
}

/** What a guard needs beside the encoder that it guards. */
export interface GuardOptions {
  /** Opens the encoder that takes over; is told why. Throws when there is none. */
  readonly succeed: (reason: FramerailError) => Successor;
  /** Pictures that may be on their way through the encoder; one that holds more counts as dead. @defaultValue 64 */
  readonly most?: number;
}

interface Held {
  readonly picture: Picture;
  readonly pts: bigint;
  readonly keyframe: boolean;
}

/** Looks like one encoder, and is two in a row when the first one dies. */
export class GuardedEncoder implements VideoEncoder {
  readonly #options: Required<GuardOptions>;
  #encoder: VideoEncoder;
  #fit: Successor['fit'] = (picture) => picture;
  #guarded = true;
  #draining = false;
  /** Pictures whose group was not passed on, in order. */
  #held: Held[] = [];
  /** The packets of the open group. */
  #open: Packet[] = [];
  /** Packets that may be passed on. */
  readonly #ready: Packet[] = [];
  readonly #spare = new Packet();
  #parameterSets: ParameterSets | undefined;

  constructor(encoder: VideoEncoder, options: GuardOptions) {
    this.#encoder = encoder;
    this.#options = { most: 64, ...options };
    this.#spare.alloc();
  }

  get name(): string {
    return this.#encoder.name;
  }

  get timeBase(): Ratio {
    return this.#encoder.timeBase;
  }

  get parameters(): Buffer | undefined {
    return this.#encoder.parameters;
  }

  send(picture: Picture, keyframe: boolean): void {
    if (!this.#guarded) {
      this.#encoder.send(this.#fit(picture), keyframe);
      return;
    }
    this.#held.push({ picture: keep(picture), pts: picture.pts ?? 0n, keyframe });
    this.#attempt(() => {
      this.#encoder.send(picture, keyframe);
      this.#collect();
      if (this.#held.length > this.#options.most)
        throw new FramerailError(
          'FR_ENCODE_FAILED',
          `The encoder ${this.name} held ${String(this.#held.length)} pictures without an answer.`,
        );
    });
  }

  drain(): void {
    this.#draining = true;
    if (this.#guarded)
      this.#attempt(() => {
        this.#encoder.drain();
        this.#collect();
        if (this.#held.length > 0)
          throw new FramerailError(
            'FR_ENCODE_FAILED',
            `The encoder ${this.name} lost ${String(this.#held.length)} pictures.`,
          );
      });
    else this.#encoder.drain();
  }

  receive(packet: Packet): boolean {
    if (this.#guarded)
      this.#attempt(() => {
        this.#collect();
      });
    const next = this.#ready.shift();
    if (next === undefined) return this.#guarded ? false : this.#encoder.receive(packet);
    packet.unref();
    check(packet.ref(next), 'FR_MEMORY_BUDGET', 'A packet could not be kept');
    next.free();
    return true;
  }

  /** Takes what the encoder has ready, and closes the group when it is whole. */
  #collect(): void {
    while (this.#encoder.receive(this.#spare)) {
      this.#parameterSets?.apply(this.#spare);
      const packet = this.#taken();
      this.#open.push(packet);
      const last = this.#open.reduce((most, { pts }) => (pts > most ? pts : most), packet.pts);
      const before = this.#held.findLastIndex(({ pts }) => pts <= last) + 1;
      if (this.#open.length < before) continue;
      for (const { picture } of this.#held.splice(0, before)) picture.close();
      this.#ready.push(...this.#open);
      this.#open = [];
    }
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!isFramerailError(error)) throw error;
      this.#replace(error);
    }
  }

  #replace(reason: FramerailError): void {
    this.#guarded = false;
    for (const packet of this.#open) packet.free();
    this.#open = [];
    // A dead session may still count against the limit of its driver.
    this.#encoder.close();
    const { encoder, fit } = this.#options.succeed(reason);
    this.#encoder = encoder;
    this.#fit = fit;
    const held = this.#held;
    this.#held = [];
    try {
      for (const [place, { picture, keyframe }] of held.entries()) {
        encoder.send(fit(picture), place === 0 || keyframe);
        // Some take no more pictures before their packets were taken.
        while (encoder.receive(this.#spare)) this.#ready.push(this.#taken());
      }
      if (this.#draining) encoder.drain();
    } finally {
      for (const { picture } of held) picture.close();
    }
  }

  /** The packet that the encoder gave last, for longer. */
  #taken(): Packet {
    const packet = new Packet();
    packet.alloc();
    check(packet.ref(this.#spare), 'FR_MEMORY_BUDGET', 'A packet could not be kept');
    this.#spare.unref();
    return packet;
  }

  change(change: EncoderChange): boolean {
    return this.#encoder.change(change);
  }

  describe(stream: Stream): void {
    this.#encoder.describe(stream);
    const codec = avGetCodecName(stream.codecpar.codecId) ?? '';
    if (this.#guarded && this.parameters !== undefined && /^(h264|hevc)$/.test(codec))
      this.#parameterSets = new ParameterSets(this.#encoder, stream);
  }

  close(): void {
    for (const { picture } of this.#held) picture.close();
    for (const packet of [...this.#open, ...this.#ready]) packet.free();
    this.#held = [];
    this.#open = [];
    this.#ready.length = 0;
    this.#spare.free();
    this.#parameterSets?.close();
    this.#encoder.close();
  }
}

/** The same pixels for longer: a reference where libav owns them, a copy where somebody else will write there. */
function keep(picture: Picture): Picture {
  if (picture.memory !== undefined) return ownCopy(picture);
  const frame = new Frame();
  frame.alloc();
  check(frame.ref(nativeFrame(picture)), 'FR_MEMORY_BUDGET', 'A picture could not be kept');
  return new Picture(frame);
}
