// How many sessions there are is learnt from refusals.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Permit, SessionBudget } from '#dist/hardware/index.js';

test('it starts at eight', () => {
  const budget = new SessionBudget(() => 0);
  const permits = Array.from({ length: 9 }, () => budget.take());
  expect(permits.filter((permit) => permit !== undefined)).toHaveLength(8);
  expect(budget.state).toEqual({ limit: 8, open: 8, refusals: 0 });
  permits[0]?.release();
  permits[0]?.release();
  expect(budget.state.open).toBe(7);
});

test('a refusal lowers it to what was open, and a later try raises it by one', () => {
  let now = 0;
  const budget = new SessionBudget(() => now);
  const [first, second, third] = [budget.take(), budget.take(), budget.take()];
  third?.refused();
  expect(budget.state).toEqual({ limit: 2, open: 2, refusals: 1 });
  expect(budget.take()).toBeUndefined();
  now = 30_000;
  const fourth = budget.take();
  expect(fourth).toBeDefined();
  expect(budget.state.limit).toBe(3);
  // Refused again: it takes twice as long until the next try.
  fourth?.refused();
  expect(budget.state).toEqual({ limit: 2, open: 2, refusals: 2 });
  now = 30_000 + 59_999;
  expect(budget.take()).toBeUndefined();
  now += 1;
  expect(budget.take()).toBeDefined();
  first?.release();
  second?.release();
  expect(budget.state.open).toBe(1);
});

test('a driver that gives nothing at all is tried again too', () => {
  let now = 0;
  const budget = new SessionBudget(() => now);
  budget.take()?.refused();
  expect(budget.state).toEqual({ limit: 0, open: 0, refusals: 1 });
  expect(budget.take()).toBeUndefined();
  now = 30_000;
  expect(budget.take()).toBeDefined();
});

test('whatever happens, it counts right and never gives more than it thinks there is', () => {
  const steps = fc.array(fc.record({ what: fc.constantFrom('take', 'release', 'refuse', 'wait'), which: fc.nat(9) }));
  fc.assert(
    fc.property(steps, (list) => {
      let now = 0;
      const budget = new SessionBudget(() => now);
      const held: Permit[] = [];
      for (const { what, which } of list) {
        if (what === 'wait') now += 20_000;
        if (what === 'take') {
          const permit = budget.take();
          if (permit !== undefined) held.push(permit);
        }
        const [one] = what === 'take' || what === 'wait' ? [] : held.splice(which % Math.max(1, held.length), 1);
        if (what === 'release') one?.release();
        if (what === 'refuse') one?.refused();
        expect(budget.state.open).toBe(held.length);
        expect(budget.state.limit).toBeLessThanOrEqual(8);
        if (what === 'take') expect(budget.state.open).toBeLessThanOrEqual(budget.state.limit);
      }
    }),
  );
});
