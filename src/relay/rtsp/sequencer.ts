// Packets in the order in which they were sent: late ones are waited for, missing ones are told of, doubles are dropped.
import { monotonicNow } from '../../base/index.js';
import type { RtpPacket } from './rtp.js';

/** Who takes packets in their order. */
export interface SequencerHandlers {
  readonly onPacket: (packet: RtpPacket) => void;
  /** Packets are missing ahead of the next one. */
  readonly onGap: () => void;
  /** Packets that were waited for have been given by themselves, without a new one having come. */
  readonly onLate?: () => void;
}

/** How long is waited for what is missing. */
export interface Patience {
  /** Milliseconds; 0 where nothing can overtake. */
  readonly wait: number;
  /** Packets behind a gap that are held at most. */
  readonly packets: number;
}

/** What a connection delivers is in order: what is missing there was never sent. */
export const IN_ORDER: Patience = { wait: 0, packets: 0 };
/**
 * Networks that reorder do so within some milliseconds; a keyframe of a large picture is some hundred packets, which may all
 * come within that time.
 */
export const DATAGRAMS: Patience = { wait: 100, packets: 1024 };

/** Numbers wrap at 2^16. */
const WRAP = 0x1_00_00;
/** A number that is so far behind, or so many of them, are no late packets but a sender that began anew. */
const BEHIND = 3000;
const MOST_BEHIND = 16;

/** Sorts the packets of one stream. */
export class Sequencer {
  readonly #patience: Patience;
  readonly #handlers: SequencerHandlers;
  /** The number that comes next; undefined ahead of the first packet. */
  #next: number | undefined;
  readonly #held = new Map<number, RtpPacket>();
  #timer: NodeJS.Timeout | undefined;
  #gapSince = 0;
  #behind = 0;

  constructor(patience: Patience, handlers: SequencerHandlers) {
    this.#patience = patience;
    this.#handlers = handlers;
  }

  /** Takes a packet. Where there is patience, it is kept and must not change. */
  push(packet: RtpPacket): void {
    const ahead = this.#next === undefined ? 0 : (packet.sequence - this.#next + WRAP) % WRAP;
    if (ahead >= WRAP / 2) {
      this.#late(packet, WRAP - ahead);
      return;
    }
    this.#behind = 0;
    if (ahead === 0) {
      this.#give(packet);
      this.#giveHeld();
      return;
    }
    const { wait, packets } = this.#patience;
    if (wait === 0 || ahead > BEHIND) {
      this.#giveAll();
      this.#handlers.onGap();
      this.#give(packet);
      return;
    }
    if (this.#held.size === 0) this.#wait();
    this.#held.set(packet.sequence, packet);
    if (this.#held.size > packets) this.#skip();
  }

  /** What is held is forgotten: the sender is another one. */
  reset(): void {
    this.#stopWaiting();
    this.#held.clear();
    this.#next = undefined;
    this.#behind = 0;
  }

  #late(packet: RtpPacket, by: number): void {
    this.#behind += 1;
    if (by < BEHIND && this.#behind < MOST_BEHIND) return;
    this.reset();
    this.#handlers.onGap();
    this.#give(packet);
  }

  #give(packet: RtpPacket): void {
    this.#next = (packet.sequence + 1) % WRAP;
    this.#handlers.onPacket(packet);
  }

  /** Gives what now follows without a gap. */
  #giveHeld(): void {
    if (this.#held.size === 0) return;
    let given = false;
    for (let packet = this.#takeNext(); packet !== undefined; packet = this.#takeNext()) {
      given = true;
      this.#give(packet);
    }
    if (this.#held.size === 0) this.#stopWaiting();
    // The next gap has a time of its own.
    else if (given) this.#wait();
  }

  #takeNext(): RtpPacket | undefined {
    const next = this.#next ?? 0;
    const packet = this.#held.get(next);
    this.#held.delete(next);
    return packet;
  }

  /** What is missing is given up: goes on with the nearest that is there. */
  #skip(): void {
    const next = this.#next ?? 0;
    const nearest = Math.min(...[...this.#held.keys()].map((sequence) => (sequence - next + WRAP) % WRAP));
    this.#next = (next + nearest) % WRAP;
    this.#handlers.onGap();
    this.#giveHeld();
  }

  #giveAll(): void {
    while (this.#held.size > 0) this.#skip();
  }

  #wait(): void {
    this.#gapSince = monotonicNow();
    this.#timer ??= setTimeout(() => {
      this.#look();
    }, this.#patience.wait);
  }

  #look(): void {
    this.#timer = undefined;
    const left = this.#patience.wait - (monotonicNow() - this.#gapSince);
    if (left > 1)
      this.#timer = setTimeout(() => {
        this.#look();
      }, left);
    else {
      this.#skip();
      this.#handlers.onLate?.();
    }
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
