// Batches settle soon after a step of the load, stay put under noise, keep to their bounds, and beat the published rule.
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { BatchController, type BatchMode, type BatchObservation } from '#dist/workers/index.js';
import { LADDER } from '#dist/workers/batch-band.js';
import {
  changes,
  PublishedRule,
  simulate,
  turns,
  type Load,
  type Rule,
  type Seen,
} from '../support/batch-simulation.js';
import { random } from '../support/random.js';

/** The controller as the simulation drives it. */
class Adaptive implements Rule {
  readonly controller: BatchController;

  constructor(size?: number) {
    this.controller = new BatchController({ mode: 'adaptive', size });
  }

  get size(): number {
    return this.controller.decision.size;
  }

  get delay(): number {
    return this.controller.decision.delay;
  }

  next(seen: Seen): void {
    this.controller.next(seen);
  }
}

/** Any load; memory is not within the noise of a mark (0.75 and 0.85), where the next test looks. */
const loads: fc.Arbitrary<Load> = fc.record({
  arrival: fc.double({ min: 0.5, max: 40, noNaN: true }),
  perBatch: fc.double({ min: 0, max: 60, noNaN: true }),
  perFrame: fc.double({ min: 0, max: 30, noNaN: true }),
  memory: fc.oneof(fc.double({ min: 0, max: 0.7, noNaN: true }), fc.double({ min: 0.91, max: 0.99, noNaN: true })),
  cpu: fc.double({ min: 0, max: 1, noNaN: true }),
  slots: fc.constantFrom(120, 256),
  noise: fc.constantFrom(0, 0.02, 0.05),
});

/** What is seen of a batch under a load, without queues: the size that was decided is what the batch holds. */
function observe(load: Load, size: number, next: () => number): BatchObservation {
  const stray = (value: number): number => value * (1 + (2 * next() - 1) * load.noise);
  return {
    arrivalInterval: stray(load.arrival),
    consumerTime: stray(load.perBatch + load.perFrame * size),
    memoryPressure: Math.min(1, stray(load.memory)),
    cpuLoad: Math.min(1, stray(load.cpu)),
    slots: load.slots,
  };
}

/** Whether the consumer's share of time lies about a mark whatever the size: then noise decides, see the next test. */
function onMark({ arrival, perBatch, perFrame }: Load): boolean {
  const near = LADDER.filter((size) => {
    const share = (perBatch / size + perFrame) / arrival;
    return [0.55, 0.85].some((mark) => Math.abs(share / mark - 1) < 0.12);
  });
  return near.length > 2;
}

function rung(size: number): number {
  return LADDER.indexOf(size);
}

describe('adaptive batches', () => {
  test('settle within 10 batches after a step of the load, and then stay within one step', () => {
    fc.assert(
      fc.property(loads, loads, fc.nat(), fc.constantFrom(5, 10, 50), (first, second, seed, start) => {
        fc.pre(!onMark(first) && !onMark(second));
        const next = random(seed);
        const controller = new BatchController({ mode: 'adaptive', size: start });
        for (const load of [first, second]) {
          const sizes: number[] = [];
          for (let batch = 0; batch < 80; batch++)
            sizes.push(controller.next(observe(load, controller.decision.size, next)).size);
          const settled = rung(sizes[9]!);
          const later = sizes.slice(10).map((size) => rung(size) - settled);
          expect(Math.max(...later.map(Math.abs)), sizes.join(' ')).toBeLessThanOrEqual(1);
          expect(changes(sizes.slice(9)), sizes.join(' ')).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('memory that trembles about a mark, or is short because of the batches, never makes them swing', () => {
    const memory = fc.double({ min: 0.6, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        loads,
        memory,
        fc.double({ min: 0, max: 0.4, noNaN: true }),
        fc.nat(),
        (load, pressure, share, seed) => {
          const tight = { ...load, memory: pressure * (1 - share), memoryPerSize: share, noise: 0.05 };
          const { sizes } = simulate(new Adaptive(), 400, () => tight, seed);
          // The published rule turns a hundred times and more here.
          expect(turns(sizes.slice(10)), sizes.join(' ')).toBeLessThanOrEqual(20);
        },
      ),
    );
  });

  test('never leave 5 to 50, nor half of the slots', () => {
    const seen = fc.record({
      arrivalInterval: fc.double({ min: 0, max: 1e6, noNaN: true }),
      consumerTime: fc.double({ min: 0, max: 1e6, noNaN: true }),
      items: fc.option(fc.nat({ max: 500 }), { nil: undefined }),
      memoryPressure: fc.double({ min: 0, max: 1, noNaN: true }),
      cpuLoad: fc.double({ min: 0, max: 1, noNaN: true }),
      slots: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(fc.array(seen, { maxLength: 60 }), fc.integer({ min: 1, max: 256 }), (list, start) => {
        const controller = new BatchController({ mode: 'adaptive', size: start, slots: 256 });
        for (const one of list) {
          const { size, delay } = controller.next(one);
          const most = Math.max(1, Math.floor(one.slots / 2));
          expect(size).toBeLessThanOrEqual(Math.min(50, most));
          expect(size).toBeGreaterThanOrEqual(Math.min(5, most));
          expect(delay >= 4 && delay <= 64).toBe(true);
        }
      }),
    );
  });

  test('say why', () => {
    const calm = { arrivalInterval: 10, memoryPressure: 0.2, cpuLoad: 0.2, slots: 256 };
    const reasons = (seen: Omit<BatchObservation, 'slots'> & { slots?: number }, size = 10): string[] => {
      const controller = new BatchController({ mode: 'adaptive', size });
      return [
        controller.decision.reason,
        ...Array.from({ length: 12 }, () => controller.next({ slots: 256, ...seen }).reason),
      ];
    };
    expect(reasons({ ...calm, consumerTime: 70 })).toEqual(['start', ...Array<string>(12).fill('hold')]);
    expect(reasons({ ...calm, consumerTime: 500 })).toContain('consumer-slow');
    expect(reasons({ ...calm, consumerTime: 1 })).toContain('consumer-idle');
    expect(reasons({ ...calm, consumerTime: 70, memoryPressure: 0.95 }).slice(3)).toContain('memory-short');
    expect(reasons({ ...calm, consumerTime: 70, slots: 6 }).at(-1)).toBe('slots');
    const controller = new BatchController({ mode: 'adaptive', size: 50 });
    const under = (memoryPressure: number): string[] =>
      Array.from(
        { length: 12 },
        () => controller.next({ ...calm, memoryPressure, consumerTime: 350, items: 50 }).reason,
      );
    expect(under(0.95)).toContain('memory-short');
    expect(controller.decision.size).toBe(5);
    expect(under(0.2)).toContain('memory-free');
    expect(controller.decision.size).toBe(50);
  });

  test('do not shrink while the processor is busy, since smaller batches are more messages', () => {
    const controller = new BatchController({ mode: 'adaptive', size: 40 });
    const seen = { arrivalInterval: 10, consumerTime: 10, memoryPressure: 0.2, slots: 256 };
    for (let i = 0; i < 20; i++) controller.next({ ...seen, cpuLoad: 0.95 });
    expect(controller.decision.size).toBe(40);
    for (let i = 0; i < 12; i++) controller.next({ ...seen, cpuLoad: 0.3 });
    expect(controller.decision.size).toBe(5);
  });
});

test.each<[BatchMode, number, number, number]>([
  ['fixed', 10, 16, 16],
  ['low-latency', 5, 4, 8],
  ['throughput', 50, 32, 64],
])('%s keeps its size of %d, and its delay between %d and %d ms', (mode, size, least, most) => {
  const controller = new BatchController({ mode });
  const delays = [controller.decision.delay];
  for (const arrivalInterval of [0.01, 0.01, 0.01, 0.5, 0.5, 1, 3, 10, 40, 40, 40, 40, 0.01])
    delays.push(
      controller.next({ arrivalInterval, consumerTime: 5, memoryPressure: 0.9, cpuLoad: 0.9, slots: 256 }).delay,
    );
  expect(controller.decision).toMatchObject({ size, reason: 'mode' });
  expect([Math.min(...delays), Math.max(...delays)]).toEqual([least, most]);
});

test('a size of its own is kept, and bounded by the slots', () => {
  const controller = new BatchController({ size: 30, delay: 7, slots: 20 });
  expect(controller.decision).toEqual({ size: 10, delay: 7, reason: 'slots' });
  const seen = { arrivalInterval: 1, consumerTime: 5, memoryPressure: 0.5, cpuLoad: 0.5 };
  expect(controller.next({ ...seen, slots: 100 })).toEqual({ size: 30, delay: 7, reason: 'mode' });
});

test('beats the published rule: never slower, less waiting, and a size that stays', () => {
  const base = { memory: 0.4, cpu: 0.3, slots: 120, noise: 0.1 };
  const cases: Record<string, Load> = {
    'a consumer with time to spare': { ...base, arrival: 5, perBatch: 3, perFrame: 1 },
    'live at 30 frames/s': { ...base, arrival: 33, perBatch: 5, perFrame: 8 },
    'a consumer that is dear to wake, CPU at 0.75': { ...base, arrival: 2, perBatch: 20, perFrame: 0.4, cpu: 0.75 },
    'CPU that jumps from 0.2 to 0.8': { ...base, arrival: 2, perBatch: 12, perFrame: 0.4, cpu: 0.5, cpuNoise: 0.6 },
    'memory that batches fill': { ...base, arrival: 2, perBatch: 14, perFrame: 0.3, memory: 0.4, memoryPerSize: 0.6 },
    'too much for any size': { ...base, arrival: 1, perBatch: 10, perFrame: 1.2 },
  };
  const rows = Object.entries(cases).map(([name, load]) => {
    const [theirs, ours] = [new PublishedRule(), new Adaptive()].map((rule) => {
      const { sizes, waits, throughput } = simulate(rule, 500, () => load, 7);
      return {
        changes: changes(sizes.slice(10)),
        turns: turns(sizes.slice(10)),
        size: sizes.at(-1),
        wait: waits.mean,
        throughput,
      };
    });
    return { name, theirs: theirs!, ours: ours! };
  });
  const show = ({ changes: count, turns: back, size, wait, throughput }: (typeof rows)[0]['ours']): string =>
    `${String(count)} changes, ${String(back)} turns, size ${String(size)}, waits ${wait.toFixed(1)} ms, ${throughput.toFixed(0)} frames/s`;
  const told = rows.map(({ name, theirs, ours }) => `${name}: ${show(theirs)} | ours: ${show(ours)}`).join('\n');
  if (process.env['SHOW'] !== undefined) console.log(told);
  for (const { ours, theirs } of rows) {
    expect(ours.throughput, told).toBeGreaterThanOrEqual(theirs.throughput * 0.99);
    expect(ours.changes, told).toBeLessThanOrEqual(2);
  }
  const sum = (of: 'ours' | 'theirs', what: 'changes' | 'wait' | 'throughput'): number =>
    rows.reduce((total, row) => total + row[of][what], 0);
  expect(sum('ours', 'wait'), told).toBeLessThan(sum('theirs', 'wait'));
  expect(sum('ours', 'changes'), told).toBeLessThan(sum('theirs', 'changes'));
  expect(sum('ours', 'throughput'), told).toBeGreaterThan(sum('theirs', 'throughput'));
});
