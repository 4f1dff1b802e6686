// Errors keep what they say on their way from a worker to its parent.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import {
  type ErrorCode,
  ERRORS,
  errorFromData,
  errorToData,
  FramerailError,
  isFramerailError,
  messageOf,
} from '#dist/base/index.js';

const codes = Object.keys(ERRORS) as ErrorCode[];

test('an error carries its code, its details, its cause and whether a retry helps', () => {
  const cause = new Error('below');
  const error = new FramerailError('FR_TIMEOUT', 'Too slow.', { details: { timeout: 5 }, cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'FramerailError', code: 'FR_TIMEOUT', message: 'Too slow.', retryable: true });
  expect(error.details).toEqual({ timeout: 5 });
  expect(error.cause).toBe(cause);
  expect(new FramerailError('FR_ABORTED', 'Stopped.')).toMatchObject({ retryable: false, details: {} });
  expect('cause' in new FramerailError('FR_ABORTED', 'Stopped.')).toBe(false);
});

test('an error is recognised by its mark, whichever copy of the package made it', () => {
  const foreign = Object.assign(new Error('from elsewhere'), { [Symbol.for('framerail.error')]: true });
  expect(isFramerailError(foreign)).toBe(true);
  expect(isFramerailError(new FramerailError('FR_CLOSED', 'Closed.'))).toBe(true);
  for (const value of [new Error('plain'), { code: 'FR_CLOSED' }, null, undefined, 'FR_CLOSED', 0])
    expect(isFramerailError(value)).toBe(false);
});

test('the mark does not show when an error is printed or copied', () => {
  const error = new FramerailError('FR_CLOSED', 'Closed.');
  expect(Object.getOwnPropertyDescriptor(error, Symbol.for('framerail.error'))?.enumerable).toBe(false);
});

test('code, message and details survive the way through a message channel', () => {
  const details = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(fc.constantFrom(...codes), fc.string(), details, (code, message, given) => {
      const error = new FramerailError(code, message, { details: given });
      const back = errorFromData(structuredClone(errorToData(error)));
      expect(back).toBeInstanceOf(FramerailError);
      expect(back).toMatchObject({ code, message, retryable: ERRORS[code].retryable });
      expect(back.details).toEqual(given);
    }),
  );
});

test('an error that is not ours becomes a defect of framerail, with the stack of the worker', () => {
  const thrown = new RangeError('out of bounds');
  const data = structuredClone(errorToData(thrown));
  expect(data).toMatchObject({ code: 'FR_INTERNAL', stack: thrown.stack });
  expect(data.message).toContain('out of bounds');
  expect(errorFromData(data).details).toEqual({ workerStack: thrown.stack });
});

test('whatever was thrown can be reported', () => {
  for (const thrown of ['text', 5, null, undefined, Symbol('s'), false]) {
    const data = errorToData(thrown);
    expect(data.code).toBe('FR_INTERNAL');
    expect(data.message).toContain(String(thrown));
    expect(errorFromData(structuredClone(data)).details).toEqual({});
  }
});

test('a thrown object without any method can be reported, too', () => {
  expect(messageOf(Object.create(null))).toBe('[object Object]');
  expect(errorToData(Object.create(null)).code).toBe('FR_INTERNAL');
});

test('every meaning is one sentence', () => {
  expect(codes.length).toBeGreaterThan(20);
  for (const code of codes) {
    expect(code).toMatch(/^FR_[A-Z]+(_[A-Z]+)*$/);
    expect(ERRORS[code].meaning).toMatch(/^[A-Z].*[^.]\.$/);
  }
});
