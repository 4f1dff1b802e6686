// Sections and PES packets as transport packets (ISO/IEC 13818-1, 2.4.3).
import { ADAPTATION, PACKET_BYTES, PACKET_HEADER, SYNC } from './packet.js';

/** Bytes that a packet has for its adaptation field and its payload. */
const ROOM = PACKET_BYTES - PACKET_HEADER;
const PCR_BYTES = 6;
const STUFFING = 0xff;
const PES_HEAD = 9;
const TIME_BYTES = 5;
const WRAP = 2 ** 33;
/** What stands for "ends with the next one", which only video may say. */
const NO_LENGTH = 0;
const MOST_LENGTH = 0xffff;

/** A PES packet. */
export interface PesPacket {
  readonly pid: number;
  readonly streamId: number;
  /** When it is shown and decoded, in ticks of 90 kHz, not wrapped. */
  readonly pts: number;
  readonly dts: number;
  readonly payload: Buffer;
  /** The clock, in the same ticks; undefined where none is told. */
  readonly pcr: number | undefined;
  /** Whether who begins may begin here. */
  readonly randomAccess: boolean;
}

/** Writes packets, and counts them. */
export class PacketWriter {
  readonly #counters = new Map<number, number>();

  /** One section as packets. */
  section(pid: number, section: Buffer): Buffer {
    const payload = Buffer.concat([Buffer.of(0), section]);
    const count = Math.ceil(payload.byteLength / ROOM);
    const out = Buffer.alloc(count * PACKET_BYTES, STUFFING);
    for (let i = 0; i < count; i++) {
      this.#head(out, i * PACKET_BYTES, pid, i === 0, 0x10);
      payload.copy(out, i * PACKET_BYTES + PACKET_HEADER, i * ROOM, (i + 1) * ROOM);
    }
    return out;
  }

  /** A packet that holds nothing but the clock. */
  clock(pid: number, pcr: number): Buffer {
    const out = Buffer.alloc(PACKET_BYTES, STUFFING);
    // It has no payload, and is not counted.
    out.set([SYNC, pid >> 8, pid & 0xff, 0x20 | this.#last(pid), ROOM - 1, ADAPTATION.pcr]);
    writeClock(out, PACKET_HEADER + 2, pcr);
    return out;
  }

  /** A PES packet as packets, in memory of its own. */
  pes(packet: PesPacket): Buffer {
    const { pid, payload, pcr, randomAccess } = packet;
    const head = pesHead(packet);
    const total = head.byteLength + payload.byteLength;
    const flags = (randomAccess ? ADAPTATION.randomAccess : 0) | (pcr === undefined ? 0 : ADAPTATION.pcr);
    const adaptation = flags === 0 ? 0 : 2 + (pcr === undefined ? 0 : PCR_BYTES);
    const count = Math.ceil((total + adaptation) / ROOM);
    const out = Buffer.allocUnsafe(count * PACKET_BYTES);
    let written = 0;
    for (let i = 0; i < count; i++) {
      const at = i * PACKET_BYTES;
      const wanted = i === 0 ? adaptation : 0;
      const bytes = Math.min(ROOM - wanted, total - written);
      const field = ROOM - bytes;
      this.#head(out, at, pid, i === 0, field > 0 ? 0x30 : 0x10);
      if (field > 0) adapt(out, at + PACKET_HEADER, field, i === 0 ? flags : 0, pcr ?? 0);
      copyAcross(head, payload, written, out, at + PACKET_BYTES - bytes, bytes);
      written += bytes;
    }
    return out;
  }

  #head(out: Buffer, at: number, pid: number, starts: boolean, control: number): void {
    const counter = (this.#last(pid) + 1) & 15;
    this.#counters.set(pid, counter);
    out[at] = SYNC;
    out[at + 1] = (starts ? 0x40 : 0) | (pid >> 8);
    out[at + 2] = pid & 0xff;
    out[at + 3] = control | counter;
  }

  #last(pid: number): number {
    return this.#counters.get(pid) ?? 15;
  }
}

/** An adaptation field of so many bytes in all. */
function adapt(out: Buffer, at: number, bytes: number, flags: number, pcr: number): void {
  out[at] = bytes - 1;
  if (bytes === 1) return;
  out[at + 1] = flags;
  let used = at + 2;
  if ((flags & ADAPTATION.pcr) !== 0) {
    writeClock(out, used, pcr);
    used += PCR_BYTES;
  }
  out.fill(STUFFING, used, at + bytes);
}

/** 33 bits of 90 kHz, six that mean nothing, and nine for what lies between, which are zero here (2.4.3.4). */
function writeClock(out: Buffer, at: number, ticks: number): void {
  const base = wrapped(ticks);
  out.writeUInt32BE(Math.floor(base / 2), at);
  out[at + 4] = ((base & 1) << 7) | 0x7e;
  out[at + 5] = 0;
}

function pesHead({ streamId, pts, dts, payload }: PesPacket): Buffer {
  const shown = wrapped(pts);
  const decoded = wrapped(dts);
  const times = shown === decoded ? TIME_BYTES : 2 * TIME_BYTES;
  const head = Buffer.alloc(PES_HEAD + times);
  const length = head.byteLength - 6 + payload.byteLength;
  head.writeUIntBE(1, 0, 3);
  head[3] = streamId;
  // Where it fits, it is told: who reads it then knows the end of a picture with its last byte.
  head.writeUInt16BE(length > MOST_LENGTH ? NO_LENGTH : length, 4);
  // Its payload begins with an access unit.
  head[6] = 0x84;
  head[7] = shown === decoded ? 0x80 : 0xc0;
  head[8] = times;
  writeTime(head, PES_HEAD, shown === decoded ? 2 : 3, shown);
  if (shown !== decoded) writeTime(head, PES_HEAD + TIME_BYTES, 1, decoded);
  return head;
}

/** 33 bits with markers between them (2.4.3.7). */
function writeTime(head: Buffer, at: number, prefix: number, ticks: number): void {
  const high = Math.floor(ticks / 2 ** 30);
  const rest = ticks % 2 ** 30;
  head[at] = (prefix << 4) | (high << 1) | 1;
  head.writeUInt16BE((Math.floor(rest / 2 ** 15) << 1) | 1, at + 1);
  head.writeUInt16BE(((rest % 2 ** 15) << 1) | 1, at + 3);
}

function wrapped(ticks: number): number {
  return ((Math.round(ticks) % WRAP) + WRAP) % WRAP;
}

/** Copies from two buffers as if they were one. */
function copyAcross(first: Buffer, second: Buffer, from: number, out: Buffer, at: number, bytes: number): void {
  const ahead = Math.max(0, Math.min(bytes, first.byteLength - from));
  if (ahead > 0) first.copy(out, at, from, from + ahead);
  const begin = from + ahead - first.byteLength;
  if (ahead < bytes) second.copy(out, at + ahead, begin, begin + bytes - ahead);
}
