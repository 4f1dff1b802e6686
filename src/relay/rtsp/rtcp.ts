// Reports about streams of RTP (RFC 3550 6): what senders say of their clocks, and what is said back to them.

/** What is read of a sender's report. */
export interface RtcpHandlers {
  /**
   * The moment that a timestamp stands for.
   * @param ntp - milliseconds of the sender's clock
   * @param timestamp - modulo 2^32
   * @param compact - the middle of the sender's time, which is sent back to it
   */
  readonly onReport: (source: number, ntp: number, timestamp: number, compact: number) => void;
  /** A sender has ended. */
  readonly onBye: (source: number) => void;
}

/** What was received of a stream. */
export interface Reception {
  readonly source: number;
  /** Of 256 packets since the last report. */
  readonly fractionLost: number;
  readonly lost: number;
  /** The highest sequence number, with how often it wrapped. */
  readonly highest: number;
  /** In ticks. */
  readonly jitter: number;
  /** The middle of the time of the last sender's report, and how long ago it came in units of 1/65536 s; zeros for none. */
  readonly lastReport: number;
  readonly sinceReport: number;
}

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const DESCRIPTION = 202;
const BYE = 203;
const CNAME = 1;
const MOST_LOST = 0x7f_ff_ff;

/** Reads a packet of several reports; what is broken is passed over. */
export function readRtcp(bytes: Buffer, { onReport, onBye }: RtcpHandlers): void {
  for (let at = 0; at + 8 <= bytes.byteLength;) {
    const end = at + 4 + 4 * bytes.readUInt16BE(at + 2);
    if (bytes.readUInt8(at) >> 6 !== 2 || end > bytes.byteLength) return;
    const type = bytes.readUInt8(at + 1);
    const source = bytes.readUInt32BE(at + 4);
    if (type === SENDER_REPORT && end >= at + 28) {
      const seconds = bytes.readUInt32BE(at + 8);
      const fraction = bytes.readUInt32BE(at + 12);
      const compact = ((seconds & 0xffff) * 0x1_00_00 + (fraction >>> 16)) >>> 0;
      // Zeros come from senders that have no clock.
      if (seconds !== 0)
        onReport(source, seconds * 1000 + (fraction * 1000) / 2 ** 32, bytes.readUInt32BE(at + 16), compact);
    } else if (type === BYE) onBye(source);
    at = end;
  }
}

/** A receiver's report with its name behind it, as reports are only sent together (RFC 3550 6.1). */
export function receiverReport(own: number, name: string, reception: Reception | undefined): Buffer {
  const blocks = reception === undefined ? 0 : 1;
  const report = Buffer.alloc(8 + 24 * blocks);
  report[0] = 0x80 | blocks;
  report[1] = RECEIVER_REPORT;
  report.writeUInt16BE(report.byteLength / 4 - 1, 2);
  report.writeUInt32BE(own, 4);
  if (reception !== undefined) {
    report.writeUInt32BE(reception.source, 8);
    report.writeUInt32BE(((reception.fractionLost << 24) | lostOf(reception.lost)) >>> 0, 12);
    report.writeUInt32BE(reception.highest >>> 0, 16);
    report.writeUInt32BE(Math.min(reception.jitter, 2 ** 32 - 1), 20);
    report.writeUInt32BE(reception.lastReport, 24);
    report.writeUInt32BE(reception.sinceReport, 28);
  }
  // The name ends with a zero, and fills whole words.
  const text = Buffer.from(name);
  const item = Buffer.alloc(Math.ceil((text.byteLength + 3) / 4) * 4);
  item[0] = CNAME;
  item[1] = text.byteLength;
  text.copy(item, 2);
  const description = Buffer.alloc(8);
  description[0] = 0x81;
  description[1] = DESCRIPTION;
  description.writeUInt16BE((8 + item.byteLength) / 4 - 1, 2);
  description.writeUInt32BE(own, 4);
  return Buffer.concat([report, description, item]);
}

/** A signed number of 24 bits, for duplicates may make it negative. */
function lostOf(lost: number): number {
  return Math.max(-MOST_LOST, Math.min(MOST_LOST, lost)) & 0xff_ff_ff;
}
