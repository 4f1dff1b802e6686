// The two tables that say what a transport stream holds: PAT and PMT (ISO/IEC 13818-1, 2.4.4.3 to 2.4.4.9).
import { crcMpeg } from './crc.js';
import { NULL_PID } from './packet.js';

/** The packet number of the PAT. */
export const PAT_PID = 0;
const FIRST_OWN_PID = 0x10;
const TABLE = { pat: 0, pmt: 2 } as const;
/** Bytes of a section ahead of its own fields, and behind them. */
const HEAD = 8;
const CHECKSUM = 4;

/** A program and where its PMT is. */
export interface Program {
  readonly number: number;
  readonly pid: number;
}

/** One section of a PAT. */
export interface ProgramTable {
  readonly version: number;
  readonly section: number;
  readonly lastSection: number;
  readonly programs: readonly Program[];
}

/** Something that is said of a program or of a stream. */
export interface Descriptor {
  readonly tag: number;
  readonly data: Buffer;
}

/** One stream of a program. */
export interface StreamEntry {
  readonly type: number;
  readonly pid: number;
  readonly descriptors: readonly Descriptor[];
}

/** A PMT. */
export interface StreamTable {
  readonly program: number;
  readonly clockPid: number;
  readonly descriptors: readonly Descriptor[];
  readonly streams: readonly StreamEntry[];
}

/** Reads a section of a PAT; undefined for another table, and for one that is not valid yet. */
export function readPat(section: Buffer): ProgramTable | undefined {
  const end = bodyEnd(section, TABLE.pat);
  if (end === undefined) return undefined;
  const programs: Program[] = [];
  for (let at = HEAD; at + 4 <= end; at += 4) {
    const number = section.readUInt16BE(at);
    const pid = section.readUInt16BE(at + 2) & 0x1fff;
    // The number zero stands for a table of the network.
    if (number !== 0 && isOwnPid(pid)) programs.push({ number, pid });
  }
  return {
    version: ((section[5] ?? 0) >> 1) & 0x1f,
    section: section[6] ?? 0,
    lastSection: section[7] ?? 0,
    programs,
  };
}

/** Reads a PMT, whose descriptors are copied; undefined for another table, and for one that is not valid yet. */
export function readPmt(section: Buffer): StreamTable | undefined {
  const end = bodyEnd(section, TABLE.pmt);
  if (end === undefined || end < HEAD + 4) return undefined;
  const streams: StreamEntry[] = [];
  let at = HEAD + 4 + (section.readUInt16BE(HEAD + 2) & 0x0fff);
  const descriptors = readDescriptors(section.subarray(HEAD + 4, Math.min(at, end)));
  while (at + 5 <= end) {
    const behind = at + 5 + (section.readUInt16BE(at + 3) & 0x0fff);
    streams.push({
      type: section[at] ?? 0,
      pid: section.readUInt16BE(at + 1) & 0x1fff,
      descriptors: readDescriptors(section.subarray(at + 5, Math.min(behind, end))),
    });
    at = behind;
  }
  return {
    program: section.readUInt16BE(3),
    clockPid: section.readUInt16BE(HEAD) & 0x1fff,
    descriptors,
    streams,
  };
}

/** Whether a packet number may be a program's own: the first ones and the last are everybody's (2.4.3.3, table 2-3). */
export function isOwnPid(pid: number): boolean {
  return pid >= FIRST_OWN_PID && pid < NULL_PID;
}

/** Where the fields of a table end; undefined for another table, and for the next one, which is only announced. */
function bodyEnd(section: Buffer, table: number): number | undefined {
  const current = ((section[5] ?? 0) & 1) === 1;
  const known = section[0] === table && section.byteLength >= HEAD + CHECKSUM && current;
  return known ? section.byteLength - CHECKSUM : undefined;
}

function readDescriptors(bytes: Buffer): Descriptor[] {
  const all: Descriptor[] = [];
  for (let at = 0; at + 2 <= bytes.byteLength;) {
    const length = bytes[at + 1] ?? 0;
    if (at + 2 + length > bytes.byteLength) break;
    all.push({ tag: bytes[at] ?? 0, data: Buffer.from(bytes.subarray(at + 2, at + 2 + length)) });
    at += 2 + length;
  }
  return all;
}

/** A PAT with one program, as a section. */
export function writePat(streamId: number, { number, pid }: Program): Buffer {
  return section(TABLE.pat, streamId, 0, Buffer.from([number >> 8, number & 0xff, 0xe0 | (pid >> 8), pid & 0xff]));
}

/** A PMT as a section. */
export function writePmt({ program, clockPid, descriptors, streams }: StreamTable, version: number): Buffer {
  const parts = [Buffer.from([0xe0 | (clockPid >> 8), clockPid & 0xff]), writeDescriptors(descriptors)];
  for (const { type, pid, descriptors: own } of streams)
    parts.push(Buffer.from([type, 0xe0 | (pid >> 8), pid & 0xff]), writeDescriptors(own));
  return section(TABLE.pmt, program, version, Buffer.concat(parts));
}

function writeDescriptors(descriptors: readonly Descriptor[]): Buffer {
  const bytes = Buffer.concat(descriptors.map(({ tag, data }) => Buffer.from([tag, data.byteLength, ...data])));
  return Buffer.concat([Buffer.from([0xf0 | (bytes.byteLength >> 8), bytes.byteLength & 0xff]), bytes]);
}

function section(table: number, id: number, version: number, body: Buffer): Buffer {
  const length = body.byteLength + HEAD - 3 + CHECKSUM;
  const head = [table, 0xb0 | (length >> 8), length & 0xff, id >> 8, id & 0xff, 0xc1 | ((version & 0x1f) << 1), 0, 0];
  const bytes = Buffer.concat([Buffer.from(head), body, Buffer.alloc(CHECKSUM)]);
  bytes.writeUInt32BE(crcMpeg(bytes.subarray(0, -CHECKSUM)), bytes.byteLength - CHECKSUM);
  return bytes;
}
