// An alert fires once, clears once, and whoever hears it cannot hurt the engine.
import { expect, onTestFinished, test, vi } from 'vitest';
import fc from 'fast-check';
import { Alerts, type AlertEvent } from '#dist/telemetry/index.js';

const MARKS = { above: 0.8, clearAt: 0.7 };

function heard(): { alerts: Alerts; events: AlertEvent[]; pass: (milliseconds: number) => void } {
  let now = 1000;
  const timers = new Set<{ at: number; callback: () => void }>();
  const alerts = new Alerts({
    now: () => now,
    later: (milliseconds, callback) => {
      const timer = { at: now + milliseconds, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  });
  const events: AlertEvent[] = [];
  alerts.onAlert((event) => events.push(event));
  const pass = (milliseconds: number): void => {
    now += milliseconds;
    for (const timer of [...timers]) if (timer.at <= now && timers.delete(timer)) timer.callback();
  };
  return { alerts, events, pass };
}

test('a value that trembles about its mark fires once and clears once', () => {
  const { alerts, events } = heard();
  for (const value of [0.5, 0.8, 0.81, 0.79, 0.83, 0.75, 0.9, 0.71])
    alerts.level('pool-use', value, MARKS, () => 'Use.');
  expect(events).toEqual([
    { name: 'pool-use', state: 'fired', at: 1000, value: 0.81, threshold: 0.8, labels: {}, message: 'Use.' },
  ]);
  expect(alerts.active).toEqual(events);
  for (const value of [0.7, 0.75, 0.6]) alerts.level('pool-use', value, MARKS, () => 'Use.');
  expect(events.map(({ state, value }) => [state, value])).toEqual([
    ['fired', 0.81],
    ['cleared', 0.7],
  ]);
  expect(alerts.active).toEqual([]);
});

test('firing and clearing alternate, whatever the values', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1 })), (values) => {
      const { alerts, events } = heard();
      for (const value of values) alerts.level('batch-delay', value, MARKS, () => 'Delay.');
      expect(events.map(({ state }) => state)).toEqual(events.map((_, i) => (i % 2 === 0 ? 'fired' : 'cleared')));
      for (const { state, value } of events) expect(state === 'fired' ? value > 0.8 : value <= 0.7).toBe(true);
    }),
  );
});

test('labels are told apart, and what is gone clears', () => {
  const { alerts, events } = heard();
  for (const stream of ['a', 'b']) alerts.level('batch-delay', 1, MARKS, () => stream, { stream });
  alerts.gone('batch-delay', 'The stream ended.', { stream: 'a' });
  alerts.gone('batch-delay', 'The stream ended.', { stream: 'a' });
  expect(events.map(({ state, labels }) => `${state} ${labels['stream']!}`)).toEqual([
    'fired a',
    'fired b',
    'cleared a',
  ]);
  expect(alerts.active.map(({ labels }) => labels)).toEqual([{ stream: 'b' }]);
});

test('deaths are one alert until a minute passes without one', () => {
  const { alerts, events, pass } = heard();
  alerts.occurred('worker-death', 'One died.');
  pass(40_000);
  alerts.occurred('worker-death', 'Another died.');
  pass(59_000);
  expect(events.map(({ state }) => state)).toEqual(['fired']);
  expect(alerts.active[0]!.value).toBe(2);
  pass(1000);
  expect(events.map(({ state, value }) => [state, value])).toEqual([
    ['fired', 1],
    ['cleared', 0],
  ]);
  alerts.occurred('worker-death', 'A third died.');
  expect(events.at(-1)).toMatchObject({ state: 'fired', value: 1, message: 'A third died.' });
  alerts.close();
});

test('listeners that throw or reject are blamed once, and the others hear all', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  onTestFinished(() => warn.mockRestore());
  const alerts = new Alerts();
  const all: string[] = [];
  alerts.onAlert(() => {
    throw new Error('no');
  });
  alerts.onAlert(() => Promise.reject(new Error('later')));
  const stop = alerts.onAlert(({ state }) => all.push(state));
  for (const value of [1, 0, 1]) alerts.level('pool-use', value, MARKS, () => 'Use.');
  await new Promise(setImmediate);
  expect(all).toEqual(['fired', 'cleared', 'fired']);
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    expect.stringContaining('failed: no.'),
    expect.stringContaining('failed: later.'),
  ]);
  stop();
  alerts.level('pool-use', 0, MARKS, () => 'Use.');
  expect(all.length).toBe(3);
});
