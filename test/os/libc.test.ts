// The C library: its error numbers by name, and calls that report them.
import { expect, test } from 'vitest';
import { errnoName, libc } from '#dist/os/libc.js';

test('an error number has the name that people search for', () => {
  expect(errnoName(2)).toBe('ENOENT');
  expect(errnoName(12)).toBe('ENOMEM');
  expect(errnoName(99_999)).toBe('errno 99999');
});

test('the C library is bound once', () => {
  expect(libc()).toBe(libc());
});

test('a call that fails leaves its error number', () => {
  const c = libc();
  expect(c.ftruncate(-1, 0)).toBe(-1);
  expect(errnoName(c.errno())).toBe('EBADF');
});
