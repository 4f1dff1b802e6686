// Who gets which job: nothing is lost or done twice, lanes take turns, sources stay where they were, idle workers steal.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LaneDeque, Turns, type Waiting } from '#dist/workers/lane-deque.js';
import { Scheduler } from '#dist/workers/scheduler.js';

interface Job extends Waiting {
  readonly order: number;
}

const job = (order: number, source?: string, lane = 'calls'): Job => ({ order, lane, source });

describe('a deque', () => {
  test('lanes take turns, and a lane that comes late does not wait for a long one', () => {
    const deque = new LaneDeque<Job>(new Turns());
    for (let i = 0; i < 4; i++) deque.add(job(i, undefined, 'batch'));
    const taken = [deque.take(() => true)?.order];
    deque.add(job(10, undefined, 'one'));
    deque.add(job(11, undefined, 'one'));
    for (let i = 0; i < 5; i++) taken.push(deque.take(() => true)?.order);
    expect(taken).toEqual([0, 10, 1, 11, 2, 3]);
    expect(deque.size).toBe(0);
    expect(deque.take(() => true)).toBeUndefined();
  });

  test('a lane that is empty in between has no more turns than others', () => {
    const deque = new LaneDeque<Job>(new Turns());
    for (let i = 0; i < 6; i++) deque.add(job(i, undefined, 'batch'));
    const lanes: (string | undefined)[] = [];
    for (let i = 0; i < 6; i++) {
      deque.add(job(100 + i, undefined, 'one'));
      lanes.push(deque.take(() => true)?.lane);
    }
    expect(lanes.filter((lane) => lane === 'batch')).toHaveLength(3);
  });

  test('gives the half that came last, and a job that runs again is in front of those that came later', () => {
    const deque = new LaneDeque<Job>(new Turns());
    for (const order of [1, 2, 3, 4, 5]) deque.add(job(order));
    expect(deque.giveHalf().map(({ order }) => order)).toEqual([3, 4, 5]);
    deque.add(job(0));
    expect(deque.take(() => true)?.order).toBe(0);
    expect(deque.oldest?.order).toBe(1);
  });
});

describe('a scheduler', () => {
  test('a source stays with the worker that read it, unless that one is behind by much', () => {
    const scheduler = new Scheduler<object, Job>({ perSource: 8, steal: false });
    const [a, b] = [{}, {}];
    scheduler.add(a);
    scheduler.add(b);
    expect(scheduler.place(job(0, '/x/1'), [a, b])).toBe(a);
    scheduler.next(a);
    expect(scheduler.place(job(1, '/y/1'), [a, b])).toBe(b);
    scheduler.next(b);
    // Neighbours go where neighbours were, among workers that are equally busy.
    expect(scheduler.place(job(2, '/y/2'), [a, b])).toBe(b);
    const homes = Array.from({ length: 7 }, (_, i) => scheduler.place(job(3 + i, '/x/1'), [a, b]) === a);
    expect(homes.slice(0, 5)).toEqual([true, true, true, true, true]);
    expect(homes).toContain(false);
    scheduler.ended(a);
    scheduler.next(a);
    expect(scheduler.stats.kept).toBe(1);
  });

  test('an idle worker takes half of what waits for the busiest one, and nothing where stealing is off', () => {
    for (const steal of [true, false]) {
      const scheduler = new Scheduler<object, Job>({ perSource: 8, steal });
      const [a, b] = [{}, {}];
      scheduler.add(a);
      for (let i = 0; i < 6; i++) scheduler.place(job(i, `/v/${String(i)}`), [a]);
      scheduler.next(a);
      scheduler.add(b);
      expect(scheduler.next(b)?.order).toBe(steal ? 3 : undefined);
      expect(scheduler.stats).toMatchObject(steal ? { steals: 1, stolen: 3 } : { steals: 0, stolen: 0 });
    }
  });

  test('no more jobs of one source run at once than may, wherever they wait', () => {
    const scheduler = new Scheduler<object, Job>({ perSource: 2, steal: true });
    const workers = [{}, {}, {}];
    for (const worker of workers) scheduler.add(worker);
    for (let i = 0; i < 5; i++) scheduler.place(job(i, '/v'), workers);
    scheduler.place(job(5, '/w'), workers);
    const running = workers.map((worker) => scheduler.next(worker)?.source);
    expect(running.toSorted()).toEqual(['/v', '/v', '/w']);
    const [first = {}] = workers;
    scheduler.ended(first);
    expect(scheduler.next(first)?.source).toBe('/v');
  });

  test('whatever happens, every job runs once or is cancelled, and no source beyond its limit', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('job' as const), source: fc.nat(3), lane: fc.nat(2) }),
      fc.record({ kind: fc.constantFrom('next' as const, 'end' as const, 'die' as const), worker: fc.nat(3) }),
      fc.record({ kind: fc.constant('cancel' as const), which: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 3 }), (steps, perSource) => {
        const scheduler = new Scheduler<object, Job>({ perSource, steal: true });
        let workers: object[] = [0, 1, 2, 3].map(() => ({}));
        for (const worker of workers) scheduler.add(worker);
        const running = new Map<object, Job>();
        const waiting = new Set<Job>();
        let order = 0;
        for (const each of steps) {
          if (each.kind === 'job') {
            const made = job(order++, `/v/${String(each.source)}`, String(each.lane));
            waiting.add(made);
            scheduler.place(made, workers);
          } else if (each.kind === 'cancel') {
            const [gone] = [...waiting].slice(each.which % Math.max(1, waiting.size));
            if (gone !== undefined) expect(scheduler.cancel(gone)).toBe(true);
            if (gone !== undefined) waiting.delete(gone);
          } else {
            const worker = workers[each.worker % workers.length] ?? {};
            if (each.kind === 'next' && !running.has(worker)) {
              const next = scheduler.next(worker);
              if (next !== undefined) {
                expect(waiting.delete(next)).toBe(true);
                running.set(worker, next);
              }
            } else if (each.kind === 'end') {
              expect(scheduler.ended(worker)).toBe(running.delete(worker));
            } else if (each.kind === 'die' && workers.length > 1) {
              workers = workers.filter((other) => other !== worker);
              running.delete(worker);
              for (const orphan of scheduler.remove(worker)) scheduler.place(orphan, workers);
            }
          }
          expect(scheduler.waiting).toBe(waiting.size);
          expect(scheduler.oldest?.order).toBe([...waiting].map((one) => one.order).sort((a, b) => a - b)[0]);
          const counts = new Map<string | undefined, number>();
          for (const { source } of running.values()) counts.set(source, (counts.get(source) ?? 0) + 1);
          expect(Math.max(0, ...counts.values())).toBeLessThanOrEqual(perSource);
        }
        // What waits is reached by whoever is idle, as long as somebody is.
        for (const worker of workers) {
          scheduler.ended(worker);
          running.delete(worker);
        }
        for (const [worker = {}] of [workers]) {
          for (let next = scheduler.next(worker); next !== undefined; next = scheduler.next(worker)) {
            expect(waiting.delete(next)).toBe(true);
            scheduler.ended(worker);
          }
        }
        expect(waiting.size).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
