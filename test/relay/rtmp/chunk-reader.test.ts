// Chunks into messages: every way in which a sender may write them, however they are cut, and nothing else.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChunkReader } from '#dist/relay/rtmp/chunk-reader.js';
import { ChunkWriter } from '#dist/relay/rtmp/chunk-writer.js';
import type { Message } from '#dist/relay/rtmp/message.js';
import { inPieces, pieceSizes, thrownCode } from '../../support/pieces.js';

const PROTOCOL = 'FR_RELAY_PROTOCOL';
const MIB = 1024 * 1024;

/** A header of a chunk as a sender writes it, field by field. */
function chunk(
  format: 0 | 1 | 2 | 3,
  id: number,
  fields: { time?: number; length?: number; type?: number; stream?: number; extended?: number },
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const { time = 0, length = 0, type = 9, stream = 1, extended } = fields;
  const low = id < 64 ? [id] : id < 320 ? [0, id - 64] : [1, (id - 64) & 0xff, (id - 64) >> 8];
  low[0]! |= format << 6;
  const head = Buffer.alloc([11, 7, 3, 0][format] ?? 0);
  if (format < 3) head.writeUIntBE(extended === undefined ? time : 0xffffff, 0, 3);
  if (format < 2) {
    head.writeUIntBE(length, 3, 3);
    head[6] = type;
  }
  if (format === 0) head.writeUInt32LE(stream, 7);
  const long = Buffer.alloc(extended === undefined ? 0 : 4);
  if (extended !== undefined) long.writeUInt32BE(extended);
  return Buffer.concat([Buffer.from(low), head, long, payload]);
}

/** Reads bytes, cut into pieces of one size. */
function read(bytes: Buffer, size = bytes.byteLength, chunkSize = 128): Message[] {
  const messages: Message[] = [];
  const reader = new ChunkReader((message) => {
    messages.push({ ...message, payload: Buffer.from(message.payload) });
  });
  reader.chunkSize = chunkSize;
  inPieces(bytes, [Math.max(1, size)], (piece) => {
    reader.push(piece);
  });
  expect(reader.unfinished).toBe(0);
  return messages;
}

/** Reads bytes cut in every way into pieces of one size; all must give the same. */
function readEveryWay(bytes: Buffer, chunkSize = 128): Message[] {
  const whole = read(bytes, bytes.byteLength, chunkSize);
  for (let size = 1; size < 40; size += 1) expect(read(bytes, size, chunkSize)).toEqual(whole);
  return whole;
}

const noise = (length: number, seed = 1): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17) & 0xff));
const times = (messages: readonly Message[]): number[] => messages.map(({ timestamp }) => timestamp);

const message = fc.record({
  chunkStream: fc.integer({ min: 2, max: 63 }),
  type: fc.integer({ min: 0, max: 255 }),
  stream: fc.nat(0xffffffff),
  timestamp: fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 0xfffffe, 0xffffff, 0x1000000, 0xffffffff)),
  length: fc.oneof(fc.nat(40), fc.nat(5000), fc.constantFrom(127, 128, 129, 256)),
  seed: fc.nat(255),
});

test('what the writer writes is read again, for any size of chunks and any cutting of the bytes', () => {
  const chunkSize = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(128, 4096, 60_000, 0x7fffffff));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), chunkSize, pieceSizes, (list, size, sizes) => {
      const writer = new ChunkWriter();
      writer.chunkSize = size;
      const expected: Message[] = list.map(({ type, stream, timestamp, length, seed }) => ({
        ...{ type, stream, timestamp },
        payload: noise(length, seed),
      }));
      for (const [i, { chunkStream }] of list.entries()) {
        const { type, stream, timestamp, payload } = expected[i]!;
        writer.message(chunkStream, type, stream, timestamp, payload);
      }
      const messages: Message[] = [];
      const reader = new ChunkReader((one) => {
        messages.push({ ...one, payload: Buffer.from(one.payload) });
      });
      reader.chunkSize = size;
      inPieces(writer.take(), sizes, (piece) => {
        reader.push(piece);
      });
      expect(messages).toEqual(expected);
      expect(reader.unfinished).toBe(0);
    }),
    { numRuns: 400 },
  );
});

test('messages of many chunk streams, chunk by chunk in turns, are put together', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(2000), { minLength: 2, maxLength: 6 }),
      fc.nat(1000),
      pieceSizes,
      (lengths, seed, sizes) => {
        const size = 100;
        const queues = lengths.map((length, i) => {
          const payload = noise(length, i);
          const chunks = [chunk(0, 3 + i, { time: i, length, type: 8 }, payload.subarray(0, size))];
          for (let at = size; at < length; at += size)
            chunks.push(chunk(3, 3 + i, {}, payload.subarray(at, at + size)));
          return chunks;
        });
        const wire: Buffer[] = [];
        let state = seed;
        for (let left = queues; left.length > 0; left = left.filter((queue) => queue.length > 0)) {
          state = (state * 1103515245 + 12345) % 2 ** 31;
          wire.push(left[Math.floor(state / 65_536) % left.length]!.shift()!);
        }
        const found = new Map<number, Buffer>();
        const reader = new ChunkReader(({ timestamp, payload }) => found.set(timestamp, Buffer.from(payload)));
        reader.chunkSize = size;
        inPieces(Buffer.concat(wire), sizes, (piece) => {
          reader.push(piece);
        });
        expect([...found].sort(([a], [b]) => a - b)).toEqual(lengths.map((length, i) => [i, noise(length, i)]));
      },
    ),
  );
});

describe('formats', () => {
  test('each later one leaves out what stays as it was', () => {
    const bytes = Buffer.concat([
      chunk(0, 4, { time: 1000, length: 3, type: 9, stream: 5 }, noise(3)),
      chunk(1, 4, { time: 40, length: 2, type: 8 }, noise(2)),
      chunk(2, 4, { time: 20 }, noise(2, 2)),
      chunk(3, 4, {}, noise(2, 3)),
      chunk(3, 4, {}, noise(2, 4)),
      chunk(0, 4, { time: 500, length: 1, type: 9, stream: 6 }, noise(1)),
    ]);
    expect(readEveryWay(bytes)).toEqual([
      { type: 9, stream: 5, timestamp: 1000, payload: noise(3) },
      { type: 8, stream: 5, timestamp: 1040, payload: noise(2) },
      { type: 8, stream: 5, timestamp: 1060, payload: noise(2, 2) },
      { type: 8, stream: 5, timestamp: 1080, payload: noise(2, 3) },
      { type: 8, stream: 5, timestamp: 1100, payload: noise(2, 4) },
      { type: 9, stream: 6, timestamp: 500, payload: noise(1) },
    ]);
  });

  test('a message of format 3 behind one of format 0 adds its timestamp, as the specification says', () => {
    const bytes = Buffer.concat([chunk(0, 4, { time: 40, length: 1 }, noise(1)), chunk(3, 4, {}, noise(1))]);
    expect(times(readEveryWay(bytes))).toEqual([40, 80]);
  });

  test('a chunk stream may begin with format 1, as some senders do, but not with 2 or 3', () => {
    expect(times(readEveryWay(chunk(1, 4, { time: 7, length: 1 }, noise(1))))).toEqual([7]);
    for (const format of [2, 3] as const)
      expect(thrownCode(() => read(chunk(format, 4, { time: 7 }, noise(1))))).toBe(PROTOCOL);
  });

  test('a new message within an unfinished one of its chunk stream is refused', () => {
    for (const format of [0, 1, 2] as const) {
      const begun = chunk(0, 4, { length: 300 }, noise(128));
      const bytes = Buffer.concat([begun, chunk(format, 4, { length: 300 }, noise(128))]);
      expect(thrownCode(() => read(bytes))).toBe(PROTOCOL);
    }
  });

  test('messages without a payload are messages', () => {
    const bytes = Buffer.concat([chunk(0, 4, { time: 5 }), chunk(3, 4, {}), chunk(2, 4, { time: 1 })]);
    expect(times(readEveryWay(bytes))).toEqual([5, 10, 11]);
  });

  test('differences are taken modulo 2^32', () => {
    const bytes = Buffer.concat([
      chunk(0, 4, { extended: 0xfffffff0, length: 1 }, noise(1)),
      chunk(2, 4, { time: 0x20 }, noise(1)),
    ]);
    expect(times(readEveryWay(bytes))).toEqual([0xfffffff0, 0x10]);
  });
});

describe('chunk streams', () => {
  test.each([2, 63, 64, 65, 319, 320, 321, 65_599])('number %i is read in the shortest way', (id) => {
    const bytes = Buffer.concat([
      chunk(0, id, { time: 1, length: 200 }, noise(128)),
      chunk(3, id, {}, noise(200).subarray(128)),
      chunk(0, 3, { time: 2, length: 1 }, noise(1)),
      chunk(2, id, { time: 1 }, noise(128)),
      chunk(3, id, {}, noise(200).subarray(128)),
    ]);
    expect(readEveryWay(bytes).map(({ timestamp, payload }) => [timestamp, payload.byteLength])).toEqual([
      [1, 200],
      [2, 1],
      [2, 200],
    ]);
  });

  test('a number that is written in three bytes is the one that is written in two', () => {
    const long = chunk(0, 400, { time: 3, length: 1 }, noise(1));
    long[1] = 100 - 64;
    long[2] = 0;
    expect(times(read(Buffer.concat([long, chunk(3, 100, {}, noise(1))])))).toEqual([3, 6]);
  });

  test('more of them than any sender has are refused', () => {
    const all = Array.from({ length: 65 }, (_, i) => chunk(0, 3 + i, { length: 1 }, noise(1)));
    expect(read(Buffer.concat(all.slice(0, 64)))).toHaveLength(64);
    expect(thrownCode(() => read(Buffer.concat(all)))).toBe(PROTOCOL);
  });
});

describe('extended timestamps', () => {
  const LATE = 0x01020304;
  const payload = noise(300, 9);

  test('stand in every chunk of a message, as ffmpeg and nginx-rtmp write them', () => {
    const bytes = Buffer.concat([
      chunk(0, 6, { extended: LATE, length: 300 }, payload.subarray(0, 128)),
      chunk(3, 6, { extended: LATE }, payload.subarray(128, 256)),
      chunk(3, 6, { extended: LATE }, payload.subarray(256)),
      chunk(2, 6, { time: 40 }, payload.subarray(0, 128)),
      chunk(3, 6, {}, payload.subarray(128, 256)),
      chunk(3, 6, {}, payload.subarray(256)),
    ]);
    expect(readEveryWay(bytes)).toMatchObject([
      { timestamp: LATE, payload },
      { timestamp: LATE + 40, payload },
    ]);
  });

  test('are left out in the later chunks by other senders', () => {
    const bytes = Buffer.concat([
      chunk(0, 6, { extended: LATE, length: 300 }, payload.subarray(0, 128)),
      chunk(3, 6, {}, payload.subarray(128, 256)),
      chunk(3, 6, {}, payload.subarray(256)),
    ]);
    expect(readEveryWay(bytes)).toMatchObject([{ timestamp: LATE, payload }]);
  });

  test('that are left out do not hold back a message whose last chunk is shorter than they are', () => {
    const bytes = Buffer.concat([
      chunk(0, 6, { extended: LATE, length: 130 }, payload.subarray(0, 128)),
      chunk(3, 6, {}, payload.subarray(128, 130)),
    ]);
    expect(readEveryWay(bytes)).toMatchObject([{ timestamp: LATE, payload: payload.subarray(0, 130) }]);
  });

  test.each([1, 2] as const)('are differences in format %i', (format) => {
    const bytes = Buffer.concat([
      chunk(0, 6, { time: 1000, length: 300 }, payload.subarray(0, 128)),
      chunk(3, 6, {}, payload.subarray(128, 256)),
      chunk(3, 6, {}, payload.subarray(256)),
      chunk(format, 6, { extended: 0xffffff, length: 300 }, payload.subarray(0, 128)),
      chunk(3, 6, { extended: 0xffffff }, payload.subarray(128, 256)),
      chunk(3, 6, { extended: 0xffffff }, payload.subarray(256)),
      // And a new message that repeats the difference, which was extended.
      chunk(3, 6, { extended: 0xffffff }, payload.subarray(0, 128)),
      chunk(3, 6, { extended: 0xffffff }, payload.subarray(128, 256)),
      chunk(3, 6, { extended: 0xffffff }, payload.subarray(256)),
    ]);
    const messages = readEveryWay(bytes);
    expect(times(messages)).toEqual([1000, 1000 + 0xffffff, 1000 + 2 * 0xffffff]);
    for (const one of messages) expect(one.payload).toEqual(payload);
  });

  test('of a small value are read as what they are', () => {
    expect(times(readEveryWay(chunk(0, 6, { extended: 5, length: 1 }, noise(1))))).toEqual([5]);
  });
});

describe('abort', () => {
  test('forgets what came of a message; the next one begins with its own header', () => {
    const seen: number[] = [];
    const reader = new ChunkReader(({ payload }) => seen.push(payload.byteLength));
    reader.push(chunk(0, 4, { length: 300 }, noise(128)));
    expect(reader.unfinished).toBe(128);
    reader.abort(4);
    reader.abort(5);
    expect(reader.unfinished).toBe(0);
    reader.push(chunk(1, 4, { length: 10 }, noise(10)));
    expect(seen).toEqual([10]);
  });

  test('within a chunk leaves nothing behind', () => {
    const seen: number[] = [];
    const reader = new ChunkReader(({ payload }) => seen.push(payload.byteLength));
    reader.push(chunk(0, 4, { length: 300 }, noise(50)));
    reader.abort(4);
    reader.push(chunk(0, 4, { length: 10 }, noise(10)));
    expect(seen).toEqual([10]);
  });

  test('gives the memory back, too: large messages that are begun and aborted on many streams take none', () => {
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    const reader = new ChunkReader(() => undefined);
    reader.chunkSize = 0x7fffffff;
    const piece = Buffer.alloc(8 * MIB);
    for (let id = 3; id < 63; id += 1) {
      reader.push(chunk(0, id, { length: 16 * MIB - 1 }));
      reader.push(piece);
      reader.abort(id);
    }
    globalThis.gc?.();
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * MIB);
  });
});

describe('claims', () => {
  test('a chunk size of 2 GB is taken at its word and costs nothing', () => {
    const bytes = chunk(0, 4, { length: 70_000, time: 3 }, noise(70_000));
    expect(read(bytes, 1000, 0x7fffffff)).toMatchObject([{ timestamp: 3, payload: noise(70_000) }]);
  });

  test('messages of 16 MB that never come take no memory', () => {
    globalThis.gc?.();
    const before = process.memoryUsage();
    const readers = Array.from({ length: 20 }, () => {
      const reader = new ChunkReader(() => undefined);
      reader.chunkSize = 0x7fffffff;
      for (let id = 3; id < 63; id += 1) {
        reader.push(chunk(0, id, { length: 0xffffff }, noise(1)));
        if (id < 62) reader.abort(id);
      }
      return reader;
    });
    const after = process.memoryUsage();
    expect(readers.reduce((sum, { unfinished }) => sum + unfinished, 0)).toBe(20);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(4 * MIB);
    expect(after.rss - before.rss).toBeLessThan(64 * MIB);
  });

  test('unfinished messages together are bounded', () => {
    const reader = new ChunkReader(() => undefined);
    reader.chunkSize = 65_536;
    const flood = (): void => {
      for (let id = 3; id < 40; id += 1) reader.push(chunk(0, id, { length: 0xffffff }, Buffer.alloc(65_536)));
      for (let turn = 0; turn < 100; turn += 1)
        for (let id = 3; id < 40; id += 1) reader.push(chunk(3, id, {}, Buffer.alloc(65_536)));
    };
    expect(thrownCode(flood)).toBe(PROTOCOL);
    expect(reader.unfinished).toBeLessThanOrEqual(25 * MIB);
  });

  test('the largest message is read', () => {
    const payload = Buffer.alloc(0xffffff, 7);
    const writer = new ChunkWriter();
    writer.chunkSize = 4096;
    writer.message(6, 9, 1, 0xffffff, payload);
    const [one] = read(writer.take(), 65_536, 4096);
    expect(one?.payload.equals(payload)).toBe(true);
  });
});

test('random bytes are read or refused, and nothing else is thrown', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 600 }),
      pieceSizes,
      fc.integer({ min: 1, max: 200 }),
      (list, sizes, size) => {
        const reader = new ChunkReader(() => undefined);
        reader.chunkSize = size;
        const code = thrownCode(() => {
          inPieces(Buffer.from(list), sizes, (piece) => {
            reader.push(piece);
          });
        });
        expect([undefined, PROTOCOL]).toContain(code);
        expect(reader.unfinished).toBeGreaterThanOrEqual(0);
      },
    ),
    { numRuns: 5000 },
  );
});

test('a valid stream with bytes changed is read or refused, and every cutting of it gives the same', () => {
  const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), pieceSizes, (changes, sizes) => {
      const writer = new ChunkWriter();
      for (let i = 0; i < 6; i += 1) writer.message(4 + (i % 3), 9, 1, i * 0x7fffff, noise(150 + i));
      const bytes = writer.take();
      for (const [at, byte] of changes) bytes[at % bytes.byteLength] = byte;
      const run = (cuts: readonly number[]): unknown[] => {
        const seen: unknown[] = [];
        const reader = new ChunkReader(({ payload, ...rest }) => seen.push({ ...rest, hex: payload.toString('hex') }));
        const push = (): void => {
          inPieces(bytes, cuts, (piece) => {
            reader.push(piece);
          });
        };
        return [thrownCode(push), seen];
      };
      expect(run(sizes)).toEqual(run([bytes.byteLength]));
    }),
    { numRuns: 1000 },
  );
});
