// Covers that are kept: what a hit takes, and how often memory has what is asked for, with preheating and without.
import { join } from 'node:path';
import { createCovers, type CoverCacheOptions, type Covers } from '#dist/index.js';
import { makeVisits, TRAFFIC, writeSources, type Visit } from './cache-traffic.js';
import type { Part } from './part.js';
import { findClip } from './sample-clip.js';
import { scratchFolder } from './scratch.js';
import { median, quantile } from './statistics.js';
import { figure, judge } from './target.js';

/** Calls of a round. */
const [MEMORY_HITS, DISK_HITS, MISSES] = [2000, 200, 20];
const SIZE = [320, 180] as const;
const HITS_METHOD = [
  'Medians over all calls of `covers.make()`, from the call to the bytes, one after the other, with one worker. Each looks at the',
  'file first: where it leads, its size and its times. What the disk has is in the page cache of the system.',
].join('\n');

/** Measures hits. */
export async function cacheHits(runs: number, input: string | undefined): Promise<Part> {
  const { path, duration, text } = await findClip(input);
  const folder = join(scratchFolder(), 'hits');
  const at = duration / 2;
  const times: Record<'memory' | 'disk' | 'made', number[]> = { memory: [], disk: [], made: [] };
  await using memory = createCovers({ workers: 1, cache: { folder } });
  await using disk = createCovers({ workers: 1, cache: { folder, memoryBytes: 0 } });
  const measure = async (side: keyof typeof times, covers: Covers, count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      const { cache } = await covers.make(path, { at, size: SIZE, refresh: side === 'made' });
      times[side].push(performance.now() - started);
      if ((cache?.tier ?? 'made') !== side) throw new Error(`A cover came from elsewhere than ${side}.`);
    }
  };
  await memory.make(path, { at, size: SIZE });
  // Written in the background: it is there once another one was made.
  await disk.make(path, { at, size: SIZE, refresh: true });
  for (let run = 0; run < runs; run++) {
    await measure('made', memory, MISSES);
    await measure('memory', memory, MEMORY_HITS);
    await measure('disk', disk, DISK_HITS);
  }
  const row = (name: string, side: keyof typeof times): string[] => [
    name,
    figure(1000 * median(times[side]), 0),
    figure(1000 * quantile(times[side], 0.99), 0),
    `${figure(median(times.made) / median(times[side]), 1)} x`,
  ];
  return {
    name: 'cache',
    title: `a cover that was made before, 320x180: ${text}`,
    head: ['', 'µs, median', 'µs, 99 %', 'faster'],
    rows: [row('made', 'made'), row('from the disk', 'disk'), row('from memory', 'memory')],
    targets: [
      judge({ name: 'from memory, µs', ours: 1000 * median(times.memory), against: 100, wanted: { below: 1 } }),
      judge({ name: 'from the disk, µs', ours: 1000 * median(times.disk), against: 2000, wanted: { below: 1 } }),
    ],
    method: HITS_METHOD,
    raw: { at, medians: { made: median(times.made), disk: median(times.disk), memory: median(times.memory) } },
  };
}

/** The part of all covers that memory holds. */
const HELD = 1 / 8;
/** Visits after which hits are counted: all sides must have learned what there is to learn. */
const LEARNING = TRAFFIC.visits / 4;
const TOP = 40;
const REPLAY_METHOD = [
  `A replay of ${String(TRAFFIC.visits)} visits of ${String(TRAFFIC.requests)} requests through \`covers.make()\`, the first quarter uncounted: ${String(TRAFFIC.templates)} templates and ${String(TRAFFIC.segments)} segments (Zipf, exponent`,
  `${String(TRAFFIC.pairSkew)}, over the pairs), each pair with a ranking of its own of ${String(TRAFFIC.sources)} pictures in ${String(TRAFFIC.styles)} styles (Zipf, exponent ${String(TRAFFIC.skew)}), where with each`,
  `visit a picture rises among the first forty. Memory holds an eighth of the covers, the disk all. Preheating is called as a page is opened,`,
  `with its template and segment, for ${String(TOP)} entries within half of memory; it knows no more than the uses before. What it brings up is read`,
  'from the disk ahead of the visit, so it saves time to whoever waits and no reads.',
].join('\n');

interface Replayed {
  readonly hitRate: number;
  /** Bytes that were brought up for a visit. */
  readonly broughtUp: number;
}

/** Measures what preheating does to the hit rate of memory. */
export async function preheating(): Promise<Part> {
  const folder = scratchFolder();
  const paths = await writeSources(folder);
  const visits = makeVisits();
  const cache = join(folder, 'cache');
  const memoryBytes = await fill(paths, cache);
  const without = await replay(paths, visits, { folder: cache, memoryBytes, recall: false });
  const withIt = await replay(paths, visits, { folder: cache, memoryBytes });
  const points = 100 * (withIt.hitRate - without.hitRate);
  const percent = (rate: number): string => `${figure(100 * rate, 1)} %`;
  return {
    name: 'preheating',
    title: `hit rate of memory that holds ${String(Math.round(HELD * TRAFFIC.sources))} of ${String(TRAFFIC.sources)} covers`,
    head: ['', 'hit rate', 'KiB brought up for a visit'],
    rows: [
      ['without preheating', percent(without.hitRate), '0'],
      ['with preheating', percent(withIt.hitRate), figure(withIt.broughtUp / 1024, 0)],
    ],
    targets: [judge({ name: 'points gained by preheating', ours: points, against: 15, wanted: { atLeast: 1 } })],
    method: REPLAY_METHOD,
    raw: { traffic: TRAFFIC, memoryBytes, without, with: withIt },
  };
}

/** Makes every cover once, so that the disk has it; gives the bytes of memory that a part of them takes. */
async function fill(paths: readonly string[], folder: string): Promise<number> {
  await using covers = createCovers({ workers: 2, cache: { folder, memoryBytes: 2 ** 30, recall: false } });
  for (let at = 0; at < paths.length; at += 8)
    await Promise.all(paths.slice(at, at + 8).map((path) => covers.make(path)));
  const [memory] = covers.cacheTiers;
  if (memory?.entries !== paths.length) throw new Error('Not every cover was kept.');
  return Math.ceil(memory.bytes * HELD);
}

async function replay(
  paths: readonly string[],
  visits: readonly Visit[],
  options: CoverCacheOptions & { readonly memoryBytes: number },
): Promise<Replayed> {
  await using covers = createCovers({ workers: 1, cache: options });
  const preheats = options.recall !== false;
  let [hits, requests, broughtUp] = [0, 0, 0];
  for (const [number, { template, segment, sources }] of visits.entries()) {
    const use = { template, segment };
    const isCounted = number >= LEARNING;
    if (preheats) {
      const { bytes } = await covers.preheat({ ...use, topK: TOP, bytes: Math.floor(options.memoryBytes / 2) });
      if (isCounted) broughtUp += bytes;
    }
    for (const source of sources) {
      const { cache } = await covers.make(paths[source] ?? '', { use });
      if (cache === undefined || cache.tier === null)
        throw new Error('A cover was made that the disk should have had.');
      if (!isCounted) continue;
      requests += 1;
      if (cache.tier === 'memory') hits += 1;
    }
  }
  return { hitRate: hits / requests, broughtUp: broughtUp / (visits.length - LEARNING) };
}
