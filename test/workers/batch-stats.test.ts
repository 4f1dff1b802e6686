// The meter counts what sent each batch, and alerts when batches are late.
import { expect, test } from 'vitest';
import { Telemetry, type AlertEvent } from '#dist/telemetry/index.js';
import { BatchMeter } from '#dist/workers/index.js';

test('triggers, items, the rule in force and percentiles', () => {
  const meter = new BatchMeter({ mode: 'fixed' });
  expect(meter.stats()).toEqual({
    batches: 0,
    items: 0,
    reasons: { size: 0, time: 0, flush: 0, end: 0, slots: 0 },
    size: 0,
    delay: 0,
    queueDelay: { p50: null, p95: null, p99: null },
    consumer: { p50: null, p95: null, p99: null },
  });
  meter.setRule({ size: 10, delay: 16 });
  for (let i = 1; i <= 100; i++)
    meter.observeBatch({ size: 10, reason: i % 4 === 0 ? 'time' : 'size', queueDelayMs: i, consumerMs: 2 * i });
  meter.observeBatch({ size: 3, reason: 'end', queueDelayMs: 1 });
  const { queueDelay, consumer, ...rest } = meter.stats();
  expect(rest).toEqual({
    batches: 101,
    items: 1003,
    reasons: { size: 75, time: 25, flush: 0, end: 1, slots: 0 },
    size: 10,
    delay: 16,
  });
  for (const [found, truth] of [
    [queueDelay.p50, 50],
    [queueDelay.p95, 95],
    [queueDelay.p99, 99],
    [consumer.p95, 190],
  ] as const)
    expect(Math.abs(found! - truth) / truth).toBeLessThan(0.03);
});

test('what it counts reaches the metrics, in base units', () => {
  const telemetry = new Telemetry();
  const meter = new BatchMeter({ mode: 'adaptive', telemetry });
  meter.setRule({ size: 12, delay: 32 });
  meter.observeBatch({ size: 12, reason: 'slots', queueDelayMs: 20, consumerMs: 5 });
  const text = telemetry.prometheus();
  for (const line of [
    'framerail_batches_total{reason="slots"} 1',
    'framerail_batch_items_sum 12',
    'framerail_batch_queue_seconds_sum 0.02',
    'framerail_batch_consumer_seconds_sum 0.005',
    'framerail_batch_size_items 12',
    'framerail_batch_delay_seconds 0.032',
  ])
    expect(text.split('\n')).toContain(line);
});

test.each([
  ['low-latency', 32],
  ['fixed', 64],
  ['throughput', 256],
  ['adaptive', 256],
] as const)('%s: an alert above %d ms, over when batches are fast again or the stream ends', (mode, mark) => {
  let now = 0;
  const telemetry = new Telemetry();
  const events: AlertEvent[] = [];
  telemetry.onAlert((event) => events.push(event));
  const meter = new BatchMeter({ mode, telemetry, stream: 'a.mp4', now: () => now });
  const batches = (count: number, queueDelayMs: number): void => {
    for (let i = 0; i < count; i++) meter.observeBatch({ size: 5, reason: 'size', queueDelayMs });
  };
  batches(20, mark * 0.9);
  expect(events).toEqual([]);
  batches(20, mark * 1.1);
  expect(events).toMatchObject([{ name: 'batch-delay', state: 'fired', threshold: mark, labels: { stream: 'a.mp4' } }]);
  expect(events[0]!.message).toContain('a.mp4');
  now = 61_000;
  batches(1, mark * 0.4);
  expect(events.map(({ state }) => state)).toEqual(['fired', 'cleared']);
  batches(20, mark * 2);
  meter.close();
  expect(events.map(({ state }) => state)).toEqual(['fired', 'cleared', 'fired', 'cleared']);
});
