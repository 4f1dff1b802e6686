// Sources that join a feed: whatever their clocks say, times at the destinations go on, and tracks keep their distance.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RelayClock } from '#dist/relay/clock.js';

const KINDS = ['audio', 'video'] as const;

test('times never go back, and one offset holds for both tracks of each source', () => {
  const source = fc.record({
    from: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    apart: fc.integer({ min: -200, max: 200 }),
    length: fc.integer({ min: 1, max: 100 }),
    pause: fc.integer({ min: -800, max: 5000 }),
  });
  fc.assert(
    fc.property(fc.array(source, { minLength: 1, maxLength: 8 }), (sources) => {
      const clock = new RelayClock();
      const given = { audio: -1, video: -1 };
      for (const { from, apart, length, pause } of sources) {
        clock.join(from, Math.max(1000, clock.latest + pause));
        const joined = { audio: false, video: false };
        const offsets = new Set<number>();
        for (let i = 0; i < length; i++)
          for (const kind of KINDS) {
            const at = from + i * 40 + (kind === 'audio' ? apart : 0);
            const timestamp = ((at % 2 ** 32) + 2 ** 32) % 2 ** 32;
            if (!joined[kind] && clock.overlaps(kind, timestamp)) continue;
            joined[kind] = true;
            const time = clock.time(kind, timestamp);
            expect(time).toBeGreaterThanOrEqual(given[kind]);
            given[kind] = time;
            offsets.add(time - at);
          }
        expect(offsets.size).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 300 },
  );
});
