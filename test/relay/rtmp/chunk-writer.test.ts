// Messages into chunks, byte by byte as the specification has them.
import { expect, test } from 'vitest';
import { ChunkWriter } from '#dist/relay/rtmp/chunk-writer.js';

const hex = (writer: ChunkWriter): string => writer.take().toString('hex');

test('a message is one whole header and its payload', () => {
  const writer = new ChunkWriter();
  writer.message(4, 9, 1, 0x010203, Buffer.from('abcd', 'hex'));
  expect(hex(writer)).toBe('04' + '010203' + '000002' + '09' + '01000000' + 'abcd');
});

test('chunks of a longer message go on with one byte each', () => {
  const writer = new ChunkWriter();
  writer.chunkSize = 2;
  writer.message(7, 8, 1, 5, Buffer.from('0102030405', 'hex'));
  expect(hex(writer)).toBe('07' + '000005' + '000005' + '08' + '01000000' + '0102' + 'c7' + '0304' + 'c7' + '05');
});

test('a payload of just a whole number of chunks has no empty one behind it', () => {
  const writer = new ChunkWriter();
  writer.chunkSize = 2;
  writer.message(7, 8, 1, 5, Buffer.from('01020304', 'hex'));
  expect(hex(writer)).toBe('07' + '000005' + '000004' + '08' + '01000000' + '0102' + 'c7' + '0304');
});

test('a timestamp that does not fit stands behind the header, and in every further chunk', () => {
  const writer = new ChunkWriter();
  writer.chunkSize = 2;
  writer.message(6, 9, 1, 0xfffffe, Buffer.from('01', 'hex'));
  expect(hex(writer)).toBe('06' + 'fffffe' + '000001' + '09' + '01000000' + '01');
  for (const time of [0xffffff, 0x1000000, 0xffffffff]) {
    writer.message(6, 9, 1, time, Buffer.from('010203', 'hex'));
    const long = time.toString(16).padStart(8, '0');
    expect(hex(writer)).toBe(`06ffffff0000030901000000${long}0102c6${long}03`);
  }
});

test('a time beyond 32 bits begins again', () => {
  const writer = new ChunkWriter();
  writer.message(6, 9, 1, 2 ** 32 + 7, Buffer.alloc(0));
  expect(hex(writer)).toBe('06' + '000007' + '000000' + '09' + '01000000');
});

test('messages are gathered until they are taken, and then forgotten', () => {
  const writer = new ChunkWriter();
  expect(writer.length).toBe(0);
  expect(writer.take().byteLength).toBe(0);
  const payload = Buffer.alloc(1000, 1);
  for (let i = 0; i < 50; i += 1) writer.message(6, 9, 1, i, payload);
  // Whoever gave it may use it for something else.
  payload.fill(2);
  expect(writer.length).toBe(50 * (12 + 1000 + 7));
  const taken = writer.take();
  expect(taken.byteLength).toBe(50 * (12 + 1000 + 7));
  expect(taken.subarray(12, 12 + 128)).toEqual(Buffer.alloc(128, 1));
  expect(writer.length).toBe(0);
  // What was taken is the caller's: later messages lie elsewhere.
  const copy = Buffer.from(taken);
  writer.message(6, 9, 1, 1, Buffer.alloc(5000, 3));
  expect(taken.equals(copy)).toBe(true);
});
