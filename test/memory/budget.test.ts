// The budget is never exceeded, nobody passes the front of the line, and everything comes back.
import { expect, test, vi } from 'vitest';
import fc from 'fast-check';
import { FramerailError } from '#dist/base/index.js';
import { MemoryBudget } from '#dist/memory/index.js';
import { failure } from '../support/failure.js';

const LIMIT = 100;

/** Lets promises that have settled be heard. */
const turn = (): Promise<void> => new Promise(setImmediate);

type Move = { readonly ask: number; readonly more: number } | { readonly give: number } | { readonly abort: number };

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ ask: fc.integer({ min: 1, max: LIMIT }), more: fc.nat({ max: 60 }) }) },
    { weight: 3, arbitrary: fc.record({ give: fc.nat({ max: 1000 }) }) },
    { weight: 1, arbitrary: fc.record({ abort: fc.nat({ max: 1000 }) }) },
  ),
  { maxLength: 50 },
);

test('never exceeded, served in the order of asking, all back at the end', async () => {
  await fc.assert(
    fc.asyncProperty(moves, async (list) => {
      const budget = new MemoryBudget(LIMIT);
      const held: number[] = [];
      const served: number[] = [];
      const line: { readonly id: number; readonly least: number; readonly controller: AbortController }[] = [];
      let asked = 0;
      const check = (): void => {
        const sum = held.reduce((total, bytes) => total + bytes, 0);
        expect(budget.used).toBe(sum);
        expect(sum).toBeLessThanOrEqual(LIMIT);
        expect(budget.waiting).toBe(line.length);
        expect(served).toEqual(served.toSorted((a, b) => a - b));
        // Whoever is at the front waits only because there is not enough for it.
        if (line.length > 0) expect(line[0]!.least).toBeGreaterThan(LIMIT - sum);
      };
      for (const move of list) {
        if ('ask' in move) {
          const request = { id: asked++, least: move.ask, controller: new AbortController() };
          line.push(request);
          budget
            .acquire(move.ask, move.ask + move.more, 'It', { signal: request.controller.signal })
            .then(
              (bytes) => {
                expect(bytes).toBeGreaterThanOrEqual(move.ask);
                expect(bytes).toBeLessThanOrEqual(Math.max(move.ask, move.ask + move.more));
                held.push(bytes);
                served.push(request.id);
              },
              (error: unknown) => expect(error).toMatchObject({ code: 'FR_ABORTED' }),
            )
            .finally(() => line.splice(line.indexOf(request), 1));
        } else if ('give' in move) {
          for (const bytes of held.splice(move.give % Math.max(1, held.length), 1)) budget.release(bytes);
        } else {
          line[move.abort % Math.max(1, line.length)]?.controller.abort(new FramerailError('FR_ABORTED', 'No.'));
        }
        await turn();
        check();
      }
      while (line.length > 0 || held.length > 0) {
        for (const bytes of held.splice(0, 1)) budget.release(bytes);
        await turn();
        check();
      }
      expect(budget.used).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('a large request is not starved by small ones that come after it', async () => {
  const budget = new MemoryBudget(LIMIT);
  const order: string[] = [];
  const first = await budget.acquire(60, 60, 'First');
  const large = budget.acquire(90, 90, 'Large').then((bytes) => (order.push('large'), bytes));
  const small = budget.acquire(10, 10, 'Small').then((bytes) => (order.push('small'), bytes));
  expect(budget.tryAcquire(1, 1)).toBeUndefined();
  await turn();
  expect(order).toEqual([]);
  budget.release(first);
  expect(await large).toBe(90);
  expect(await small).toBe(10);
  expect(order).toEqual(['large', 'small']);
});

test('what can never fit fails at once, with both sizes', async () => {
  const budget = new MemoryBudget(LIMIT);
  expect(await failure(() => budget.acquire(101, 200, 'Two frames'))).toMatchObject({
    code: 'FR_MEMORY_BUDGET',
    message:
      'Two frames need 101 B at least, and the memory budget is 100 B; ask for less at once or raise `memoryBudget`.',
    details: { bytes: 101, budget: 100 },
  });
  expect(budget.waiting).toBe(0);
});

test('a wait ends at its deadline with a sentence that helps, and lets the next one through', async () => {
  vi.useFakeTimers();
  try {
    const budget = new MemoryBudget(LIMIT);
    await budget.acquire(60, 60, 'First');
    const late = failure(() => budget.acquire(50, 50, 'Two frames', { timeout: 500 }));
    const next = budget.acquire(40, 40, 'Next');
    vi.advanceTimersByTime(500);
    const error = await late;
    expect(error).toMatchObject({
      code: 'FR_TIMEOUT',
      retryable: true,
      details: { bytes: 50, used: 60, timeout: 500 },
    });
    expect(error.message).toContain('Two frames waited 500 ms for 50 B: 60 B of the memory budget of 100 B');
    expect(await next).toBe(40);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('a signal that was aborted before or while it waits', async () => {
  const budget = new MemoryBudget(LIMIT);
  const early = AbortSignal.abort(new FramerailError('FR_CLOSED', 'Closed.'));
  expect(await failure(() => budget.acquire(1, 1, 'It', { signal: early }))).toMatchObject({ code: 'FR_CLOSED' });
  expect(budget.used).toBe(0);
});

test('idle memory makes room for what is used, as much as is needed', async () => {
  const budget = new MemoryBudget(LIMIT);
  const idle = { idleBytes: 50, trim: (bytes: number) => (idle.idleBytes -= bytes) };
  const leave = budget.join(idle);
  expect(budget.room).toBe(50);
  const bytes = await budget.acquire(70, 70, 'It');
  budget.settle();
  expect(idle.idleBytes).toBe(30);
  budget.release(bytes);
  expect([idle.idleBytes, budget.used, budget.room]).toEqual([30, 0, 70]);
  leave();
  expect(budget.room).toBe(100);
});
