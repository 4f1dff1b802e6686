// Ranges never overlap, start and end on pages, and melt into one again when all are back.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { PAGE, RangeAllocator, type Range } from '#dist/memory/index.js';

const START = PAGE;
const END = 64 * PAGE;

/** Takes (bytes) and gives back (which of those taken). */
type Move = { readonly take: number } | { readonly give: number };

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(fc.record({ take: fc.integer({ min: 0, max: 20 * PAGE }) }), fc.record({ give: fc.nat({ max: 1000 }) })),
  { maxLength: 60 },
);

/** Plays moves; `held` is what was taken and not given back. */
function play(allocator: RangeAllocator, list: readonly Move[], after: (held: readonly Range[]) => void): Range[] {
  const held: Range[] = [];
  for (const move of list) {
    if ('take' in move) {
      const free = allocator.largestFree;
      const range = allocator.take(move.take);
      const needed = Math.max(PAGE, Math.ceil(move.take / PAGE) * PAGE);
      expect(range === undefined).toBe(needed > free);
      if (range !== undefined) {
        expect(range.length).toBe(needed);
        held.push(range);
      }
    } else if (held.length > 0) {
      for (const range of held.splice(move.give % held.length, 1)) allocator.give(range);
    }
    after(held);
  }
  return held;
}

test('ranges lie on pages inside the region and never overlap', () => {
  fc.assert(
    fc.property(moves, (list) => {
      play(new RangeAllocator(START, END), list, (held) => {
        let end = START;
        for (const { offset, length } of held.toSorted((a, b) => a.offset - b.offset)) {
          expect(offset).toBeGreaterThanOrEqual(end);
          expect([offset % PAGE, length % PAGE]).toEqual([0, 0]);
          end = offset + length;
        }
        expect(end).toBeLessThanOrEqual(END);
      });
    }),
  );
});

test('no byte is lost: what is held and what is free make up the region', () => {
  fc.assert(
    fc.property(moves, (list) => {
      const allocator = new RangeAllocator(START, END);
      play(allocator, list, (held) => {
        const taken = held.reduce((sum, range) => sum + range.length, 0);
        expect(allocator.freeBytes).toBe(END - START - taken);
        expect(allocator.largestFree).toBeLessThanOrEqual(allocator.freeBytes);
      });
    }),
  );
});

test('when all are back, in any order, the region is one piece again', () => {
  fc.assert(
    fc.property(moves, fc.infiniteStream(fc.nat({ max: 1000 })), (list, order) => {
      const allocator = new RangeAllocator(START, END);
      const held = play(allocator, list, () => undefined);
      while (held.length > 0)
        for (const range of held.splice((order.next().value ?? 0) % held.length, 1)) allocator.give(range);
      expect(allocator.largestFree).toBe(END - START);
      expect(allocator.take(END - START)).toMatchObject({ offset: START, length: END - START });
    }),
  );
});

test('the first piece that is large enough is taken, and the rest of it stays free', () => {
  const allocator = new RangeAllocator(0, 8 * PAGE);
  const [a, b, c] = [allocator.take(2 * PAGE), allocator.take(PAGE), allocator.take(3 * PAGE)];
  expect([a, b, c].map((range) => range?.offset)).toEqual([0, 2 * PAGE, 3 * PAGE]);
  allocator.give(a!);
  allocator.give(c!);
  expect(allocator.largestFree).toBe(5 * PAGE);
  expect(allocator.take(PAGE + 1)).toMatchObject({ offset: 0, length: 2 * PAGE });
  expect(allocator.take(2 * PAGE)).toMatchObject({ offset: 3 * PAGE, length: 2 * PAGE });
});

test('a region without room gives nothing', () => {
  expect(new RangeAllocator(PAGE, PAGE).take(1)).toBeUndefined();
  expect(new RangeAllocator(0, PAGE - 1).take(1)).toBeUndefined();
  expect(new RangeAllocator(0, 4 * PAGE).take(Number.NaN)).toBeUndefined();
});

/** Takes several, gives one back warm or cold, cools some, or warms a cold one up. */
type WarmMove =
  | { readonly take: number; readonly count: number }
  | { readonly give: number; readonly warm: boolean }
  | { readonly cool: number }
  | { readonly warmUp: number };

const warmMoves: fc.Arbitrary<WarmMove[]> = fc.array(
  fc.oneof(
    fc.record({ take: fc.integer({ min: 1, max: 12 * PAGE }), count: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ give: fc.nat({ max: 1000 }), warm: fc.boolean() }),
    fc.record({ cool: fc.integer({ min: 1, max: 30 * PAGE }) }),
    fc.record({ warmUp: fc.integer({ min: 1, max: 10 * PAGE }) }),
  ),
  { maxLength: 60 },
);

test('what is warm is known page by page: hits, the largest run, and what must be decommitted', () => {
  fc.assert(
    fc.property(warmMoves, (list) => {
      const allocator = new RangeAllocator(0, 64 * PAGE);
      // The model: each page is taken, free and cold, or free and warm.
      const pages = Array<'taken' | 'cold' | 'warm'>(64).fill('cold');
      const held: Range[] = [];
      const set = ({ offset, length }: Range, state: 'taken' | 'cold' | 'warm'): void => {
        expect([offset % PAGE, length % PAGE]).toEqual([0, 0]);
        pages.fill(state, offset / PAGE, (offset + length) / PAGE);
      };
      const of = ({ offset, length }: Range): string[] => pages.slice(offset / PAGE, (offset + length) / PAGE);
      for (const move of list) {
        if ('take' in move) {
          const fits = allocator.fits(move.take);
          const before = allocator.warmBytes;
          const taken = allocator.takeMany(move.take, move.count);
          expect(taken.length).toBe(Math.min(move.count, fits));
          for (const range of taken) {
            expect(of(range)).not.toContain('taken');
            expect(range.warm).toBe(of(range).filter((page) => page === 'warm').length * PAGE);
            set(range, 'taken');
          }
          expect(allocator.warmBytes).toBe(before - taken.reduce((sum, { warm }) => sum + warm, 0));
          held.push(...taken);
        } else if ('give' in move && held.length > 0) {
          for (const range of held.splice(move.give % held.length, 1)) {
            allocator.give(range, move.warm);
            set(range, move.warm ? 'warm' : 'cold');
          }
        } else if ('cool' in move) {
          const before = allocator.warmBytes;
          const cooled = allocator.cool(move.cool);
          for (const range of cooled) {
            expect(new Set(of(range))).toEqual(new Set(['warm']));
            set(range, 'cold');
          }
          expect(before - allocator.warmBytes).toBe(Math.min(before, Math.ceil(move.cool / PAGE) * PAGE));
        } else if ('warmUp' in move) {
          const committed: Range[] = [];
          const range = allocator.warmUp(move.warmUp, (one) => committed.push(one));
          expect(committed).toEqual(range === undefined ? [] : [range]);
          if (range !== undefined) {
            expect(new Set(of(range))).toEqual(new Set(['cold']));
            set(range, 'warm');
          }
        }
        const runs = pages
          .map((page) => (page === 'warm' ? 'w' : ' '))
          .join('')
          .split(/ +/);
        expect(allocator.largestWarm).toBe(Math.max(...runs.map(({ length }) => length)) * PAGE);
        expect(allocator.warmBytes).toBe(pages.filter((page) => page === 'warm').length * PAGE);
        expect(allocator.freeBytes).toBe(pages.filter((page) => page !== 'taken').length * PAGE);
      }
    }),
  );
});

test('a request takes the shortest warm piece that fits, and exactly what it needs of it', () => {
  const allocator = new RangeAllocator(0, 100 * PAGE);
  const [a, , b, , c] = [10, 1, 7, 1, 20].map((pages) => allocator.take(pages * PAGE)!);
  for (const range of [a!, b!, c!]) allocator.give(range, true);
  // 6.2 pages take seven, not the ten or twenty that lie before and behind.
  expect(allocator.take(6.2 * PAGE)).toEqual({ ...b, warm: 7 * PAGE });
  expect(allocator.take(6.2 * PAGE)).toEqual({ offset: a!.offset, length: 7 * PAGE, warm: 7 * PAGE });
  expect(allocator.warmBytes).toBe(23 * PAGE);
});
