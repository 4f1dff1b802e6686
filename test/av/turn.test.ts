// Pictures are cut, mirrored and turned pixel by pixel as a person would do it by hand.
import { expect, onTestFinished, test } from 'vitest';
import { copyPicture, Picture, pictureOver, Turner } from '#dist/av/index.js';
import { needsTurn, turnFilters } from '#dist/pixels/index.js';
import { type Orientation, planLayout, type Rect, unturned, UPRIGHT } from '#dist/pixels/index.js';

/** Rows of numbers: one for each pixel. */
type Grid = number[][];

const ORIENTATIONS: readonly Orientation[] = ([0, 90, 180, 270] as const).flatMap((turn) => [
  { turn, mirror: false },
  { turn, mirror: true },
]);
const CROPS: readonly (Rect | undefined)[] = [undefined, { x: 1, y: 2, width: 3, height: 2 }];

test('what stands upright and whole is left alone', () => {
  expect(needsTurn({ orientation: UPRIGHT })).toBe(false);
  expect(turnFilters({ orientation: UPRIGHT })).toBe('');
  expect(needsTurn({ orientation: { turn: 0, mirror: true } })).toBe(true);
  expect(needsTurn({ orientation: { turn: 180, mirror: false } })).toBe(true);
  expect(needsTurn({ orientation: UPRIGHT, crop: { x: 0, y: 0, width: 2, height: 2 } })).toBe(true);
});

test('the cut comes before the mirror, and the mirror before the turn', () => {
  const crop = { x: 1, y: 2, width: 30, height: 40 };
  expect(turnFilters({ crop, orientation: { turn: 90, mirror: true } })).toBe(
    'crop=30:40:1:2:exact=1,hflip,transpose=clock',
  );
});

test.each(ORIENTATIONS.flatMap((orientation) => CROPS.map((crop) => ({ crop, ...orientation }))))(
  'turn $turn, mirror $mirror, crop $crop',
  ({ crop, ...orientation }) => {
    const stored = Array.from({ length: 5 }, (_, y) => Array.from({ length: 6 }, (_, x) => 10 * y + x));
    expect(turned(stored, { crop, orientation })).toEqual(byHand(stored, orientation, crop));
  },
);

test.each(ORIENTATIONS)(
  'turn $turn, mirror $mirror: a rectangle of the upright picture is found where it is stored',
  (orientation) => {
    const stored = Array.from({ length: 5 }, (_, y) => Array.from({ length: 6 }, (_, x) => 10 * y + x));
    const upright = byHand(stored, orientation, undefined);
    const seen = { width: upright[0]!.length, height: upright.length };
    for (let x = 0; x < seen.width; x++)
      for (let y = 0; y < seen.height; y++) {
        const rect = { x, y, width: Math.min(2, seen.width - x), height: Math.min(3, seen.height - y) };
        const wanted = byHand(upright, UPRIGHT, rect);
        expect(byHand(stored, orientation, unturned(rect, seen, orientation))).toEqual(wanted);
      }
  },
);

test('one turner takes pictures of one size after another', () => {
  const turner = new Turner({ orientation: { turn: 90, mirror: false } });
  onTestFinished(() => turner.close());
  for (const [width, height] of [
    [4, 2],
    [2, 4],
    [4, 2],
  ] as const) {
    const stored = Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => 10 * y + x));
    expect(through(turner, stored)).toEqual(byHand(stored, { turn: 90, mirror: false }, undefined));
  }
});

function turned(stored: Grid, turn: { crop?: Rect | undefined; orientation: Orientation }): Grid {
  if (!needsTurn(turn)) return stored;
  const turner = new Turner(turn);
  try {
    return through(turner, stored);
  } finally {
    turner.close();
  }
}

function through(turner: Turner, stored: Grid): Grid {
  const [height, width] = [stored.length, stored[0]?.length ?? 0];
  const source = pictureOver(Buffer.from(stored.flat()), planLayout('gray', width, height, true));
  const target = new Picture();
  turner.turn(source, target);
  const layout = planLayout('gray', target.width, target.height, true);
  const bytes = Buffer.alloc(layout.byteLength);
  const copy = pictureOver(bytes, layout);
  copyPicture(target, copy);
  for (const picture of [source, target, copy]) picture.close();
  return Array.from({ length: layout.height }, (_, y) => [...bytes.subarray(y * layout.width, (y + 1) * layout.width)]);
}

function byHand(stored: Grid, { turn, mirror }: Orientation, crop: Rect | undefined): Grid {
  let grid = stored;
  if (crop !== undefined)
    grid = grid.slice(crop.y, crop.y + crop.height).map((row) => row.slice(crop.x, crop.x + crop.width));
  if (mirror) grid = grid.map((row) => row.toReversed());
  for (let angle = 0; angle < turn; angle += 90) {
    const before = grid;
    grid = (before[0] ?? []).map((_, x) => before.map((row) => row[x] ?? -1).reverse());
  }
  return grid;
}
