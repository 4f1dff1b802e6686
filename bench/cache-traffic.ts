// Traffic as a platform's pages make it: who opens a page sees the covers that are popular on it among people like them, and
// what is popular changes. Seeded, so that all sides meet the same requests.
import { writeFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { seededNumbers } from './random.js';

/** Somebody opens a page, and covers are asked for as they scroll. */
export interface Visit {
  readonly template: string;
  readonly segment: string;
  /** Numbers of the sources. */
  readonly sources: readonly number[];
}

/** What the traffic is made of. */
export const TRAFFIC = {
  sources: 400,
  /** Sources of one look. */
  styles: 8,
  templates: 4,
  segments: 6,
  visits: 320,
  requests: 30,
  /** The exponent of Zipf's law within a page and a segment, and among those pairs. */
  skew: 1,
  pairSkew: 0.5,
  /** Popular sources that others take the place of, with every visit to a pair. */
  drift: 1,
} as const;

/** Sources that count as popular. */
const POPULAR = 40;

/** The visits, in their order. */
export function makeVisits(): Visit[] {
  const random = seededNumbers();
  const pairs = Array.from({ length: TRAFFIC.templates * TRAFFIC.segments }, (_, at) => ({
    template: `template-${String(at % TRAFFIC.templates)}`,
    segment: `segment-${String(Math.floor(at / TRAFFIC.templates))}`,
    ranking: rankingOf(random),
  }));
  const [pickPair, pickRank] = [zipf(pairs.length, TRAFFIC.pairSkew), zipf(TRAFFIC.sources, TRAFFIC.skew)];
  return Array.from({ length: TRAFFIC.visits }, () => {
    const { template, segment, ranking } = pairs[pickPair(random())] ?? { template: '', segment: '', ranking: [0] };
    for (let i = 0; i < TRAFFIC.drift; i++) {
      const risen = ranking.splice(POPULAR + Math.floor(random() * (ranking.length - POPULAR)), 1);
      ranking.splice(Math.floor(random() * POPULAR), 0, ...risen);
    }
    const sources = Array.from({ length: TRAFFIC.requests }, () => ranking[pickRank(random())] ?? 0);
    return { template, segment, sources };
  });
}

/** Sources by how popular they are: styles that are liked come first, mixed with others. */
function rankingOf(random: () => number): number[] {
  const liking = Array.from({ length: TRAFFIC.styles }, () => random());
  return Array.from({ length: TRAFFIC.sources }, (_, source) => ({
    source,
    weight: (liking[source % TRAFFIC.styles] ?? 0) + random(),
  }))
    .sort((a, b) => b.weight - a.weight)
    .map(({ source }) => source);
}

/** Draws ranks by Zipf's law. */
function zipf(count: number, exponent: number): (chance: number) => number {
  const weights = Array.from({ length: count }, (_, rank) => 1 / (rank + 1) ** exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let below = 0;
  const bounds = weights.map((weight) => (below += weight / total));
  return (chance) => {
    const found = bounds.findIndex((bound) => chance < bound);
    return found < 0 ? count - 1 : found;
  };
}

const [WIDTH, HEIGHT] = [160, 90];

/** Writes the sources, small pictures of a few styles, and gives their paths. */
export async function writeSources(folder: string): Promise<string[]> {
  const random = seededNumbers();
  const paths: string[] = [];
  for (let source = 0; source < TRAFFIC.sources; source++) {
    const path = join(folder, `${String(source)}.bmp`);
    await writeFile(path, bitmap(source % TRAFFIC.styles, random));
    // What changed a moment ago is not kept: it may change again.
    await utimes(path, 1_000_000_000 + source, 1_000_000_000 + source);
    paths.push(path);
  }
  return paths;
}

/** A picture in the colours of its style, with stripes and noise of its own; BMP with 24 bits a pixel. */
function bitmap(style: number, random: () => number): Buffer {
  const stride = 4 * Math.ceil((3 * WIDTH) / 4);
  const file = Buffer.alloc(54 + stride * HEIGHT);
  file.write('BM', 'latin1');
  file.writeUInt32LE(file.byteLength, 2);
  for (const [at, value] of [
    [10, 54],
    [14, 40],
    [18, WIDTH],
    [22, HEIGHT],
    [34, stride * HEIGHT],
  ] as const)
    file.writeUInt32LE(value, at);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  const hue = (2 * Math.PI * (style + 0.4 * random())) / TRAFFIC.styles;
  const [turn, period, phase] = [random() * Math.PI, 6 + 30 * random(), 7 * random()];
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const wave = Math.sin((x * Math.cos(turn) + y * Math.sin(turn)) / period + phase);
      const light = 110 + 60 * wave + 25 * (random() - 0.5);
      for (let channel = 0; channel < 3; channel++) {
        const value = light + 60 * Math.cos(hue + (2 * Math.PI * channel) / 3);
        file[54 + y * stride + 3 * x + channel] = Math.min(255, Math.max(0, Math.round(value)));
      }
    }
  return file;
}
