// What a thread keeps for its next source is freed whenever an engine is closed, and not only the first time.
import { expect, test } from 'vitest';
import { freeKept, freeWhenClosed } from '#dist/sources/index.js';

test('all of it is freed, each time anew, in the order in which it was announced', () => {
  const freed: string[] = [];
  freeWhenClosed(() => freed.push('first'));
  freeWhenClosed(() => freed.push('second'));
  expect(freed).toEqual([]);
  freeKept();
  expect(freed).toEqual(['first', 'second']);
  freeWhenClosed(() => freed.push('third'));
  freeKept();
  expect(freed).toEqual(['first', 'second', 'first', 'second', 'third']);
});

test('who announces the same twice is called once', () => {
  let calls = 0;
  const free = (): void => {
    calls += 1;
  };
  freeWhenClosed(free);
  freeWhenClosed(free);
  freeKept();
  expect(calls).toBe(1);
});
