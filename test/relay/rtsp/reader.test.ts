// What a server sends is read the same however it was cut, and what cannot be read ends in a sentence.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RtspReader } from '#dist/relay/rtsp/reader.js';

interface Heard {
  readonly kind: 'response' | 'request' | 'frame';
  readonly what: string;
}

function reading(channels: readonly number[] = [0, 1]): { readonly reader: RtspReader; readonly heard: Heard[] } {
  const heard: Heard[] = [];
  const reader = new RtspReader({
    onResponse: ({ status, reason, headers, body }) => {
      const names = [...headers].map(([name, values]) => `${name}=${values.join('|')}`);
      heard.push({ kind: 'response', what: `${String(status)} ${reason} ${names.join(',')} ${body.toString()}` });
    },
    onRequest: ({ method, body }) => heard.push({ kind: 'request', what: `${method} ${body.toString()}` }),
    onFrame: (channel, payload) => heard.push({ kind: 'frame', what: `${String(channel)} ${payload.toString('hex')}` }),
    isChannel: (channel) => channels.includes(channel),
  });
  return { reader, heard };
}

function frame(channel: number, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0x24, channel, payload.length >> 8, payload.length & 255]), payload]);
}

const RTP = Buffer.concat([Buffer.from([0x80, 96]), Buffer.alloc(20, 0x24)]);

test('messages and frames are the same in pieces of any size', () => {
  const part = fc.oneof(
    fc.string({ unit: 'grapheme-ascii', maxLength: 40 }).map((body) => {
      const length = Buffer.byteLength(body);
      return {
        bytes: Buffer.from(`RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: ${String(length)}\r\n\r\n${body}`),
        heard: { kind: 'response', what: `200 OK cseq=1,content-length=${String(length)} ${body}` },
      };
    }),
    fc.uint8Array({ maxLength: 300 }).map((payload) => ({
      bytes: frame(1, payload),
      heard: { kind: 'frame', what: `1 ${Buffer.from(payload).toString('hex')}` },
    })),
    fc.constant({
      bytes: Buffer.from('OPTIONS rtsp://h/ RTSP/1.0\nCSeq: 9\n\n'),
      heard: { kind: 'request', what: 'OPTIONS ' },
    }),
  );
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
      (parts, cuts) => {
        const { reader, heard } = reading();
        const bytes = Buffer.concat(parts.map((one) => one.bytes));
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + cuts[i % cuts.length]!;
          // Whoever reads reuses its buffer.
          const piece = Buffer.from(bytes.subarray(at, end));
          reader.push(piece);
          piece.fill(0xff);
          at = end;
        }
        expect(heard).toEqual(parts.map((one) => one.heard));
        expect(reader.pending).toBe(false);
      },
    ),
  );
});

test('headers are read in any case, folded, repeated, with spaces, and without carriage returns', () => {
  const { reader, heard } = reading();
  reader.push(
    Buffer.from(
      '\r\n\r\nRTSP/1.0 401 Unauthorized\nWWW-Authenticate : a\nwww-authenticate: b\n  c\nnonsense\ncseq:7\n\n',
    ),
  );
  expect(heard).toEqual([{ kind: 'response', what: '401 Unauthorized www-authenticate=a|b c,cseq=7 ' }]);
  reader.push(Buffer.from('RTSP/1.0 200\r\n\r\n'));
  expect(heard[1]).toEqual({ kind: 'response', what: '200   ' });
});

test.each([
  ['HTTP/1.1 400 Bad Request\r\n\r\n', 'what is no message'],
  ['\0\0\0', 'what is no message'],
  ['RTSP/1.0 200 OK\r\nContent-Length: 10000000000\r\n\r\n', 'a body of 10000000000 bytes'],
  ['RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n', 'unreadable length'],
  [`RTSP/1.0 200 OK\r\nX: ${'y'.repeat(70_000)}`, 'without an end'],
])('%j ends it', (text, why) => {
  const { reader } = reading();
  expect(() => reader.push(Buffer.from(text))).toThrow(
    expect.objectContaining({ code: 'FR_RELAY_PROTOCOL', message: expect.stringContaining(why) }),
  );
});

test('a message that comes byte by byte, with a large body, is read once', () => {
  const { reader, heard } = reading();
  const bytes = Buffer.from(`RTSP/1.0 200 OK\r\nContent-Length: 20000\r\n\r\n${'x'.repeat(20_000)}`);
  for (let at = 0; at < bytes.length; at++) reader.push(bytes.subarray(at, at + 1));
  expect(heard).toHaveLength(1);
});

test('who loses count amid media is found again at the next frame of a channel that is known', () => {
  // Without a dollar sign: what looks like a frame may hide some of those behind it.
  const garbage = fc.uint8Array({ maxLength: 500 }).map((bytes) => bytes.map((byte) => (byte === 0x24 ? 0 : byte)));
  fc.assert(
    fc.property(garbage, fc.integer({ min: 1, max: 64 }), (bytes, cut) => {
      const { reader, heard } = reading();
      const frames = Array.from({ length: 5 }, () => frame(1, RTP));
      const answer = Buffer.from('RTSP/1.0 200 OK\r\n\r\n');
      const all = Buffer.concat([frame(0, RTP), Buffer.from([0xfe]), bytes, ...frames, answer]);
      for (let at = 0; at < all.length; at += cut) reader.push(all.subarray(at, at + cut));
      expect(heard.map(({ kind }) => kind)).toEqual([...Array.from({ length: 6 }, () => 'frame'), 'response']);
    }),
  );
  const { reader, heard } = reading();
  reader.push(
    Buffer.concat([frame(0, RTP), Buffer.alloc(1000, 0xee), frame(0, RTP), Buffer.from('RTSP/1.0 200 OK\r\n\r\n')]),
  );
  expect(heard.map(({ kind }) => kind)).toEqual(['frame', 'frame', 'response']);
});

test('garbage without an end is given up', () => {
  const { reader } = reading();
  reader.push(frame(0, RTP));
  expect(() => {
    for (let i = 0; i < 100; i++) reader.push(Buffer.alloc(10_000, 0xee));
  }).toThrow(expect.objectContaining({ code: 'FR_RELAY_PROTOCOL' }));
});

test('any bytes end in a sentence or in nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 }), fc.boolean(), (pieces, playing) => {
      const { reader } = reading();
      try {
        if (playing) reader.push(frame(0, RTP));
        for (const piece of pieces) reader.push(Buffer.from(piece));
      } catch (error) {
        expect(error).toMatchObject({ code: 'FR_RELAY_PROTOCOL' });
      }
    }),
    { numRuns: 300 },
  );
});
