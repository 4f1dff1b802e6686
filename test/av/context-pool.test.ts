// What is dear to open is opened once, counted, and closed in the end.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ContextPool } from '#dist/av/context-pool.js';
import { failure } from '../support/failure.js';

interface Thing {
  readonly key: string;
  open: boolean;
}

function pool(capacity?: number, shared = false) {
  const made: Thing[] = [];
  const things = new ContextPool<Thing>({
    what: 'things',
    close: (thing) => {
      if (!thing.open) throw new Error('Closed twice.');
      thing.open = false;
    },
    shared,
    ...(capacity === undefined ? {} : { capacity }),
  });
  const open = (key: string) => () => {
    const thing = { key, open: true };
    made.push(thing);
    return thing;
  };
  return { things, made, open };
}

test('who comes with the same key gets what another one has given back', () => {
  const { things, open } = pool();
  const first = things.tryAcquire('a', open('a'));
  const other = things.tryAcquire('a', open('a'));
  expect(other?.value).not.toBe(first?.value);
  first?.release();
  const again = things.tryAcquire('a', open('a'));
  expect(again?.value).toBe(first?.value);
  expect(things.counts).toEqual({ opened: 2, reused: 1, closed: 0, open: 2, inUse: 2, waiting: 0 });
});

test('32 at most; the one that nobody used for the longest makes room', () => {
  const { things, made, open } = pool();
  const leases = Array.from({ length: 32 }, (_, i) => things.tryAcquire(String(i), open(String(i))));
  expect(things.tryAcquire('32', open('32'))).toBeUndefined();
  leases[5]?.release();
  leases[3]?.release();
  expect(things.tryAcquire('32', open('32'))).toBeDefined();
  expect(made.filter((thing) => !thing.open).map(({ key }) => key)).toEqual(['5']);
  expect(things.counts).toMatchObject({ open: 32, inUse: 31, closed: 1 });
});

test('a call waits for room, and only so long', async () => {
  const { things, open } = pool(1);
  const lease = things.tryAcquire('a', open('a'));
  const error = await failure(() => things.acquire('b', open('b'), { timeout: 5 }));
  expect([error.code, error.message]).toEqual([
    'FR_TIMEOUT',
    'All 1 things stayed in use for 5 ms; run fewer jobs at once.',
  ]);
  const waiting = things.acquire('b', open('b'));
  expect(things.counts.waiting).toBe(1);
  lease?.release();
  expect((await waiting).value.key).toBe('b');
  expect(things.counts).toMatchObject({ waiting: 0, open: 1, closed: 1 });
});

test('shared things are opened once and counted by their users; a broken one goes with the last of them', () => {
  const { things, made, open } = pool(4, true);
  const [one, two] = [things.tryAcquire('a', open('a')), things.tryAcquire('a', open('a'))];
  expect(one?.value).toBe(two?.value);
  one?.discard();
  expect(made[0]?.open).toBe(true);
  expect(things.tryAcquire('a', open('a'))?.value).not.toBe(two?.value);
  two?.release();
  expect(made[0]?.open).toBe(false);
});

test('warm ones lie ready, and a failure to open is the caller\u2019s', () => {
  const { things, open } = pool(3);
  expect(things.warm('a', open('a'), 2)).toBe(2);
  expect(things.warm('b', open('b'), 5)).toBe(1);
  expect(things.tryAcquire('a', open('a'))).toBeDefined();
  expect(things.counts).toMatchObject({ opened: 3, reused: 1 });
  const fails = (): Thing => {
    throw new Error('no');
  };
  things.clear();
  expect(things.counts).toMatchObject({ open: 1, inUse: 1 });
  expect(() => things.tryAcquire('c', fails)).toThrow('no');
  expect(things.counts.open).toBe(1);
});

test('whatever is done, what is open is counted, and nobody has what another one has', () => {
  const step = fc.record({ what: fc.constantFrom('acquire', 'release', 'discard', 'clear'), which: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { things, made, open } = pool(4);
      const held: NonNullable<ReturnType<typeof things.tryAcquire>>[] = [];
      for (const { what, which } of steps) {
        const key = String(which % 3);
        if (what === 'acquire') {
          const lease = things.tryAcquire(key, open(key));
          if (lease === undefined) expect(held).toHaveLength(4);
          else held.push(lease);
        }
        if (what === 'release') held.splice(which, 1)[0]?.release();
        if (what === 'discard') held.splice(which, 1)[0]?.discard();
        if (what === 'clear') things.clear();
        const { counts } = things;
        expect(counts.open).toBe(made.filter((thing) => thing.open).length);
        expect(counts.inUse).toBe(held.length);
        expect(new Set(held.map(({ value }) => value)).size).toBe(held.length);
        expect(held.every(({ value }) => value.open)).toBe(true);
      }
    }),
  );
});
