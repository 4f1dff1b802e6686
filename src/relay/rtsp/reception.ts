// What is counted of a stream to be reported to its sender (RFC 3550 6.4.1, A.3, A.8).
import type { Reception } from './rtcp.js';
import type { RtpPacket } from './rtp.js';

const WRAP = 0x1_00_00;

/** Counts one sender's packets. */
export class ReceptionCounter {
  readonly #source: number;
  readonly #clockRate: number;
  readonly #first: number;
  #highest: number;
  #received = 0;
  #jitter = 0;
  #transit: number | undefined;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #report: { readonly compact: number; readonly at: number } | undefined;

  constructor({ source, sequence }: Pick<RtpPacket, 'source' | 'sequence'>, clockRate: number) {
    this.#source = source;
    this.#clockRate = clockRate;
    this.#first = this.#highest = sequence;
  }

  /** @param now - milliseconds */
  count({ sequence, timestamp }: RtpPacket, now: number): void {
    const ahead = (sequence - (this.#highest % WRAP) + WRAP) % WRAP;
    if (ahead < WRAP / 2) this.#highest += ahead;
    this.#received += 1;
    const transit = (now * this.#clockRate) / 1000 - timestamp;
    // Packets of one picture have one timestamp, and a wrap of it is no jitter.
    const difference = Math.abs(transit - (this.#transit ?? transit));
    if (difference < 2 ** 31) this.#jitter += (difference - this.#jitter) / 16;
    this.#transit = transit;
  }

  /** The sender has told its time. */
  reported(compact: number, now: number): void {
    this.#report = { compact, at: now };
  }

  /** What is reported now. */
  take(now: number): Reception {
    const expected = this.#highest - this.#first + 1;
    const missing = expected - this.#expectedBefore - (this.#received - this.#receivedBefore);
    const interval = expected - this.#expectedBefore;
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    const since = this.#report === undefined ? 0 : ((now - this.#report.at) * 0x1_00_00) / 1000;
    return {
      source: this.#source,
      fractionLost: interval <= 0 || missing <= 0 ? 0 : Math.min(255, Math.floor((missing * 256) / interval)),
      lost: expected - this.#received,
      highest: this.#highest % 2 ** 32,
      jitter: Math.round(this.#jitter),
      lastReport: this.#report?.compact ?? 0,
      sinceReport: Math.min(2 ** 32 - 1, Math.round(since)),
    };
  }
}
