// What is known of packets, and packets that outlive the next read: references to compressed data that decoders take up later.
import { AV_PKT_DATA_NEW_EXTRADATA } from './constants.js';
import type { Packet } from 'node-av/lib';
import { FramerailError } from '../base/index.js';

/** One compressed packet of a kept stream, valid until the next read. */
export interface PacketFacts {
  /** The number of its stream: the chosen video stream, unless others were kept. */
  readonly stream: number;
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

let nativeOf: (packet: KeptPacket) => Packet;

/** A reference to a packet's data, which is not copied; it lives until `close()`. */
export class KeptPacket {
  readonly facts: PacketFacts;
  readonly #packet: Packet;

  static {
    nativeOf = (kept) => kept.#packet;
  }

  constructor(packet: Packet, facts: PacketFacts) {
    const reference = packet.clone();
    if (reference === null) throw new FramerailError('FR_MEMORY_BUDGET', 'A packet could not be held.');
    this.#packet = reference;
    this.facts = facts;
  }

  /** Another reference to the same data. */
  share(): KeptPacket {
    return new KeptPacket(this.#packet, this.facts);
  }

  /** Whether the stream starts anew here, with other headers that every decoder after it needs. */
  get changesHeaders(): boolean {
    return this.#packet.getSideData(AV_PKT_DATA_NEW_EXTRADATA) !== null;
  }

  /** Lets go of the data. */
  close(): void {
    this.#packet.free();
  }
}

/** For av/ alone: the native packet. */
export function nativePacket(packet: KeptPacket): Packet {
  return nativeOf(packet);
}
