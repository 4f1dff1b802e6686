// The handshake of both sides, however its packets are cut.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HANDSHAKE_BYTES, HandshakeReader, handshakeBegin, handshakeEcho } from '#dist/relay/rtmp/handshake.js';
import { inPieces, pieceSizes, thrownCode } from '../../support/pieces.js';

test('it begins with the version and a packet that is never the same', () => {
  const one = handshakeBegin();
  expect(one.byteLength).toBe(1 + HANDSHAKE_BYTES);
  expect(one[0]).toBe(3);
  // Time, and zeros: a server that looks for a digest finds none.
  expect(one.subarray(1, 9)).toEqual(Buffer.alloc(8));
  expect(one.equals(handshakeBegin())).toBe(false);
});

test.each([1, 2] as const)(
  '%i packets of the other side are taken in any cutting, and what lies behind them',
  (packets) => {
    fc.assert(
      fc.property(pieceSizes, fc.nat(500), (sizes, more) => {
        const body = randomBytes(packets * HANDSHAKE_BYTES + more);
        const bytes = Buffer.concat([Buffer.from([3]), body]);
        const reader = new HandshakeReader(packets);
        let second: Buffer | undefined;
        const rest: Buffer[] = [];
        inPieces(bytes, sizes, (piece) => {
          if (second !== undefined) {
            rest.push(Buffer.from(piece));
            return;
          }
          const done = reader.push(piece);
          if (done === undefined) return;
          second = Buffer.from(done.second);
          rest.push(Buffer.from(done.rest));
        });
        expect(second?.equals(body.subarray(0, HANDSHAKE_BYTES))).toBe(true);
        expect(Buffer.concat(rest).equals(body.subarray(packets * HANDSHAKE_BYTES))).toBe(true);
      }),
    );
  },
);

test('the echo is what the other side sent, in memory of its own', () => {
  const second = randomBytes(HANDSHAKE_BYTES);
  const echo = handshakeEcho(second);
  expect(echo.equals(second)).toBe(true);
  second.fill(0);
  expect(echo.equals(second)).toBe(false);
});

test('what is not RTMP is known by its first byte', () => {
  for (const text of ['HTTP/1.1 400 Bad Request\r\n', '\x16\x03\x01', '\x06', '\x00'])
    expect(thrownCode(() => new HandshakeReader(2).push(Buffer.from(text, 'latin1')))).toBe('FR_RELAY_PROTOCOL');
});
