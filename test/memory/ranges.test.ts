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
      expect(allocator.take(END - START)).toEqual({ offset: START, length: END - START });
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
  expect(allocator.take(PAGE + 1)).toEqual({ offset: 0, length: 2 * PAGE });
  expect(allocator.take(2 * PAGE)).toEqual({ offset: 3 * PAGE, length: 2 * PAGE });
});

test('a region without room gives nothing', () => {
  expect(new RangeAllocator(PAGE, PAGE).take(1)).toBeUndefined();
  expect(new RangeAllocator(0, PAGE - 1).take(1)).toBeUndefined();
  expect(new RangeAllocator(0, 4 * PAGE).take(Number.NaN)).toBeUndefined();
});
