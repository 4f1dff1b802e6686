// Pieces of a file, against a model that knows each byte: whatever was added and read, nothing wrong is ever given.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Extents, type ExtentKind } from '#dist/net/remote/extents.js';

const SIZE = 200;
/** A file whose bytes say where they lie. */
const FILE = Buffer.from(Array.from({ length: SIZE }, (_, at) => at));
const piece = (start: number, end: number): Buffer => Buffer.from(FILE.subarray(start, end));

function extents(mostMedia: number, ...pieces: readonly (readonly [number, number, ExtentKind])[]): Extents {
  const all = new Extents(mostMedia);
  for (const [start, end, kind] of pieces) all.add(start, piece(start, end), kind);
  return all;
}

const placesOf = (all: Extents): number[][] => [...all].map(({ start, bytes }) => [start, start + bytes.byteLength]);

describe('reading', () => {
  const all = extents(SIZE, [50, 60, 'media'], [10, 20, 'index'], [20, 30, 'media']);

  test.each<[number, number, number[] | undefined]>([
    [9, 5, undefined],
    [10, 5, [10, 11, 12, 13, 14]],
    // A read ends with its piece, although the next one follows at once.
    [18, 5, [18, 19]],
    [20, 1, [20]],
    [30, 1, undefined],
    [59, 100, [59]],
    [60, 1, undefined],
  ])('from %i on, %i bytes', (offset, length, found) => {
    expect(all.read(offset, length)).toEqual(found === undefined ? undefined : Buffer.from(found));
  });

  test('a view goes over pieces that follow each other, and over no gap', () => {
    expect(all.view(12, 28)).toEqual(piece(12, 28));
    expect(all.view(20, 30)).toEqual(piece(20, 30));
    expect(all.view(12, 31)).toBeUndefined();
    expect(all.view(9, 12)).toBeUndefined();
    expect(all.view(30, 50)).toBeUndefined();
  });

  test('the next piece begins behind a place', () => {
    expect([0, 9, 10, 19, 20, 49, 50, 199].map((at) => all.nextStart(at))).toEqual([
      ...[10, 10, 20, 20, 50, 50],
      ...[Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ]);
    expect(new Extents(0).nextStart(0)).toBe(Number.POSITIVE_INFINITY);
  });

  test('the pieces are told in the order of the file', () => {
    expect([...all].map(({ start, kind }) => [start, kind])).toEqual([
      [10, 'index'],
      [20, 'media'],
      [50, 'media'],
    ]);
  });
});

describe('room for media', () => {
  test('what was asked for longest ago goes first', () => {
    const all = extents(30, [0, 10, 'media'], [20, 30, 'media'], [40, 50, 'media']);
    all.read(5, 1);
    all.add(60, piece(60, 70), 'media');
    expect(placesOf(all)).toEqual([
      [0, 10],
      [40, 50],
      [60, 70],
    ]);
  });

  test('the newest piece is kept, however large it is', () => {
    const all = extents(30, [0, 10, 'media'], [20, 30, 'media']);
    all.add(50, piece(50, 150), 'media');
    expect(placesOf(all)).toEqual([[50, 150]]);
  });

  test('an index takes none of it, and stays', () => {
    const all = extents(10, [0, 100, 'index'], [100, 110, 'media'], [120, 130, 'media']);
    expect(placesOf(all)).toEqual([
      [0, 100],
      [120, 130],
    ]);
  });

  test('nothing is no piece', () => {
    expect(placesOf(extents(10, [5, 5, 'index'], [7, 7, 'media']))).toEqual([]);
  });
});

test('whatever is added and read', () => {
  const places = fc.tuple(fc.nat(SIZE - 1), fc.integer({ min: 1, max: 40 }));
  const step = fc.oneof(
    fc.tuple(fc.constantFrom<ExtentKind>('index', 'media'), places),
    fc.tuple(fc.constant('read' as const), places),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(120), (steps, mostMedia) => {
      const all = new Extents(mostMedia);
      const index = new Set<number>();
      for (const [what, [start, length]] of steps) {
        const here = all.read(start, length);
        expect(here ?? FILE.subarray(start, start)).toEqual(FILE.subarray(start, start + (here?.byteLength ?? 0)));
        if (what === 'read' || here !== undefined) continue;
        // As the reader of a file does: up to what is here already.
        const end = Math.min(start + length, SIZE, all.nextStart(start));
        all.add(start, piece(start, end), what);
        expect(all.view(start, end)).toEqual(FILE.subarray(start, end));
        if (what === 'index') for (let at = start; at < end; at++) index.add(at);
      }
      let [last, media, largest] = [0, 0, 0];
      for (const { start, bytes, kind } of all) {
        expect(start).toBeGreaterThanOrEqual(last);
        expect(bytes).toEqual(FILE.subarray(start, start + bytes.byteLength));
        last = start + bytes.byteLength;
        if (kind === 'index') continue;
        media += bytes.byteLength;
        largest = Math.max(largest, bytes.byteLength);
      }
      expect(media).toBeLessThanOrEqual(Math.max(mostMedia, largest));
      for (const at of index) expect(all.read(at, 1)).toEqual(piece(at, at + 1));
    }),
    { numRuns: 300 },
  );
});
