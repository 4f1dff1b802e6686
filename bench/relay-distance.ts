// How many round trips a start takes when both sides are far away.
import { createRelay } from '#dist/index.js';
import { openDelayLine } from './delay-line.js';
import type { Part } from './part.js';
import { Load } from './relay-load.js';
import { median } from './statistics.js';
import { figure, judge } from './target.js';

/** Milliseconds, as between a platform and its CDN. */
const ROUND_TRIP = 40;
const METHOD = [
  'Delay lines of 20 ms each way in front of the origin and of the destination. Counted are round trips of 40 ms from',
  '`relay.start()`, the one of TCP included, until the client knows that it may publish, and until it has sent the',
  'first tag, which the destination has half a round trip later.',
  'Early: destinations are told to publish before the origin has answered.',
].join('\n');

/** Measures it. */
export async function distance(runs: number): Promise<Part> {
  const load = await Load.open({});
  const [near, far] = [await openDelayLine(load.port, ROUND_TRIP), await openDelayLine(load.port, ROUND_TRIP)];
  const sides = [false, true];
  const raw = sides.map((): { publish: number; tag: number }[] => []);
  try {
    for (let round = 0; round < runs; round++)
      for (const [i, publishEarly] of sides.entries()) {
        const relay = createRelay({
          from: `rtmp://127.0.0.1:${String(near.port)}/live/0`,
          to: [`rtmp://127.0.0.1:${String(far.port)}/live/${String(round)}`],
          publishEarly,
        });
        await relay.start();
        const [timings] = Object.values(relay.status().timings.destinations);
        raw[i]?.push({ publish: timings?.publish ?? Number.NaN, tag: timings?.firstTag ?? Number.NaN });
        await relay.stop();
      }
  } finally {
    near.close();
    far.close();
    await load.close();
  }
  // The loopback connects at once: the round trip of TCP lies in the wait of the first bytes.
  const trips = (values: readonly number[]): number => median(values) / ROUND_TRIP;
  const rows = sides.map((early, i) => [
    early ? 'publishing early' : 'publishing when the origin has answered',
    figure(trips((raw[i] ?? []).map(({ publish }) => publish)), 2),
    figure(trips((raw[i] ?? []).map(({ tag }) => tag)), 2),
  ]);
  const [usual] = raw;
  const targets = [
    judge({
      ...{ name: 'round trips until publish is accepted', ours: trips((usual ?? []).map(({ publish }) => publish)) },
      ...{ against: 1, wanted: { atMost: 4 } },
    }),
    judge({
      ...{ name: 'round trips until the first tag is sent', ours: trips((usual ?? []).map(({ tag }) => tag)) },
      ...{ against: 1, wanted: { atMost: 5 } },
    }),
  ];
  const title = `distance: ${String(runs)} starts with round trips of ${String(ROUND_TRIP)} ms on both sides`;
  return {
    name: 'distance',
    title,
    head: ['round trips', 'published', 'first tag'],
    rows,
    targets,
    method: METHOD,
    raw,
  };
}
