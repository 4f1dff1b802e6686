// What comes through a pipe, in pieces of any size, ends where it belongs.
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PlaneFiller } from '#dist/frames/spawned/plane-filler.js';
import { formatNames, planLayout } from '#dist/pixels/index.js';
import { ByteReader } from '#dist/spawned/byte-reader.js';
import { LineCutter } from '#dist/spawned/lines.js';

/** A text, and places to cut it at. */
const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 20 });

test('exact counts of bytes, however they were cut', async () => {
  await fc.assert(
    fc.asyncProperty(pieces, fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 20 }), async (chunks, counts) => {
      const pipe = new PassThrough();
      const reader = new ByteReader(pipe);
      for (const chunk of chunks) pipe.write(chunk);
      pipe.end();
      const sent = Buffer.concat(chunks);
      let at = 0;
      for (const count of counts) {
        const got: Uint8Array[] = [];
        const whole = await reader.take(count, (bytes) => got.push(Uint8Array.from(bytes)));
        expect(Buffer.concat(got)).toEqual(sent.subarray(at, at + count));
        expect(whole).toBe(count === 0 || at + count <= sent.byteLength);
        at += count;
      }
    }),
    { numRuns: 50 },
  );
});

test('who wants nothing more is told so, and the pipe runs dry', async () => {
  const pipe = new PassThrough();
  const reader = new ByteReader(pipe);
  const waiting = reader.take(10, () => undefined);
  reader.abandon();
  expect(await waiting).toBe(false);
  const ended = new Promise((resolve) => pipe.once('end', resolve));
  pipe.end(Buffer.alloc(1_000_000));
  await ended;
  expect(await reader.take(1, () => undefined)).toBe(false);
});

test('rows of a tight picture find their places in any layout', () => {
  const side = fc.integer({ min: 1, max: 70 });
  fc.assert(
    fc.property(
      fc.constantFrom(...formatNames()),
      side,
      side,
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }),
      (format, width, height, cuts) => {
        const [tight, padded] = [planLayout(format, width, height, true), planLayout(format, width, height, false)];
        const picture = Uint8Array.from({ length: tight.byteLength }, (_, i) => (i * 31 + (i >> 8)) % 251);
        const target = new Uint8Array(padded.byteLength);
        const filler = new PlaneFiller(target, padded.planes);
        for (let at = 0, i = 0; at < picture.byteLength; i++) {
          const length = cuts[i % cuts.length]!;
          filler.push(picture.subarray(at, at + length));
          at += length;
        }
        for (const [i, plane] of padded.planes.entries())
          for (let row = 0; row < plane.rows; row++) {
            const from = tight.planes[i]!.offset + row * plane.rowBytes;
            const start = plane.offset + row * plane.stride;
            expect(target.subarray(start, start + plane.rowBytes)).toEqual(
              picture.subarray(from, from + plane.rowBytes),
            );
          }
      },
    ),
    { numRuns: 100 },
  );
});

test('lines, however they were cut, also a last one without an end', () => {
  const line = fc.string({ maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, ' '));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.integer({ min: 1, max: 9 }), fc.boolean(), (lines, step, ends) => {
      const text = lines.join('\n') + (ends ? '\n' : '');
      const heard: string[] = [];
      const cutter = new LineCutter((each) => heard.push(each));
      for (let at = 0; at < text.length; at += step) cutter.push(text.slice(at, at + step));
      cutter.end();
      expect(heard).toEqual(ends || lines.at(-1) !== '' ? lines : lines.slice(0, -1));
    }),
  );
});
