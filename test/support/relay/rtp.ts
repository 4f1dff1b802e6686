// Packets of RTP and RTCP as senders make them, written after the papers and not after the code that reads them.

/** What is written into the head of a packet. */
export interface RtpHead {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payloadType?: number;
  readonly source?: number;
  readonly marker?: boolean;
}

/** A packet (RFC 3550 5.1). */
export function rtp(head: RtpHead, payload: Uint8Array): Buffer {
  const { sequence, timestamp, payloadType = 96, source = 0x1234_5678, marker = false } = head;
  const bytes = Buffer.alloc(12);
  bytes.writeUInt8(0x80, 0);
  bytes.writeUInt8((marker ? 0x80 : 0) | payloadType, 1);
  bytes.writeUInt16BE(((sequence % 0x10000) + 0x10000) % 0x10000, 2);
  bytes.writeUInt32BE(((timestamp % 2 ** 32) + 2 ** 32) % 2 ** 32, 4);
  bytes.writeUInt32BE(source, 8);
  return Buffer.concat([bytes, payload]);
}

/** A sender's report (RFC 3550 6.4.1). @param ntp - milliseconds */
export function senderReport(source: number, ntp: number, timestamp: number): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt8(0x80, 0);
  bytes.writeUInt8(200, 1);
  bytes.writeUInt16BE(6, 2);
  bytes.writeUInt32BE(source, 4);
  bytes.writeUInt32BE(Math.floor(ntp / 1000), 8);
  bytes.writeUInt32BE(Math.floor(((ntp % 1000) / 1000) * 2 ** 32), 12);
  bytes.writeUInt32BE(((timestamp % 2 ** 32) + 2 ** 32) % 2 ** 32, 16);
  return bytes;
}

/** A goodbye (RFC 3550 6.6). */
export function bye(source: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(0x81, 0);
  bytes.writeUInt8(203, 1);
  bytes.writeUInt16BE(1, 2);
  bytes.writeUInt32BE(source, 4);
  return bytes;
}

/** How NAL units are put into packets. */
export interface NalPacking {
  /** Bytes of a payload at most. */
  readonly size: number;
  /** Whether small ones go together. */
  readonly together?: boolean;
  /** HEVC: whether units carry their numbers. */
  readonly numbered?: boolean;
}

/** Payloads of one access unit of H.264 (RFC 6184). */
export function h264Payloads(nals: readonly Uint8Array[], { size, together = false }: NalPacking): Buffer[] {
  const payloads: Buffer[] = [];
  let group: Uint8Array[] = [];
  const flush = (): void => {
    if (group.length === 1) payloads.push(Buffer.from(group[0]!));
    else if (group.length > 1)
      payloads.push(Buffer.concat([Buffer.from([24 | 0x60]), ...group.flatMap((nal) => [u16(nal.length), nal])]));
    group = [];
  };
  for (const nal of nals) {
    const used = group.reduce((sum, one) => sum + 2 + one.length, 1);
    if (together && used + 2 + nal.length <= size) {
      group.push(nal);
      continue;
    }
    flush();
    if (nal.length <= size) {
      if (together) group.push(nal);
      else payloads.push(Buffer.from(nal));
      continue;
    }
    const indicator = (nal[0]! & 0xe0) | 28;
    for (let at = 1; at < nal.length; at += size - 2) {
      const end = Math.min(nal.length, at + size - 2);
      const header = (at === 1 ? 0x80 : 0) | (end === nal.length ? 0x40 : 0) | (nal[0]! & 0x1f);
      payloads.push(Buffer.concat([Buffer.from([indicator, header]), nal.subarray(at, end)]));
    }
  }
  flush();
  return payloads;
}

/** Payloads of one access unit of HEVC (RFC 7798). @param first - number of the first unit in the order of decoding */
export function hevcPayloads(nals: readonly Uint8Array[], packing: NalPacking, first = 0): Buffer[] {
  const { size, together = false, numbered = false } = packing;
  const payloads: Buffer[] = [];
  let group: { nal: Uint8Array; number: number }[] = [];
  const flush = (): void => {
    const [one] = group;
    if (one !== undefined && group.length === 1) {
      const donl = numbered ? u16(one.number) : Buffer.alloc(0);
      payloads.push(Buffer.concat([one.nal.subarray(0, 2), donl, one.nal.subarray(2)]));
    } else if (one !== undefined) {
      const parts = group.flatMap(({ nal, number }, i) => {
        const mark = !numbered ? Buffer.alloc(0) : i === 0 ? u16(number) : Buffer.from([0]);
        return [mark, u16(nal.length), nal];
      });
      payloads.push(Buffer.concat([Buffer.from([48 << 1, 1]), ...parts]));
    }
    group = [];
  };
  for (const [i, nal] of nals.entries()) {
    const number = (first + i) % 0x10000;
    const used = group.reduce((sum, one) => sum + 4 + one.nal.length, 2);
    if (group.length > 0 && (!together || used + 4 + nal.length > size)) flush();
    if (nal.length + 4 <= size) {
      group.push({ nal, number });
      continue;
    }
    for (let at = 2; at < nal.length; at += size - 5) {
      const end = Math.min(nal.length, at + size - 5);
      const header = (at === 2 ? 0x80 : 0) | (end === nal.length ? 0x40 : 0) | ((nal[0]! >> 1) & 0x3f);
      const donl = numbered && at === 2 ? u16(number) : Buffer.alloc(0);
      const head = Buffer.from([(nal[0]! & 0x81) | (49 << 1), nal[1]!, header]);
      payloads.push(Buffer.concat([head, donl, nal.subarray(at, end)]));
    }
  }
  flush();
  return payloads;
}

/** A payload of several frames of AAC with thirteen bits of length (RFC 3640 3.3.6). */
export function aacPayload(frames: readonly Uint8Array[]): Buffer {
  const headers = frames.map((frame) => u16(frame.length << 3));
  return Buffer.concat([u16(16 * frames.length), ...headers, ...frames]);
}

/** Payloads of one frame in several packets, each of which says how long the whole is. */
export function aacFragments(frame: Uint8Array, size: number): Buffer[] {
  const payloads: Buffer[] = [];
  for (let at = 0; at < frame.length; at += size)
    payloads.push(Buffer.concat([u16(16), u16(frame.length << 3), frame.subarray(at, at + size)]));
  return payloads;
}

/** Numbers packets of one stream, as a sender does. */
export class RtpSender {
  sequence: number;
  readonly #type: number;
  readonly #source: number;

  constructor(payloadType: number, source: number, sequence = 0) {
    this.#type = payloadType;
    this.#source = source;
    this.sequence = sequence;
  }

  /** Packets of one unit; the last one is marked. */
  packets(payloads: readonly Uint8Array[], timestamp: number, marks = true): Buffer[] {
    return payloads.map((payload, i) => {
      const marker = marks && i === payloads.length - 1;
      const head = { sequence: this.sequence, timestamp, payloadType: this.#type, source: this.#source, marker };
      this.sequence += 1;
      return rtp(head, payload);
    });
  }
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value & 0xffff);
  return bytes;
}
