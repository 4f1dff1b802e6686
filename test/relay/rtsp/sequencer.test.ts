// Packets in their order, however networks shuffle them, and what is reported of them.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ReceptionCounter } from '#dist/relay/rtsp/reception.js';
import { readRtcp, receiverReport } from '#dist/relay/rtsp/rtcp.js';
import { readRtp, type RtpPacket } from '#dist/relay/rtsp/rtp.js';
import { DATAGRAMS, IN_ORDER, Sequencer, type Patience } from '#dist/relay/rtsp/sequencer.js';
import { bye, rtp, senderReport } from '../../support/relay/rtp.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function packet(sequence: number, timestamp = 0): RtpPacket {
  return readRtp(rtp({ sequence, timestamp }, Buffer.from([1])))!;
}

/** What is given: numbers of packets, and a dash for a gap. */
function sorted(patience: Patience): { readonly sequencer: Sequencer; readonly given: (number | '-')[] } {
  const given: (number | '-')[] = [];
  const sequencer = new Sequencer(patience, {
    onPacket: ({ sequence }) => given.push(sequence),
    onGap: () => given.push('-'),
  });
  return { sequencer, given };
}

test('shuffled packets come out in order and once, over the wrap of their numbers', () => {
  const distance = 12;
  const shuffle = fc.array(fc.integer({ min: 0, max: distance }), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(shuffle, fc.nat(65_535), (delays, first) => {
      const { sequencer, given } = sorted(DATAGRAMS);
      const order = delays
        .map((delay, i) => ({ i, at: i === 0 ? -1 : i + delay }))
        .sort((a, b) => a.at - b.at || a.i - b.i);
      for (const { i } of order) {
        sequencer.push(packet(first + i));
        sequencer.push(packet(first + i));
      }
      expect(given).toEqual(delays.map((_, i) => (first + i) % 65_536));
      sequencer.reset();
    }),
  );
});

test('what is missing is waited for, and then given up without a new packet', async () => {
  const { sequencer, given } = sorted(DATAGRAMS);
  for (const sequence of [1, 2, 4, 5, 8]) sequencer.push(packet(sequence));
  expect(given).toEqual([1, 2]);
  await vi.advanceTimersByTimeAsync(DATAGRAMS.wait + 5);
  // Each gap has a time of its own.
  expect(given).toEqual([1, 2, '-', 4, 5]);
  await vi.advanceTimersByTimeAsync(DATAGRAMS.wait + 5);
  expect(given).toEqual([1, 2, '-', 4, 5, '-', 8]);
  sequencer.push(packet(3));
  sequencer.push(packet(9));
  expect(given.at(-1)).toBe(9);
  expect(given).toHaveLength(8);
  expect(vi.getTimerCount()).toBe(0);
});

test('more than fits is given up at once', () => {
  const { sequencer, given } = sorted({ wait: 100, packets: 3 });
  for (const sequence of [1, 3, 4, 5]) sequencer.push(packet(sequence));
  expect(given).toEqual([1]);
  sequencer.push(packet(6));
  expect(given).toEqual([1, '-', 3, 4, 5, 6]);
});

test('on a connection what is missing was never sent', () => {
  const { sequencer, given } = sorted(IN_ORDER);
  for (const sequence of [65_534, 65_535, 0, 2, 2, 1, 3]) sequencer.push(packet(sequence));
  expect(given).toEqual([65_534, 65_535, 0, '-', 2, 3]);
});

test.each([IN_ORDER, DATAGRAMS])('a sender that begins anew, near or far, is followed', (patience) => {
  const { sequencer, given } = sorted(patience);
  for (let i = 0; i < 100; i++) sequencer.push(packet(30_000 + i));
  sequencer.push(packet(10));
  sequencer.push(packet(11));
  expect(given.slice(100)).toEqual(['-', 10, 11]);
  for (let i = 0; i < 20; i++) sequencer.push(packet(65_536 - 100 + i));
  expect(given.length).toBeGreaterThan(105);
  sequencer.push(packet(30_000));
  expect(given.slice(-2)).toEqual(['-', 30_000]);
  sequencer.reset();
});

test('packets are read with all that may lie around their payload', () => {
  const plain = rtp(
    { sequence: 7, timestamp: 9, payloadType: 101, source: 0xdead_beef, marker: true },
    Buffer.from([1, 2]),
  );
  expect(readRtp(plain)).toMatchObject({
    marker: true,
    payloadType: 101,
    sequence: 7,
    timestamp: 9,
    source: 0xdead_beef,
  });
  const padded = Buffer.concat([plain, Buffer.from([0, 0, 3])]);
  padded[0] = 0xa0;
  expect(readRtp(padded)?.payload).toEqual(Buffer.from([1, 2]));
  const extended = Buffer.concat([plain.subarray(0, 12), Buffer.from([1, 1, 1, 1, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 5])]);
  extended[0] = 0x91;
  expect(readRtp(extended)?.payload).toEqual(Buffer.from([5]));
  for (const broken of [
    plain.subarray(0, 11),
    Buffer.concat([Buffer.from([0x40]), plain.subarray(1)]),
    Buffer.from(padded).fill(0xff, 16),
  ])
    expect(readRtp(broken)).toBeUndefined();
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      (bytes) => (readRtp(Buffer.from(bytes))?.payload.byteLength ?? 0) <= 48,
    ),
  );
});

test('reports are read with what surrounds them, and any bytes are survived', () => {
  const heard: unknown[] = [];
  const handlers = {
    onReport: (...report: unknown[]) => heard.push(report),
    onBye: (source: number) => heard.push(source),
  };
  readRtcp(Buffer.concat([senderReport(5, 3_900_000_000_500, 4_000_000_000), bye(5)]), handlers);
  expect(heard).toEqual([[5, 3_900_000_000_500, 4_000_000_000, expect.any(Number)], 5]);
  expect((heard[0] as number[])[3]).toBe((3_900_000_000 % 65_536) * 65_536 + 32_768);
  // No clock at all.
  heard.length = 0;
  readRtcp(senderReport(5, 0, 1), handlers);
  expect(heard).toEqual([]);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => readRtcp(Buffer.from(bytes), handlers)));
});

test('what was received is reported as RFC 3550 has it', () => {
  const counter = new ReceptionCounter(packet(65_530), 90_000);
  // Ten of twelve, over the wrap of their numbers.
  for (let i = 0; i < 12; i++) if (i !== 3 && i !== 7) counter.count(packet((65_530 + i) % 65_536, i * 3600), i * 40);
  counter.reported(0x1234_5678, 1000);
  const first = counter.take(1500);
  expect(first).toMatchObject({ source: 0x1234_5678, lost: 2, fractionLost: Math.floor((2 * 256) / 12), jitter: 0 });
  expect(first).toMatchObject({ highest: 65_530 + 11, lastReport: 0x1234_5678, sinceReport: 32_768 });
  // The next one tells of what came since.
  for (let i = 12; i < 20; i++) counter.count(packet((65_530 + i) % 65_536, i * 3600), i * 40);
  expect(counter.take(2000)).toMatchObject({ lost: 2, fractionLost: 0 });
  const bytes = receiverReport(9, 'me', first);
  expect(bytes.length % 4).toBe(0);
  expect(bytes.readUInt8(1)).toBe(201);
  expect(bytes.readUInt32BE(8)).toBe(0x1234_5678);
  expect(bytes.readUInt32BE(12)).toBe(42 * 2 ** 24 + 2);
  expect(bytes.readUInt32BE(28)).toBe(32_768);
  expect(bytes.readUInt8(33)).toBe(202);
  expect(bytes.subarray(42, 44).toString()).toBe('me');
  expect(receiverReport(9, 'me', undefined).readUInt8(0)).toBe(0x80);
});
