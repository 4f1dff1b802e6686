// Every tenth input is hostile: what that leaves of the rate of the good ones.
import { readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createCovers, isFramerailError, type BlockSource, type MediaInput } from '#dist/index.js';
import type { Part } from './part.js';
import { seededNumbers } from './random.js';
import { findManyClips } from './sample-clip.js';
import { scratchFolder } from './scratch.js';
import { median } from './statistics.js';
import { figure, judge } from './target.js';

const GOOD = 600;
const FILES = 200;
const WORKERS = 2;
const EVERY = 10;
/** One of so many hostile inputs ends the workers that read it. */
const KILLER_EVERY = 20;
/** Milliseconds that a cover may take: what has no end takes all of them. */
const TIMEOUT = 1000;
const ENDLESS_BYTES = 4 * 1024 ** 3;
const METHOD = [
  `${String(GOOD)} covers of good files, then the same with a hostile input after every ${String(EVERY - 1)} of them: clips with flipped bits, cut short, texts, a`,
  `sparse file of 4 GiB (with a timeout of ${String(TIMEOUT)} ms), and one in ${String(KILLER_EVERY)} for which a worker is killed each time it is read. Good covers a`,
  'second, all inputs in the time. Two workers.',
].join('\n');

interface Run {
  /** Good covers a second. */
  readonly rate: number;
  readonly good: number;
  readonly codes: Readonly<Record<string, number>>;
  /** Workers that are alive in the end. */
  readonly workers: number;
}

/** Measures it. */
export async function hostile(runs: number): Promise<Part> {
  const clips = await findManyClips(FILES, 'delivered');
  const good = Array.from({ length: GOOD }, (_, i) => clips[i % FILES] ?? '');
  const folder = scratchFolder();
  const bad = await hostileFiles(clips, folder);
  const sides = { clean: [] as Run[], attacked: [] as Run[] };
  for (let run = 0; run < runs; run++) {
    sides.clean.push(await made(good, []));
    sides.attacked.push(await made(good, bad));
  }
  const rate = (name: keyof typeof sides): number => median(sides[name].map((one) => one.rate));
  const last = sides.attacked.at(-1);
  const lost = Math.max(...[...sides.clean, ...sides.attacked].map((one) => GOOD - one.good));
  return {
    name: 'hostile',
    title: `${String(GOOD)} good covers, alone and with a tenth of hostile inputs`,
    head: ['', 'good covers/s', 'good covers lost'],
    rows: [
      ['clean', figure(rate('clean'), 1), String(lost)],
      ['with hostile ones', figure(rate('attacked'), 1), String(lost)],
    ],
    chart: [
      `hostile ones of the last round: ${Object.entries(last?.codes ?? {})
        .map(([code, count]) => `${code} ${String(count)}`)
        .join(', ')}; workers in the end: ${String(last?.workers)}`,
    ],
    targets: [
      judge({
        name: 'rate with hostile inputs',
        ours: rate('attacked'),
        against: rate('clean'),
        wanted: { atLeast: 0.7 },
      }),
    ],
    method: METHOD,
    raw: sides,
  };
}

/** Hostile files; `null` stands for one that ends workers. */
async function hostileFiles(clips: readonly string[], folder: string): Promise<(string | null)[]> {
  const next = seededNumbers();
  const endless = join(folder, 'endless.ts');
  const file = await open(endless, 'w');
  try {
    await file.write(readFileSync(clips[0] ?? '').subarray(0, 100_000));
    await file.truncate(ENDLESS_BYTES);
  } finally {
    await file.close();
  }
  const kinds: readonly ((bytes: Buffer) => Buffer)[] = [
    (bytes) => {
      for (let flips = 0; flips < 200; flips++) bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
      return bytes;
    },
    (bytes) => bytes.subarray(0, Math.floor(bytes.length * next())),
    (bytes) => {
      for (let at = bytes.length - 4000; at < bytes.length; at += 97) bytes[at] = 0xff;
      return bytes;
    },
    () => Buffer.from('This is no video.\n'.repeat(50)),
  ];
  const count = Math.floor(GOOD / (EVERY - 1));
  return Array.from({ length: count }, (_, i) => {
    if (i % KILLER_EVERY === KILLER_EVERY - 1) return null;
    if (i % KILLER_EVERY === KILLER_EVERY / 2) return endless;
    const path = join(folder, `hostile-${String(i)}.mp4`);
    writeFileSync(path, kinds[i % kinds.length]?.(readFileSync(clips[i % clips.length] ?? '')) ?? '');
    return path;
  });
}

async function made(good: readonly string[], bad: readonly (string | null)[]): Promise<Run> {
  await using covers = createCovers({ workers: WORKERS });
  await covers.warm(WORKERS);
  const inputs: { readonly input: MediaInput; readonly good: boolean }[] = [];
  for (const [i, input] of good.entries()) {
    inputs.push({ input, good: true });
    const hostileOne = i % (EVERY - 1) === EVERY - 2 ? bad[Math.floor(i / (EVERY - 1))] : undefined;
    if (hostileOne !== undefined) inputs.push({ input: hostileOne ?? killer(() => covers.pids, i), good: false });
  }
  const codes: Record<string, number> = {};
  let count = 0;
  const started = performance.now();
  const rest = inputs.values();
  const lane = async (): Promise<void> => {
    for (const { input, good: isGood } of rest)
      try {
        await covers.make(input, { at: isGood ? 3 : 'middle', size: [320, 180], timeout: isGood ? 60_000 : TIMEOUT });
        if (isGood) count += 1;
        else codes['a cover'] = (codes['a cover'] ?? 0) + 1;
      } catch (error) {
        if (!isFramerailError(error)) throw error;
        codes[error.code] = (codes[error.code] ?? 0) + 1;
      }
  };
  await Promise.all(Array.from({ length: WORKERS + 1 }, lane));
  const seconds = (performance.now() - started) / 1000;
  return { rate: count / seconds, good: count, codes, workers: covers.pids.length };
}

/** An input for which a worker is killed whenever it is read. */
function killer(pids: () => number[], number: number): BlockSource {
  return {
    size: 1_000_000,
    name: `killer ${String(number)}`,
    read: (_, length) => {
      const [pid] = pids();
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      return new Uint8Array(length);
    },
  };
}
