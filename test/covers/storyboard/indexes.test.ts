// The text that tells players where tiles are, out of facts that no short clip has.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { gridFor, placeOf, stepFrom, usedPart, usualInterval } from '#dist/covers/storyboard/board-plan.js';
import { imagePlaylist, imageStreamLine, jsonIndex, webVtt } from '#dist/covers/storyboard/indexes.js';
import { bifIndex } from '#dist/covers/storyboard/bif.js';
import type { StoryboardFacts } from '#dist/covers/storyboard/storyboard-params.js';

function facts(starts: readonly number[], duration: number, more: Partial<StoryboardFacts> = {}): StoryboardFacts {
  const sheet = { file: 'sheet-001.jpg', width: 320, height: 90, columns: 2, rows: 1, cells: 2, bytes: 1000 };
  return {
    every: 2,
    precision: 'keyframe',
    toneMapped: null,
    duration,
    tileWidth: 160,
    tileHeight: 90,
    sheets: [sheet],
    tiles: starts.map((start) => ({ start, pts: start, damaged: false, sheet: 0, x: 0, y: 0 })),
    decoder: 'h264',
    timings: { open: 0, seek: 0, decode: 0, analyse: 0, scale: 0, encode: 0, total: 0 },
    log: [],
    ...more,
  };
}

test('cues of long videos, and of pictures that are less than a millisecond apart', () => {
  expect(webVtt(facts([0, 3599.9996, 3600.0001, 36_000.25], 36_061.5), 'a/')).toBe(
    [
      'WEBVTT',
      '00:00:00.000 --> 01:00:00.000\na/sheet-001.jpg#xywh=0,0,160,90',
      '01:00:00.000 --> 10:00:00.250\na/sheet-001.jpg#xywh=0,0,160,90',
      '10:00:00.250 --> 10:01:01.500\na/sheet-001.jpg#xywh=0,0,160,90\n',
    ].join('\n\n'),
  );
});

test('cues cover the video without a gap, whatever its times', () => {
  const times = fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { maxLength: 40 });
  fc.assert(
    fc.property(times, (list) => {
      const starts = [0, ...list].sort((a, b) => a - b);
      const text = webVtt(facts(starts, 5001), '');
      const cues = [...text.matchAll(/^(\S+) --> (\S+)$/gm)].map(([, from, to]) => [from, to]);
      expect(cues[0]![0]).toBe('00:00:00.000');
      expect(cues.at(-1)![1]).toBe('01:23:21.000');
      for (const [i, [from, to]] of cues.entries()) {
        expect(from! < to!).toBe(true);
        if (i > 0) expect(from).toBe(cues[i - 1]![1]);
      }
    }),
  );
});

test('a damaged picture says so', () => {
  const [tile] = facts([0], 1).tiles;
  const { tiles } = JSON.parse(jsonIndex(facts([0], 1, { tiles: [{ ...tile!, damaged: true }] }), '', undefined)) as {
    tiles: unknown[];
  };
  expect(tiles).toEqual([{ start: 0, x: 0, y: 0, sheet: 0, pts: 0, damaged: true }]);
});

test('the sheets of an image playlist last as long as the video', () => {
  const [sheet] = facts([], 0).sheets;
  const sheets = [1, 2, 3].map((number) => ({ ...sheet!, file: `${String(number)}.webp`, bytes: number * 1000 }));
  const made = facts([0, 2, 4, 6, 8, 10], 11.25, { sheets });
  expect(imagePlaylist(made, '').match(/#EXTINF:[\d.]+|TARGETDURATION:\d+/g)).toEqual([
    'TARGETDURATION:4',
    '#EXTINF:4.000',
    '#EXTINF:4.000',
    '#EXTINF:3.250',
  ]);
  // The last one has the most bits for its seconds.
  expect(imageStreamLine(made, 'x/', 'webp')).toBe(
    `#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=${String(Math.ceil(24_000 / 3.25))},RESOLUTION=160x90,CODECS="webp",URI="x/storyboard.m3u8"`,
  );
});

test('the index of a BIF points at its images', () => {
  const index = bifIndex([10, 300], 2500);
  expect(index.byteLength).toBe(64 + 3 * 8);
  expect([12, 16].map((at) => index.readUInt32LE(at))).toEqual([2, 2500]);
  expect(Array.from({ length: 6 }, (_, i) => index.readUInt32LE(64 + 4 * i))).toEqual([0, 88, 1, 98, 0xffffffff, 398]);
});

test.each([
  [undefined, 10],
  [3, 1],
  [200, 1],
  [201, 2],
  [600, 5],
  [3600, 20],
  [7200, 60],
  [60_000, 300],
  [86_400, 600],
])('a video of %s s has a tile every %i s', (duration, seconds) => {
  expect(usualInterval(duration)).toBe(seconds);
});

test('steps forgive what rounding does to times', () => {
  expect([0, 0.3, 0.3 + 1e-9, 0.300_01, 0.6].map((time) => stepFrom(time, 0.3))).toEqual([0, 1, 1, 2, 2]);
});

test('sheets stay within 4096 pixels, and cells go row by row', () => {
  expect(gridFor({ width: 160, height: 90 }, { columns: 10, rows: 10 })).toEqual({ columns: 10, rows: 10 });
  expect(gridFor({ width: 640, height: 1138 }, { columns: 10, rows: 10 })).toEqual({ columns: 6, rows: 3 });
  const grid = { columns: 3, rows: 2 };
  expect(placeOf(7, grid, { width: 160, height: 90 })).toEqual({ sheet: 1, x: 160, y: 0 });
  expect(placeOf(5, grid, { width: 160, height: 90 })).toEqual({ sheet: 0, x: 320, y: 90 });
  expect([usedPart(2, grid, true), usedPart(2, grid, false), usedPart(4, grid, false)]).toEqual([
    { columns: 2, rows: 1 },
    { columns: 3, rows: 1 },
    { columns: 3, rows: 2 },
  ]);
});
