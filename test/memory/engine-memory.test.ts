// Arenas and pools of buffers under one budget: what they count, how they are tuned, and who waits for whom.
import { expect, onTestFinished, test, vi } from 'vitest';
import fc from 'fast-check';
import { FramerailError } from '#dist/base/index.js';
import { Telemetry, type AlertEvent } from '#dist/telemetry/index.js';
import {
  Arena,
  BufferPool,
  CONTROL_BYTES,
  createRegion,
  EngineMemory,
  fragmentation,
  hitRate,
  PAGE,
  planTuning,
  regionBytesFor,
  tierOf,
  type Lease,
  type PoolMinute,
  type Range,
} from '#dist/memory/index.js';
import { reserveAndUse } from '../support/arena.js';
import { eventually } from '../support/eventually.js';
import { failure } from '../support/failure.js';

const MIB = 1024 * 1024;

function arena(bytes: number, memory?: EngineMemory): Arena {
  return new Arena(createRegion('heap', CONTROL_BYTES + bytes), { memory });
}

test('tiers and sizes of regions', () => {
  expect([1, MIB, MIB + 1, 10 * MIB, 10 * MIB + 1].map(tierOf)).toEqual([
    'small',
    'small',
    'medium',
    'medium',
    'large',
  ]);
  const frame = 1920 * 1080 * 3;
  expect(regionBytesFor(frame, undefined, 2 ** 36)).toBe(Math.ceil((frame * 8 * 1.5) / MIB) * MIB);
  expect(regionBytesFor(frame, 60, 2 ** 36)).toBe(Math.ceil((frame * 60 * 1.5) / MIB) * MIB);
  expect(regionBytesFor(frame, 500, 2 ** 36)).toBe(regionBytesFor(frame, 60, 2 ** 36));
  expect(regionBytesFor(frame, 60, 256 * MIB)).toBe(128 * MIB);
  expect(regionBytesFor(100, 8, 2 ** 36)).toBe(16 * MIB);
});

test('a job under pressure gets what is left, at least two slots, and waits for them', async () => {
  const memory = new EngineMemory({ limit: 10 * MIB });
  const [one, two] = [arena(64 * MIB, memory), arena(64 * MIB, memory)];
  const first = await reserveAndUse(one, MIB, 8);
  expect(first.length).toBe(8);
  const second = await reserveAndUse(two, MIB, 8);
  expect(second.length).toBe(2);
  const third = reserveAndUse(arena(64 * MIB, memory), MIB, 8);
  expect(memory.stats()).toMatchObject({ used: 10 * MIB, waiting: 1 });
  one.give(first.slice(0, 1));
  expect(memory.stats().waiting).toBe(1);
  one.give(first.slice(1));
  expect((await third).length).toBe(8);
});

test('a job that can never have two slots fails at once; one slot is enough for who asks for one', async () => {
  const memory = new EngineMemory({ limit: 10 * MIB });
  const one = arena(64 * MIB, memory);
  const error = await failure(() => reserveAndUse(one, 6 * MIB, 8));
  expect(error).toMatchObject({ code: 'FR_MEMORY_BUDGET', details: { bytes: 12 * MIB, budget: 10 * MIB } });
  expect(error.message).toContain('2 slots of 6291456 bytes need 12 MiB at least');
  expect((await reserveAndUse(one, 6 * MIB, 1)).length).toBe(1);
});

test('the death of a worker gives back what nobody reads, and the rest with the last frame', async () => {
  const memory = new EngineMemory({ limit: 20 * MIB });
  const one = arena(64 * MIB, memory);
  const ranges = await reserveAndUse(one, 2 * MIB, 6);
  one.give(ranges.slice(2));
  expect(memory.stats()).toMatchObject({ used: 4 * MIB, idle: 8 * MIB });
  one.retire();
  expect(memory.stats()).toMatchObject({ used: 4 * MIB, idle: 0 });
  one.give(ranges.slice(0, 2));
  expect(memory.stats()).toMatchObject({ used: 0, idle: 0, usedByTier: { small: 0, medium: 0, large: 0 } });
});

test('blocks that are committed ahead make hits, until the budget or the region is full', async () => {
  const memory = new EngineMemory({ limit: 12 * MIB });
  const pools = [
    { bytes: MIB, count: 4 },
    { bytes: 5 * MIB, count: 10 },
  ];
  const region = createRegion('memfd', CONTROL_BYTES + 64 * MIB);
  onTestFinished(() => region.close());
  const commit = vi.spyOn(region, 'commit');
  const one = new Arena(region, { memory, pools });
  await eventually(() => expect(commit.mock.calls.length).toBe(5));
  expect(commit.mock.calls.map(([, length]) => length / MIB)).toEqual([1, 1, 1, 1, 5]);
  expect(memory.stats()).toMatchObject({ idle: 9 * MIB, fragmentation: 0 });
  await reserveAndUse(one, 1.5 * MIB, 2);
  expect(memory.stats()).toMatchObject({ hitRate: 1, used: 3 * MIB, idle: 6 * MIB });
});

test('the formulas', () => {
  expect([hitRate(0, 0), hitRate(3, 4), hitRate(0, 2)]).toEqual([1, 0.75, 0]);
  expect([fragmentation(0, 0), fragmentation(30, 100), fragmentation(100, 100)]).toEqual([0, 0.7, 0]);
});

test('hit rate, fragmentation and use of an arena, as its metrics tell them', async () => {
  const telemetry = new Telemetry();
  const memory = new EngineMemory({ limit: 100 * MIB, telemetry });
  const one = arena(64 * MIB, memory);
  const ranges = await reserveAndUse(one, 2 * MIB, 8);
  // Every other one goes back: eight free MiB in four pieces.
  one.give(ranges.filter((_, i) => i % 2 === 0));
  expect(memory.stats()).toMatchObject({ requests: 8, hitRate: 0, fragmentation: 0.75, used: 8 * MIB, idle: 8 * MIB });
  await reserveAndUse(one, 2 * MIB, 2);
  await reserveAndUse(one, MIB / 2, 1);
  const stats = memory.stats();
  expect(stats).toMatchObject({ requests: 11, usedByTier: { small: MIB / 2, medium: 12 * MIB, large: 0 } });
  expect(stats.hitRate).toBeCloseTo(3 / 11, 10);
  await failure(() => reserveAndUse(one, 200 * MIB, 2));
  const lines = telemetry.prometheus().split('\n');
  for (const line of [
    `framerail_pool_budget_bytes ${String(100 * MIB)}`,
    `framerail_pool_used_bytes{tier="medium"} ${String(12 * MIB)}`,
    `framerail_pool_idle_bytes ${String(stats.idle)}`,
    `framerail_pool_fragmentation_ratio ${String(stats.fragmentation)}`,
    `framerail_pool_hit_ratio ${String(3 / 11)}`,
    'framerail_pool_requests_total{tier="medium",outcome="hit"} 2',
    'framerail_pool_requests_total{tier="medium",outcome="miss"} 8',
    'framerail_pool_requests_total{tier="large",outcome="refused"} 1',
    'framerail_pool_allocation_seconds_count{tier="small"} 1',
    'framerail_pool_wait_seconds_count 3',
  ])
    expect(lines).toContain(line);
});

test('an alert above 80 % of the budget, over at 70 %', async () => {
  const telemetry = new Telemetry();
  const events: AlertEvent[] = [];
  telemetry.onAlert((event) => events.push(event));
  const pool = new BufferPool({ memory: new EngineMemory({ limit: 100 * PAGE, telemetry }) });
  const leases: Lease[] = [];
  const states = async (pages: number): Promise<string[]> => {
    while (leases.length < pages) leases.push(await pool.acquire(PAGE));
    while (leases.length > pages) leases.pop()!.release();
    return events.map(({ state, value }) => `${state} ${value.toFixed(2)}`);
  };
  expect(await states(80)).toEqual([]);
  expect(await states(90)).toEqual(['fired 0.81']);
  expect(await states(75)).toEqual(['fired 0.81']);
  expect(await states(10)).toEqual(['fired 0.81', 'cleared 0.70']);
});

const calm: PoolMinute = {
  requests: 100,
  hits: 100,
  peakUsed: 64,
  idle: 64,
  largestIdle: 64,
  target: 64,
  floor: 64,
  most: 512,
};

test.each<[string, Partial<PoolMinute>, object]>([
  ['all is well', {}, { target: 64, trim: 0, actions: [] }],
  ['misses: more stays warm', { hits: 69 }, { target: 96, trim: 0, actions: ['grow'] }],
  ['misses: as much as was in use at once', { hits: 0, peakUsed: 300 }, { target: 300, actions: ['grow'] }],
  ['misses at the largest target', { hits: 0, target: 512, peakUsed: 500 }, { target: 512, actions: [] }],
  ['scattered: the short runs go', { idle: 100, largestIdle: 35 }, { trim: 50, actions: ['compact'] }],
  ['scattered a little', { idle: 100, largestIdle: 71 }, { trim: 0, actions: [] }],
  [
    'more than was needed',
    { target: 400, idle: 300, largestIdle: 300 },
    { target: 200, trim: 100, actions: ['shrink'] },
  ],
  [
    'nobody asked',
    { requests: 0, hits: 0, peakUsed: 0, idle: 40 * MIB, largestIdle: 40 * MIB, target: 64 * MIB, floor: 64 * MIB },
    { target: 64 * MIB, trim: 20 * MIB, actions: ['shrink'] },
  ],
  [
    'nobody asked, and little is left',
    { requests: 0, hits: 0, peakUsed: 0, idle: MIB, largestIdle: MIB, target: 64 * MIB, floor: 64 * MIB },
    { trim: MIB, actions: ['shrink'] },
  ],
])('tuning, %s', (_, minute, plan) => {
  expect(planTuning({ ...calm, ...minute })).toMatchObject(plan);
});

test('once a minute memory is tuned on use, and by a timer while nobody uses it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const telemetry = new Telemetry();
  const memory = new EngineMemory({ limit: 200 * MIB, telemetry });
  const one = arena(128 * MIB, memory);
  one.give(await reserveAndUse(one, 8 * MIB, 4));
  expect(memory.stats().idle).toBe(32 * MIB);
  expect(one.target).toBe(64 * MIB);
  vi.advanceTimersByTime(60_000);
  // Four misses: it may keep more from now on.
  expect(one.target).toBe(96 * MIB);
  const left: number[] = [];
  for (let minute = 0; minute < 8; minute++) {
    vi.advanceTimersByTime(60_000);
    left.push(memory.stats().idle / MIB);
  }
  expect(left).toEqual([16, 8, 4, 2, 1, 0, 0, 0]);
  expect(one.target).toBe(64 * MIB);
  // Without idle memory no timer is left.
  expect(vi.getTimerCount()).toBe(0);
  memory.close();
});

test('a buffer has exactly the bytes that were asked for, and is used again for needs like it', async () => {
  const memory = new EngineMemory({ limit: 100 * MIB });
  const pool = new BufferPool({ memory });
  const need = Math.round(6.2 * MIB);
  const first = await pool.acquire(need);
  const { buffer } = first.bytes;
  expect(first.bytes.byteLength).toBe(need);
  expect(memory.stats().used).toBe(Math.ceil(need / PAGE) * PAGE);
  first.release();
  const again = await pool.acquire(6 * MIB);
  expect(again.bytes.buffer).toBe(buffer);
  const other = await pool.acquire(4 * MIB);
  expect(other.bytes.buffer).not.toBe(buffer);
  expect(memory.stats().hitRate).toBeCloseTo(1 / 3, 10);
  again.release();
  expect((await failure(() => again.bytes)).message).toBe('This buffer was released to its pool; lease another one.');
  // Too much would be wasted on a small need.
  const small = await pool.acquire(5 * MIB);
  expect(small.bytes.buffer).not.toBe(buffer);
  for (const lease of [other, small]) lease.release();
});

test('buffers made ahead are hits, and rare lengths go first', async () => {
  const memory = new EngineMemory({ limit: 20 * MIB });
  const pools = [
    { bytes: MIB, count: 4 },
    { bytes: 5 * MIB, count: 2 },
    { bytes: 3 * MIB, count: 1 },
  ];
  const pool = new BufferPool({ memory, pools });
  expect(memory.stats()).toMatchObject({ idle: 17 * MIB, used: 0 });
  expect(memory.stats().fragmentation).toBeCloseTo(1 - 14 / 17, 10);
  pool.trim(1);
  expect(memory.stats().idle).toBe(14 * MIB);
  const lease = pool.tryAcquire(5 * MIB)!;
  expect(memory.stats()).toMatchObject({ hitRate: 1, idle: 9 * MIB });
  expect(pool.tryAcquire(16 * MIB)).toBeUndefined();
  pool.close();
  lease.release();
  expect(memory.stats()).toMatchObject({ used: 0, idle: 0 });
});

/** Two arenas and a pool of buffers under one budget, driven at random. */
type Move =
  | { readonly reserve: 0 | 1; readonly bytes: number; readonly count: number }
  | { readonly lease: number }
  | { readonly give: number; readonly touched: boolean }
  | { readonly tune: number };

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    fc.record({
      reserve: fc.constantFrom(0 as const, 1 as const),
      bytes: fc.integer({ min: 1, max: 12 * PAGE }),
      count: fc.integer({ min: 1, max: 8 }),
    }),
    fc.record({ lease: fc.integer({ min: 1, max: 40 * PAGE }) }),
    fc.record({ give: fc.nat({ max: 1000 }), touched: fc.boolean() }),
    fc.record({ tune: fc.constantFrom(10, 60_000) }),
  ),
  { maxLength: 50 },
);

test('ranges never overlap, the budget is never exceeded, and everything comes back', async () => {
  const LIMIT = 64 * PAGE;
  await fc.assert(
    fc.asyncProperty(moves, async (list) => {
      let now = 0;
      const memory = new EngineMemory({ limit: LIMIT, now: () => now });
      const arenas = [arena(48 * PAGE, memory), arena(48 * PAGE, memory)];
      const pool = new BufferPool({ memory });
      const held: {
        readonly bytes: number;
        readonly arena?: Arena;
        readonly ranges?: Range[];
        readonly lease?: Lease;
      }[] = [];
      const ends: Promise<unknown>[] = [];
      const check = (): void => {
        const { used, idle, usedByTier } = memory.stats();
        expect(used + idle).toBeLessThanOrEqual(LIMIT);
        expect(Object.values(usedByTier).reduce((sum, bytes) => sum + bytes)).toBe(used);
        for (const one of arenas) {
          let end = 0;
          const ranges = held.flatMap((entry) => (entry.arena === one ? entry.ranges! : []));
          for (const { offset, length } of ranges.toSorted((a, b) => a.offset - b.offset)) {
            expect(offset).toBeGreaterThanOrEqual(end);
            end = offset + length;
          }
        }
      };
      const give = ({ arena: one, ranges, lease }: (typeof held)[0], touched: boolean): void => {
        lease?.release();
        if (touched) for (const range of ranges ?? []) one?.use(range);
        one?.give(ranges!);
      };
      const refused = (error: unknown): void => expect(error).toMatchObject({ code: 'FR_MEMORY_BUDGET' });
      for (const move of list) {
        if ('reserve' in move) {
          const one = arenas[move.reserve]!;
          ends.push(
            reserveAndUse(one, move.bytes, move.count).then((ranges) => {
              expect(ranges.length).toBeGreaterThanOrEqual(Math.min(2, move.count));
              expect(ranges.length).toBeLessThanOrEqual(move.count);
              held.push({ bytes: move.bytes, arena: one, ranges });
            }, refused),
          );
        } else if ('lease' in move) {
          ends.push(
            pool.acquire(move.lease).then((lease) => {
              expect(lease.bytes.byteLength).toBe(move.lease);
              held.push({ bytes: move.lease, lease });
            }),
          );
        } else if ('give' in move) {
          for (const entry of held.splice(move.give % Math.max(1, held.length), 1)) give(entry, move.touched);
        } else {
          now += move.tune;
          memory.tuneWhenDue();
        }
        await new Promise(setImmediate);
        check();
      }
      const all = Promise.all(ends);
      let open = true;
      void all.finally(() => (open = false));
      while (open || held.length > 0) {
        for (const entry of held.splice(0, 1)) give(entry, true);
        await new Promise(setImmediate);
        check();
      }
      await all;
      expect(memory.stats()).toMatchObject({ used: 0, waiting: 0 });
      memory.close();
    }),
    { numRuns: 80 },
  );
});

test('memory that the system refuses ahead of time is not called warm, and harms nobody', async () => {
  const memory = new EngineMemory({ limit: 100 * MIB });
  const region = createRegion('memfd', CONTROL_BYTES + 64 * MIB);
  onTestFinished(() => region.close());
  const full = new FramerailError('FR_MEMORY_REGION', 'No memory left.');
  const commit = vi.spyOn(region, 'commit').mockImplementationOnce(() => undefined);
  commit.mockImplementation(() => {
    throw full;
  });
  const one = new Arena(region, { memory, pools: [{ bytes: MIB, count: 5 }] });
  await eventually(() => expect(commit).toHaveBeenCalledTimes(2));
  expect(memory.stats().idle).toBe(MIB);
  expect((await reserveAndUse(one, 4 * MIB, 8)).length).toBe(8);
});

test('two calls that wait for the same region never share it, and none loses its bytes', async () => {
  const memory = new EngineMemory({ limit: 8 * MIB });
  const one = arena(6 * MIB, memory);
  const other = await new BufferPool({ memory }).acquire(8 * MIB);
  const [first, second] = [reserveAndUse(one, MIB, 6), failure(() => reserveAndUse(one, MIB, 6))];
  expect(memory.stats().waiting).toBe(2);
  other.release();
  const ranges = await first;
  expect(ranges.length).toBe(6);
  expect(await second).toMatchObject({ code: 'FR_MEMORY_BUDGET' });
  expect(memory.stats()).toMatchObject({ used: 6 * MIB, waiting: 0 });
});
