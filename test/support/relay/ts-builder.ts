// Transport streams that no muxer makes: each packet as a test wants it.
import { PAT_PID, writePat, writePmt, type Descriptor } from '#dist/relay/mpegts/psi.js';
import { PACKET } from './ts.js';

const ROOM = PACKET - 4;
const PMT_PID = 0x30;

/** How a PES packet is written. */
export interface PesOptions {
  /** In ticks of 90 kHz. */
  readonly pts?: number | undefined;
  readonly dts?: number | undefined;
  /** What it says of its length; the true one unless told, 0 for none. */
  readonly length?: number | undefined;
  readonly streamId?: number;
  /** Bytes of each transport packet's payload; full ones unless told, so that only the last one is filled up. */
  readonly portion?: number;
  /** Fills up the last packet with bytes behind the PES packet instead of ahead of it, as some do. */
  readonly trailing?: number;
  readonly scrambling?: number;
}

/** One stream of a table. */
export interface BuiltStream {
  readonly type: number;
  readonly pid: number;
  readonly descriptors?: readonly Descriptor[];
}

/** Writes packets one behind the other. */
export class TsBuilder {
  readonly packets: Buffer[] = [];
  readonly #counters = new Map<number, number>();

  /** All of it. */
  get bytes(): Buffer {
    return Buffer.concat(this.packets);
  }

  /** PAT and PMT. */
  tables(version: number, streams: readonly BuiltStream[], program = 1): this {
    this.section(PAT_PID, writePat(1, { number: program, pid: PMT_PID }));
    const all = streams.map((one) => ({ descriptors: [], ...one }));
    const clockPid = streams[0]?.pid ?? 0x1fff;
    return this.section(PMT_PID, writePmt({ program, clockPid, descriptors: [], streams: all }, version));
  }

  /** A section, which may take several packets. */
  section(pid: number, section: Buffer): this {
    const payload = Buffer.concat([Buffer.of(0), section]);
    for (let at = 0; at < payload.byteLength; at += ROOM) {
      const part = payload.subarray(at, at + ROOM);
      this.packet(pid, Buffer.concat([part, Buffer.alloc(ROOM - part.byteLength, 0xff)]), at === 0);
    }
    return this;
  }

  /** A PES packet. */
  pes(pid: number, payload: Buffer, options: PesOptions = {}): this {
    const bytes = Buffer.concat([pesHead(payload, options), payload]);
    const { portion = ROOM, trailing = 0 } = options;
    for (let at = 0; at < bytes.byteLength; at += portion) {
      const part = bytes.subarray(at, at + portion);
      const last = at + portion >= bytes.byteLength;
      this.packet(pid, last ? Buffer.concat([part, Buffer.alloc(trailing, 0xff)]) : part, at === 0, options);
    }
    return this;
  }

  /** One packet with a payload, filled up ahead of it. */
  packet(pid: number, payload: Buffer, starts: boolean, { scrambling = 0 }: PesOptions = {}): this {
    const counter = ((this.#counters.get(pid) ?? 15) + 1) & 15;
    this.#counters.set(pid, counter);
    const field = ROOM - payload.byteLength;
    const head = [
      ...[0x47, (starts ? 0x40 : 0) | (pid >> 8), pid & 0xff],
      (scrambling << 6) | (field > 0 ? 0x30 : 0x10) | counter,
    ];
    const stuffing = field === 0 ? [] : field === 1 ? [0] : [field - 1, 0, ...Buffer.alloc(field - 2, 0xff)];
    this.packets.push(Buffer.concat([Buffer.from([...head, ...stuffing]), payload]));
    return this;
  }
}

function pesHead(payload: Buffer, { pts, dts, length, streamId = 0xe0 }: PesOptions): Buffer {
  const times = [
    ...(pts === undefined ? [] : timeBytes(dts === undefined ? 2 : 3, pts)),
    ...(dts === undefined ? [] : timeBytes(1, dts)),
  ];
  const said = length ?? Math.min(0xffff, payload.byteLength + 3 + times.length);
  const flags = (pts === undefined ? 0 : 0x80) | (dts === undefined ? 0 : 0x40);
  return Buffer.from([0, 0, 1, streamId, said >> 8, said & 0xff, 0x80, flags, times.length, ...times]);
}

function timeBytes(prefix: number, ticks: number): number[] {
  const time = BigInt(ticks) & 0x1ffffffffn;
  const part = (shift: bigint, mask: bigint): number => Number((time >> shift) & mask);
  const middle = part(15n, 0x7fffn);
  const low = part(0n, 0x7fffn);
  return [
    (prefix << 4) | (part(30n, 7n) << 1) | 1,
    ...[middle >> 7, ((middle & 0x7f) << 1) | 1],
    ...[low >> 7, ((low & 0x7f) << 1) | 1],
  ];
}
