// Packets that outlive the next read: references to compressed data that decoders take up later.
import { AV_PKT_DATA_NEW_EXTRADATA } from './constants.js';
import type { Packet } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import type { PacketFacts } from './input.js';

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
