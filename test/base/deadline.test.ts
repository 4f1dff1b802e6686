// A deadline ends once, with a typed reason, and leaves neither timers nor listeners behind.
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deadlineError, FramerailError, startDeadline } from '#dist/base/index.js';
import { failure } from '../support/failure.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('an aborted signal ends the call at once, with its reason as the cause', () => {
  const cause = new Error('enough');
  const deadline = startDeadline({ signal: AbortSignal.abort(cause), timeout: 50 }, 'Reading');
  const reason = deadlineError(deadline.signal);
  expect(deadline.signal.aborted).toBe(true);
  expect(reason).toMatchObject({ code: 'FR_ABORTED', message: 'Reading was aborted.', cause });
  vi.advanceTimersByTime(100);
  expect(deadlineError(deadline.signal)).toBe(reason);
  deadline.done();
  expect(vi.getTimerCount()).toBe(0);
});

test('a signal that is aborted later ends the call then, and only once', () => {
  const controller = new AbortController();
  const deadline = startDeadline({ signal: controller.signal, timeout: 50 }, 'Reading');
  expect(deadline.signal.aborted).toBe(false);
  controller.abort(null);
  const reason = deadlineError(deadline.signal);
  expect(reason).toMatchObject({ code: 'FR_ABORTED', cause: null });
  vi.advanceTimersByTime(100);
  expect(deadlineError(deadline.signal)).toBe(reason);
  deadline.done();
});

test('a typed reason of the caller stays as it is', () => {
  const reason = new FramerailError('FR_CLOSED', 'The engine was closed.');
  const controller = new AbortController();
  const deadline = startDeadline({ signal: controller.signal }, 'Reading');
  controller.abort(reason);
  expect(deadline.signal.reason).toBe(reason);
  deadline.done();
});

test('a timeout ends the call when it has passed, not before, and may be tried again', () => {
  const deadline = startDeadline({ timeout: 50 }, 'Reading');
  vi.advanceTimersByTime(49);
  expect(deadline.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(deadline.signal.reason).toMatchObject({
    code: 'FR_TIMEOUT',
    retryable: true,
    message: 'Reading did not finish within 50 ms.',
    details: { timeout: 50 },
  });
  deadline.done();
});

test('without signal and timeout nothing ever ends the call', () => {
  const deadline = startDeadline({ signal: undefined, timeout: undefined }, 'Reading');
  expect(vi.getTimerCount()).toBe(0);
  expect(deadline.signal.aborted).toBe(false);
  deadline.done();
});

test('done() lets go of the timer and of the signal', () => {
  const controller = new AbortController();
  const deadline = startDeadline({ signal: controller.signal, timeout: 50 }, 'Reading');
  expect(vi.getTimerCount()).toBe(1);
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  deadline.done();
  expect(vi.getTimerCount()).toBe(0);
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  controller.abort();
  vi.advanceTimersByTime(100);
  expect(deadline.signal.aborted).toBe(false);
});

test('a wrong timeout is refused before anything is started', async () => {
  const { signal } = new AbortController();
  for (const timeout of [-1, Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number]) {
    const error = await failure(() => startDeadline({ signal, timeout }, 'Reading'));
    expect(error.message).toMatch(/for `timeout` but received/);
  }
  expect(vi.getTimerCount()).toBe(0);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('something that is no signal is refused in one sentence', async () => {
  const signal = {} as unknown as AbortSignal;
  const error = await failure(() => startDeadline({ signal }, 'Reading'));
  expect(error.message).toMatch(/for `signal` but received/);
});

test('a timeout longer than a timer can count does not end the call early', () => {
  const deadline = startDeadline({ timeout: 2 ** 31 }, 'Reading');
  vi.advanceTimersByTime(60_000);
  expect(deadline.signal.aborted).toBe(false);
  deadline.done();
});

test('a signal of somebody else gets a typed error all the same', () => {
  const cause = new Error('elsewhere');
  expect(deadlineError(AbortSignal.abort(cause))).toMatchObject({ code: 'FR_ABORTED', cause });
});
