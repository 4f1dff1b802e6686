// Transport streams from hell: nothing is thrown, nothing is made up, and memory stays within its budget.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TAG } from '#dist/relay/flv/tag.js';
import { crcMpeg } from '#dist/relay/mpegts/crc.js';
import { findPackets } from '#dist/relay/mpegts/packet-finder.js';
import { writePat, writePmt, readPat, readPmt } from '#dist/relay/mpegts/psi.js';
import { SectionReader } from '#dist/relay/mpegts/sections.js';
import { fixture } from '../../support/fixtures.js';
import { inPieces, pieceSizes } from '../../support/pieces.js';
import { sums } from '../../support/relay/compare.js';
import { mediaOf, PACKET, packetsOf, readTs, tsReader } from '../../support/relay/ts.js';
import { TsBuilder } from '../../support/relay/ts-builder.js';

const ts = readFileSync(fixture('plain.ts'));
const part = ts.subarray(0, 400 * PACKET);
const whole = sums(readTs(part).tags);
const known = new Set(whole.map(({ crc }) => crc));

/** Whether sixteen packets of one number in a row are among them, which cannot be told from none. */
function losesSixteen(lost: ReadonlySet<number>): boolean {
  const runs = new Map<number, number>();
  return packetsOf(part).some(({ pid }, i) => {
    const before = runs.get(pid) ?? 0;
    runs.set(pid, lost.has(i) ? before + 1 : 0);
    return !lost.has(i) && before > 0 && before % 16 === 0;
  });
}

test('packets that are lost anywhere: what comes is what was sent, in its order', () => {
  const packets = packetsOf(part);
  fc.assert(
    fc.property(fc.array(fc.nat(packets.length - 1), { minLength: 1, maxLength: 30 }), fc.nat(40), (gone, run) => {
      const lost = new Set(gone.flatMap((at) => Array.from({ length: 1 + run }, (_, i) => at + i)));
      fc.pre(!losesSixteen(lost));
      const { tags } = readTs(Buffer.concat(packets.filter((_, i) => !lost.has(i)).map(({ bytes }) => bytes)));
      for (const type of [TAG.video, TAG.audio]) {
        let at = -1;
        // At the end of the input the last picture is taken as it is: nothing says whether more was to come.
        const came = sums(mediaOf(tags, type)).slice(0, type === TAG.video ? -1 : undefined);
        for (const { crc } of came) {
          expect(known.has(crc)).toBe(true);
          const next = whole.findIndex((one, i) => i > at && one.crc === crc);
          expect(next).toBeGreaterThan(at);
          at = next;
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('bytes that are changed, lost or put in anywhere: nothing is thrown', () => {
  const change = fc.record({
    at: fc.nat(part.byteLength - 1),
    kind: fc.constantFrom('flip', 'cut', 'insert', 'fill'),
    size: fc.integer({ min: 1, max: 600 }),
    byte: fc.nat(255),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 40 }), pieceSizes, (changes, sizes) => {
      let bytes = Buffer.from(part);
      for (const { at, kind, size, byte } of changes) {
        const from = Math.min(at, bytes.byteLength - 1);
        if (kind === 'flip') bytes[from] = byte;
        else if (kind === 'fill') bytes.subarray(from, from + size).fill(byte);
        else
          bytes = Buffer.concat([
            bytes.subarray(0, from),
            kind === 'insert' ? Buffer.alloc(size, byte) : Buffer.alloc(0),
            bytes.subarray(kind === 'cut' ? from + size : from),
          ]);
      }
      const { tags } = readTs(
        bytes,
        sizes.map((size) => size + 50),
      );
      expect(tags.length).toBeLessThan(2 * whole.length);
    }),
    { numRuns: 150 },
  );
});

test('packets of random content on every number: nothing is thrown', () => {
  const packet = fc.record({
    pid: fc.constantFrom(0, 0x30, 0x100, 0x101, 0x102, 0x1fff),
    body: fc.uint8Array({ minLength: 184, maxLength: 184 }),
    starts: fc.boolean(),
    control: fc.nat(3),
    likePes: fc.boolean(),
  });
  const types = [0x1b, 0x24, 0x0f, 0x03, 0x81, 0x87];
  fc.assert(
    fc.property(
      fc.array(packet, { maxLength: 60 }),
      fc.constantFrom(...types),
      fc.constantFrom(...types),
      (list, a, b) => {
        const built = new TsBuilder().tables(0, [
          { type: a, pid: 0x100 },
          { type: b, pid: 0x101 },
        ]);
        for (const { pid, body, starts, control, likePes } of list) {
          const bytes = Buffer.from(body);
          if (likePes) bytes.set([0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1, 0, 0, 0, 1]);
          built.packet(pid, bytes, starts);
          built.packets.at(-1)![3] = (built.packets.at(-1)![3]! & 0xcf) | (control << 4);
        }
        readTs(built.bytes, [777]);
      },
    ),
    { numRuns: 400 },
  );
});

test('random bytes hold no packets, and are not kept', () => {
  const { demuxer, tags, warnings } = tsReader();
  const noise = Buffer.alloc(1 << 20);
  for (let i = 0; i < noise.byteLength; i++) noise[i] = (i * 2_654_435_761) >>> 24;
  globalThis.gc?.();
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 200; i++) demuxer.push(noise);
  globalThis.gc?.();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
  demuxer.push(ts);
  demuxer.flush();
  expect([tags.length > 250, warnings]).toEqual([true, []]);
});

describe('a stream that never ends anything stays small', () => {
  const held = (fill: (built: TsBuilder, i: number) => void): number => {
    const { demuxer } = tsReader();
    demuxer.push(
      new TsBuilder().tables(0, [
        { type: 0x1b, pid: 0x100 },
        { type: 0x0f, pid: 0x101 },
      ]).bytes,
    );
    globalThis.gc?.();
    const before = process.memoryUsage().arrayBuffers;
    const built = new TsBuilder();
    for (let i = 0; i < 40; i++) {
      built.packets.length = 0;
      for (let k = 0; k < 200; k++) fill(built, i * 200 + k);
      const { bytes } = built;
      for (let k = 0; k < 20; k++) demuxer.push(bytes);
    }
    built.packets.length = 0;
    globalThis.gc?.();
    return process.memoryUsage().arrayBuffers - before;
  };

  test.each<[string, (built: TsBuilder, i: number) => void]>([
    ['start codes alone', (built) => built.packet(0x100, Buffer.from('0000010600000106'.repeat(23), 'hex'), false)],
    ['PES packets without a picture', (built, i) => built.pes(0x100, Buffer.alloc(100, 0xaa), { pts: i })],
    ['a frame of sound that never ends', (built) => built.packet(0x101, Buffer.alloc(184, 0xff), false)],
    ['sound in one PES packet', (built, i) => built.pes(0x101, Buffer.alloc(150, i), { pts: i, length: 0 })],
    ['sections that never end', (built) => built.packet(0x30, Buffer.alloc(184, 0x02), false)],
    ['tables that are all new', (built, i) => built.tables(i, [{ type: 0x80 + (i % 60), pid: 0x100 + (i % 500) }])],
  ])('%s', (_, fill) => {
    // One picture, one frame, one section, and what is not yet collected.
    expect(held(fill)).toBeLessThan(32 << 20);
  });

  test('warnings are bounded, whatever a table says', () => {
    const { demuxer, warnings } = tsReader();
    for (let i = 0; i < 2000; i++)
      demuxer.push(
        new TsBuilder().tables(i, [
          { type: 0x90, pid: 0x20 + i },
          { type: 0x1b, pid: 0x19 },
        ]).bytes,
      );
    expect(warnings.length).toBeLessThanOrEqual(64);
  });
});

describe('sections', () => {
  test('the checksum is that of the standard', () => {
    // The check value of CRC-32/MPEG-2 in the catalogue of CRC algorithms.
    expect(crcMpeg(Buffer.from('123456789'))).toBe(0x0376e6e7);
  });

  test('what is written is read again, over any packets', () => {
    const stream = fc.record({ type: fc.nat(255), pid: fc.integer({ min: 16, max: 0x1ffe }) });
    fc.assert(
      fc.property(
        fc.array(stream, { maxLength: 150 }),
        fc.nat(31),
        fc.integer({ min: 1, max: 182 }),
        (list, version, room) => {
          const streams = list
            .map((one) => ({ ...one, descriptors: [{ tag: 5, data: Buffer.from('Opus') }] }))
            .slice(0, 80);
          const table = { program: 7, clockPid: 0x100, descriptors: [], streams };
          const section = writePmt(table, version);
          const read: (typeof table)[] = [];
          const reader = new SectionReader((one) => {
            const found = readPmt(one);
            if (found !== undefined) read.push(found as typeof table);
          });
          // It begins behind the end of another, and another begins behind it.
          const ahead = writePat(1, { number: 1, pid: 0x30 });
          reader.push(Buffer.concat([Buffer.of(0), ahead.subarray(0, 5)]), true);
          const rest = ahead.subarray(5);
          reader.push(Buffer.concat([Buffer.of(rest.byteLength), rest, section.subarray(0, room)]), true);
          for (let at = room; at < section.byteLength; at += 184) reader.push(section.subarray(at, at + 184), false);
          reader.push(Buffer.concat([Buffer.of(0), section, section.subarray(0, 2), Buffer.alloc(20, 0xff)]), true);
          expect(read).toEqual([table, table]);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('random ones are nobody’s', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 184 }), fc.boolean()), { maxLength: 40 }), (list) => {
        const found: Buffer[] = [];
        const reader = new SectionReader((section) => found.push(Buffer.from(section)));
        for (const [bytes, starts] of list) reader.push(Buffer.from(bytes), starts);
        for (const section of found) {
          readPat(section);
          readPmt(section);
        }
      }),
      { numRuns: 500 },
    );
  });
});

test('packets are found wherever they begin, and only there', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(188, 192, 204), (ahead, stride) => {
      const junk = Buffer.from(ahead).map((byte) => (byte === 0x47 ? 0 : byte));
      const packet = Buffer.alloc(stride);
      packet[0] = 0x47;
      const bytes = Buffer.concat([junk, ...Array<Buffer>(5).fill(packet)]);
      expect(findPackets(bytes)).toEqual({ at: junk.byteLength, stride });
    }),
  );
  const pieces: number[] = [];
  inPieces(Buffer.alloc(10), [3], (piece) => pieces.push(piece.byteLength));
  expect(pieces).toEqual([3, 3, 3, 1]);
});
