// Text is found in credits, titles and subtitles, and not in what has as many edges.
import { describe, expect, test } from 'vitest';
import { textOf } from '#dist/covers/choice/best/features/text.js';
import type { Thumbnail } from '#dist/covers/choice/best/features/index.js';
import { letter, letteredRows } from '../../../../support/lettering.js';
import { HEIGHT, noise, scene, thumbnail, WIDTH } from '../../../../support/thumbnails.js';

const CREDITS = [
  'DIRECTED BY',
  'ALAN SMITHEE',
  'PRODUCED BY',
  'MARTHA BELL AND',
  'ROBERT CLIVE',
  'SOUND',
  'PETER HILL',
];

/** A picture with lines of text on it. */
function lettered(
  ground: (x: number, y: number) => number,
  lines: readonly string[],
  { dot = 1, top = 20, level = 255 } = {},
): Thumbnail {
  const samples = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) => ground(at % WIDTH, Math.floor(at / WIDTH)));
  letter(samples, { lines, width: WIDTH, height: HEIGHT, dot, top }, level);
  return thumbnail((x, y) => samples[y * WIDTH + x]!);
}

test.each([
  ['small', 1],
  ['larger', 2],
])('%s credits on black: all of the detail is text', (_, dot) => {
  const lines = CREDITS.slice(0, Math.floor(HEIGHT / letteredRows(2, dot)));
  const { textCoverage, textDetail } = textOf(lettered(() => 0, lines, { dot, top: 10 }));
  expect(textDetail).toBeGreaterThan(0.8);
  const letters = lines.join('').length * 6 * 7 * dot * dot;
  expect(textCoverage).toBeGreaterThan((0.5 * letters) / (WIDTH * HEIGHT));
  expect(textCoverage).toBeLessThan((2.5 * letters) / (WIDTH * HEIGHT));
});

test('a title over the whole width', () => {
  expect(textOf(lettered(() => 10, ['THE END'], { dot: 4, top: 60 })).textDetail).toBeGreaterThan(0.7);
});

test('dark letters on white', () => {
  expect(textOf(lettered(() => 255, CREDITS, { dot: 2, level: 20 })).textDetail).toBeGreaterThan(0.8);
});

test('subtitles are a part of the picture', () => {
  const soft = scene(7);
  const ground = (x: number, y: number): number => Math.round(40 + soft(x, y) / 2 + 20 * noise(x >> 2, y >> 2));
  const without = textOf(lettered(ground, []));
  const { textCoverage, textDetail } = textOf(
    lettered(ground, ['THE SUN IS BEHIND', 'THAT HILL'], { dot: 2, top: 130 }),
  );
  expect(without).toEqual({ textCoverage: 0, textDetail: 0 });
  expect(textCoverage).toBeGreaterThan(0.03);
  expect(textCoverage).toBeLessThan(0.15);
  expect(textDetail).toBeLessThan(0.5);
});

describe('what is no text', () => {
  test.each<[string, (x: number, y: number) => number]>([
    ['a plain area', () => 128],
    ['a gradient', (x) => (x * 255) / WIDTH],
    ['checkers', (x, y) => (((x >> 4) + (y >> 4)) % 2) * 255],
    ['a fence', (x) => ((x >> 3) % 2) * 200],
    ['a scene', scene(11)],
    ['one bright box', (x, y) => (x > 100 && x < 200 && y > 60 && y < 120 ? 240 : 15)],
  ])('%s', (_, rule) => {
    expect(textOf(thumbnail(rule)).textCoverage).toBeLessThan(0.02);
  });
});

test.each([0, 1, 2, 3])('noise with grains of 2^%i pixels has little that looks like lines', (grain) => {
  const { textCoverage, textDetail } = textOf(thumbnail((x, y) => 255 * noise(x >> grain, y >> grain)));
  expect(Math.max(textCoverage, textDetail)).toBeLessThan(0.2);
});

test('tiny pictures are no text', () => {
  expect(textOf(thumbnail((x, y) => 255 * noise(x, y), [16, 16])).textCoverage).toBe(0);
});
