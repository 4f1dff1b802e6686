// Covers of clips with something wrong in them, for a while: every call settles in time with a typed error or a cover, this
// process lives, and nothing is left behind. `FRAMERAIL_FUZZ_SECONDS=600 npx vitest run test/fuzz` takes ten minutes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCovers, isFramerailError, type CoverSetOptions } from '#dist/index.js';
import { fixture } from '../support/fixtures.js';
import { mutated, type Recipe } from '../support/mutated.js';
import { random } from '../support/random.js';
import { collectGarbage, resources } from '../support/resources.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { CRASHERS } from './crashers.js';

const SECONDS = Number(process.env['FRAMERAIL_FUZZ_SECONDS'] ?? 6);
/** The same in every run of the suite; long runs bring their own. */
const SEED = Number(process.env['FRAMERAIL_FUZZ_SEED'] ?? 1);
/** Milliseconds for one call, and those that a killed worker and a busy machine may take beyond it. */
const TIMEOUT = 5000;
const GRACE = 3000;
const CLIPS = [
  ...['plain.mp4', 'fragmented.mp4', 'front-index.mp4', 'open-gop.mp4', 'hevc10.mp4', 'x264-10.mp4', 'sar.mp4'],
  ...['plain.mkv', 'ffv1-10.mkv', 'hevc-open.mkv', 'vp9.webm', 'vp8-hidden.webm', 'plain.ts', 'mpeg2.ts', 'plain.flv'],
  ...['mpeg4.avi', 'mjpeg.avi', 'raw.h264', 'interlaced.mp4', 'turned-90.mp4'],
];
const WISHES: readonly CoverSetOptions[] = [
  { at: ['middle'], sizes: [[160, 90]] },
  { at: ['best'], sizes: [[90, 160]], fit: 'smart' },
  { at: [0.5, '90%'], precision: 'exact', sizes: [[64, 64]], fit: 'contain', border: 'blur' },
  { at: ['0%'], format: 'webp' },
];

interface Outcome {
  readonly code: string;
  readonly milliseconds: number;
}

test('no clip does harm', { timeout: (SECONDS + 120) * 1000 }, async () => {
  console.log(`fuzz: ${String(SECONDS)} s with FRAMERAIL_FUZZ_SEED=${String(SEED)}`);
  const folder = temporaryFolder();
  const covers = createCovers({ workers: 2, stallTimeout: 3000 });
  const next = random(SEED);
  const any = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item;
  const codes = new Map<string, number>();
  const harmful: string[] = [];
  const slow: string[] = [];
  let made = 0;
  const attempt = async (recipe: Recipe, wish: CoverSetOptions): Promise<void> => {
    const name = `${recipe.clip}-${String(recipe.seed)}`;
    const path = join(folder, `${String(made++)}-${recipe.clip}`);
    writeFileSync(path, mutated(recipe));
    const { code, milliseconds } = await outcome(() => covers.makeAll(path, { ...wish, timeout: TIMEOUT }));
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (milliseconds > TIMEOUT + GRACE) slow.push(`${name}: ${milliseconds.toFixed(0)} ms`);
    if (['FR_INPUT_POISON', 'FR_WORKER_DIED', 'FR_WORKER_HUNG', 'FR_INTERNAL'].includes(code))
      harmful.push(`${code} { clip: '${recipe.clip}', seed: ${String(recipe.seed)} } ${JSON.stringify(wish)}`);
    writeFileSync(path, '');
  };
  await covers.warm(2);
  await covers.make(fixture('plain.mp4'), { size: [64, 64] });
  await collectGarbage();
  const before = resources();
  for (const recipe of CRASHERS) for (const wish of WISHES) await attempt(recipe, wish);
  const end = performance.now() + SECONDS * 1000;
  const lane = async (): Promise<void> => {
    while (performance.now() < end)
      await attempt({ clip: any(CLIPS), seed: Math.floor(next() * 2 ** 31) }, any(WISHES));
  };
  await Promise.all([lane(), lane()]);
  // Workers that died have been replaced, or will be by the next call.
  await covers.warm(2);
  await covers.make(fixture('plain.mp4'), { size: [64, 64] });
  await collectGarbage();
  console.log(
    `fuzz: ${String(made)} clips: ${[...codes].map(([code, count]) => `${code} ${String(count)}`).join(', ')}`,
  );
  if (harmful.length > 0) console.log(`fuzz: workers ended:\n${harmful.join('\n')}`);
  expect(slow).toEqual([]);
  expect(harmful.filter((line) => line.startsWith('FR_INTERNAL'))).toEqual([]);
  await expect
    .poll(async () => {
      await covers.warm(2);
      return resources();
    })
    .toEqual(before);
  expect(covers.pids).toHaveLength(2);
  await covers.close();
});

async function outcome(work: () => Promise<unknown>): Promise<Outcome> {
  const began = performance.now();
  let code = 'a cover';
  try {
    await work();
  } catch (error) {
    if (!isFramerailError(error)) throw error;
    code = error.code;
  }
  return { code, milliseconds: performance.now() - began };
}
