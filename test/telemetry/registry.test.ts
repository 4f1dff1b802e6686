// Metrics add up, their text follows the grammar of Prometheus, and their number is bounded.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { METRICS, Registry, Telemetry, toPrometheus, type MetricMeaning } from '#dist/telemetry/index.js';

/** One line of the text format: a comment or a sample. */
const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"`;
const NUMBER = String.raw`[-+]?(?:Inf|NaN|\d+(?:\.\d+)?(?:e[-+]?\d+)?)`;
const LINE = new RegExp(
  `^(?:# HELP ${NAME} (?:[^\\\\\\n]|\\\\\\\\|\\\\n)*|# TYPE ${NAME} (?:counter|gauge|histogram)|(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (${NUMBER}))$`,
);

/** Parses the text; throws on a line that the grammar has no place for. */
function samples(text: string): { name: string; labels: Record<string, string>; value: number }[] {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .flatMap((line) => {
      const match = LINE.exec(line);
      if (match === null) throw new Error(`Not a line of the format: ${line}`);
      const [, name, pairs = '', value = ''] = match;
      if (name === undefined) return [];
      const labels = Object.fromEntries(
        [...pairs.matchAll(/([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"/g)].map((pair) => [
          pair[1]!,
          pair[2]!.replaceAll(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign)),
        ]),
      );
      return [{ name, labels, value: Number(value.replace('Inf', 'Infinity')) }];
    });
}

test('whatever a label says, the text can be parsed, and says it again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.double({ min: 0.001, noNaN: true, max: 1e300 }), (text, amount) => {
      const label = text.replaceAll(/[\r\u2028\u2029]/g, '');
      const registry = new Registry();
      registry.counter('framerail_worker_deaths_total', { how: label }).add(amount);
      expect(samples(toPrometheus(registry.read()))).toEqual([
        { name: 'framerail_worker_deaths_total', labels: { how: label }, value: amount },
      ]);
    }),
  );
});

test('numbers that are none have the spelling of Prometheus', () => {
  const registry = new Registry();
  const gauge = registry.gauge('framerail_pool_use_ratio', {});
  const written = [Infinity, -Infinity, Number.NaN, 1e-7, 2 ** 70].map((value) => {
    gauge.set(value);
    return toPrometheus(registry.read()).split('\n')[2];
  });
  expect(written.map((line) => line!.split(' ')[1])).toEqual(['+Inf', '-Inf', 'NaN', '1e-7', '1.1805916207174113e+21']);
});

test('histograms have cumulative buckets up to infinity, a sum and a count', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1 }), (values) => {
      const registry = new Registry();
      const histogram = registry.histogram('framerail_pool_wait_seconds', {});
      for (const value of values) histogram.observe(value);
      const lines = samples(toPrometheus(registry.read()));
      const buckets = lines.filter(({ name }) => name === 'framerail_pool_wait_seconds_bucket');
      for (const { labels, value } of buckets) {
        const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
        expect(value).toBe(values.filter((one) => one <= bound).length);
      }
      expect(buckets.at(-1)!.labels).toEqual({ le: '+Inf' });
      expect(lines.find(({ name }) => name.endsWith('_count'))!.value).toBe(values.length);
      expect(lines.find(({ name }) => name.endsWith('_sum'))!.value).toBeCloseTo(
        values.reduce((sum, value) => sum + value),
        6,
      );
    }),
  );
});

test('each metric has its help and its type once, before its series', () => {
  const registry = new Registry();
  registry.counter('framerail_batches_total', { reason: 'size' }).add();
  registry.counter('framerail_batches_total', { reason: 'time' }).add(2);
  registry.gauge('framerail_workers', {}).set(3);
  expect(toPrometheus(registry.read())).toBe(
    [
      '# HELP framerail_workers Workers that are alive.',
      '# TYPE framerail_workers gauge',
      'framerail_workers 3',
      '# HELP framerail_batches_total Batches by what sent them: size, time, flush, end or slots.',
      '# TYPE framerail_batches_total counter',
      'framerail_batches_total{reason="size"} 1',
      'framerail_batches_total{reason="time"} 2',
      '',
    ].join('\n'),
  );
});

test('the names of the table follow the rules: prefix, unit, _total for counters alone', () => {
  for (const [name, meaning] of Object.entries<MetricMeaning>(METRICS)) {
    expect(name).toMatch(/^framerail_[a-z_]+$/);
    expect(name.endsWith('_total'), name).toBe(meaning.kind === 'counter');
    if (meaning.kind !== 'counter' && ['seconds', 'bytes', 'ratio'].includes(meaning.unit))
      expect(name.endsWith(`_${meaning.unit}`), name).toBe(true);
    expect(meaning.kind === 'histogram', name).toBe(meaning.bounds !== undefined);
    const bounds = meaning.bounds ?? [];
    expect(bounds.toSorted((a, b) => a - b)).toEqual(bounds);
    expect(meaning.help).toMatch(/^[A-Z].*\.$/);
  }
});

test('counters never fall, and series without end become one', () => {
  const registry = new Registry();
  const counter = registry.counter('framerail_batches_total', { reason: 'size' });
  for (const amount of [5, -3, Number.NaN, Infinity]) counter.add(amount);
  for (let i = 0; i < 5000; i++) registry.counter('framerail_batches_total', { reason: `r${String(i)}` }).add();
  const [metric] = registry.read();
  expect(metric!.series.length).toBe(101);
  expect(metric!.series[0]).toMatchObject({ labels: { reason: 'size' }, value: 5 });
  expect(metric!.series.at(-1)).toMatchObject({ labels: { reason: 'other' }, value: 4901 });
});

test('a snapshot is plain JSON with percentiles, the alerts, and what collectors work out', () => {
  const telemetry = new Telemetry();
  const stop = telemetry.metrics.collect(() => telemetry.metrics.gauge('framerail_workers', {}).set(7));
  const times = telemetry.metrics.histogram('framerail_batch_queue_seconds', {});
  for (let i = 1; i <= 100; i++) times.observe(i / 1000);
  telemetry.alerts.level('pool-use', 0.9, { above: 0.8, clearAt: 0.7 }, () => 'Much is used.');
  const snapshot = telemetry.snapshot();
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(structuredClone(snapshot));
  expect(snapshot.alerts).toMatchObject([{ name: 'pool-use', value: 0.9 }]);
  const byName = Object.fromEntries(snapshot.metrics.map((metric) => [metric.name, metric.series[0]!]));
  expect(byName['framerail_workers']!.value).toBe(7);
  expect(byName['framerail_alerts_total']).toMatchObject({ labels: { alert: 'pool-use' }, value: 1 });
  const { recent } = byName['framerail_batch_queue_seconds']!.histogram!;
  for (const [name, truth] of [
    ['p50', 0.05],
    ['p95', 0.095],
    ['p99', 0.099],
  ] as const)
    expect(Math.abs(recent[name]! - truth) / truth).toBeLessThan(0.01);
  stop();
});
