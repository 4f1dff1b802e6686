// Equal calls at the same time are one piece of work, which goes on for as long as anybody waits for it.
import { expect, test } from 'vitest';
import { FramerailError } from '#dist/base/index.js';
import { Flights } from '#dist/cache/index.js';
import { failure } from '../support/failure.js';

const never = new AbortController().signal;
const left = (): FramerailError => new FramerailError('FR_ABORTED', 'It left.');

/** Work that ends when a test says so, or when it is aborted. */
function work() {
  const started: AbortSignal[] = [];
  const ends: ((value: string) => void)[] = [];
  const run = (signal: AbortSignal): Promise<string> => {
    started.push(signal);
    return new Promise((resolve, reject) => {
      ends.push(resolve);
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  };
  return { started, ends, run };
}

test('is done once for equal keys, and anew afterwards', async () => {
  const [flights, { started, ends, run }] = [new Flights<string>(), work()];
  const calls = ['a', 'a', 'b', 'a'].map((key) => flights.share(key, never, run));
  expect(started).toHaveLength(2);
  ends[0]?.('one');
  ends[1]?.('two');
  const shared = await Promise.all(calls);
  expect(shared.map(({ result }) => result)).toEqual(['one', 'one', 'two', 'one']);
  expect(shared.map(({ joined }) => joined)).toEqual([false, true, false, true]);
  const again = flights.share('a', never, run);
  ends[2]?.('three');
  expect(await again).toEqual({ result: 'three', joined: false });
});

test('failures come to all who wait, and to nobody later', async () => {
  const flights = new Flights<string>();
  const fails = () => Promise.reject(new FramerailError('FR_DECODE_FAILED', 'No.'));
  const calls = [1, 2].map(() => failure(() => flights.share('a', never, fails)));
  expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(['FR_DECODE_FAILED', 'FR_DECODE_FAILED']);
  expect((await flights.share('a', never, () => Promise.resolve('fine'))).result).toBe('fine');
});

test('whoever leaves stops nobody, and the last one stops the work', async () => {
  const [flights, { started, ends, run }] = [new Flights<string>(), work()];
  const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
  const calls = [first, second].map(({ signal }) => flights.share('a', signal, run));
  first.abort(left());
  expect((await failure(() => calls[0]!)).code).toBe('FR_ABORTED');
  expect(started[0]?.aborted).toBe(false);
  second.abort(left());
  expect((await failure(() => calls[1]!)).code).toBe('FR_ABORTED');
  expect(started[0]?.aborted).toBe(true);
  const anew = flights.share('a', third.signal, run);
  ends[1]?.('anew');
  expect(await anew).toEqual({ result: 'anew', joined: false });
  expect((await failure(() => flights.share('a', first.signal, run))).code).toBe('FR_ABORTED');
});

test('work that ends with its first caller is taken over by the next', async () => {
  const [flights, leader] = [new Flights<string>(), new AbortController()];
  // As a job does that reads the leader's connection.
  const tied = () =>
    new Promise<string>((_, reject) => {
      leader.signal.addEventListener('abort', () => {
        reject(leader.signal.reason as Error);
      });
    });
  const first = failure(() => flights.share('a', leader.signal, tied));
  const others = [1, 2].map(() => flights.share('a', never, () => Promise.resolve('mine')));
  leader.abort(left());
  expect((await first).code).toBe('FR_ABORTED');
  expect((await Promise.all(others)).map(({ result }) => result)).toEqual(['mine', 'mine']);
});
