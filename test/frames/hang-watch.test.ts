// A call on another thread that does not return silences this one; calls that do return never do.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HangWatch } from '#dist/frames/hang-watch.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('a call that hangs is noticed within seconds, and again after the silence', () => {
  const silence = vi.fn();
  const watch = new HangWatch(silence);
  void watch.during(new Promise(() => undefined));
  vi.advanceTimersByTime(4900);
  expect(silence).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2000);
  expect(silence).toHaveBeenCalledWith(120_000);
  const before = silence.mock.calls.length;
  vi.advanceTimersByTime(1000);
  expect(silence.mock.calls.length).toBeGreaterThan(before);
  watch.close();
});

test('calls that return are forgotten, whatever came of them', async () => {
  const silence = vi.fn();
  const watch = new HangWatch(silence);
  expect(await watch.during(Promise.resolve(7))).toBe(7);
  await expect(watch.during(Promise.reject(new Error('no')))).rejects.toThrow('no');
  vi.advanceTimersByTime(60_000);
  expect(silence).not.toHaveBeenCalled();
  watch.close();
});

test('a closed watch is silent about everything', () => {
  const silence = vi.fn();
  const watch = new HangWatch(silence);
  void watch.during(new Promise(() => undefined));
  watch.close();
  vi.advanceTimersByTime(60_000);
  expect(silence).not.toHaveBeenCalled();
});
