// Streams that misbehave: slow, stuck, broken, over too soon.
import { readFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';

/** A stream of a file that gives some bytes and then does something else instead of the next piece. */
export function partOf(path: string, bytes: number, then: (stream: Readable) => void): Readable {
  const all = readFileSync(path);
  let at = 0;
  return new Readable({
    read(size) {
      if (at >= bytes) {
        then(this);
        return;
      }
      const piece = all.subarray(at, Math.min(at + Math.min(size, 4096), bytes));
      at += piece.byteLength;
      this.push(piece);
    },
  });
}

/** Takes everything, and keeps it. */
export function collector(highWaterMark = 16_384): { stream: Writable; bytes: () => Buffer } {
  const pieces: Buffer[] = [];
  const stream = new Writable({
    highWaterMark,
    write(piece: Buffer, _, done) {
      pieces.push(piece);
      setImmediate(done);
    },
  });
  return { stream, bytes: () => Buffer.concat(pieces) };
}

/** The `write` of a stream that takes everything and keeps nothing. */
export function taking(_: unknown, __: unknown, done: () => void): void {
  done();
}

/** The `write` of a stream that fails. */
export function failing(why: string): (_: unknown, __: unknown, done: (error: Error) => void) => void {
  return (_, __, done) => {
    done(new Error(why));
  };
}
