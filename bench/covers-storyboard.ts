// A storyboard of a video, beside the commands that make a sheet of tiles with ffmpeg.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createCovers } from '#dist/index.js';
import { runChild } from './child.js';
import type { Part } from './part.js';
import { findShow } from './sample-clip.js';
import { scratchFolder } from './scratch.js';
import { median } from './statistics.js';
import { figure, judge } from './target.js';

const [EVERY, TILE, COLUMNS, ROWS] = [2, 160, 10, 5];
const DEADLINE = 300_000;
const METHOD = [
  'Medians of runs in turn. Ours is one worker, which is warm, and writes WebVTT, JSON and an HLS playlist beside the sheet;',
  'ffmpeg writes the sheet alone, and its process is in its time. Both tuned ones take keyframes alone, on one thread.',
].join('\n');

/** Measures it. */
export async function storyboard(runs: number): Promise<Part> {
  const { path, text } = await findShow();
  const folder = scratchFolder();
  await using covers = createCovers({ workers: 1 });
  await covers.warm();
  const ours = async (): Promise<number> => {
    const out = join(folder, 'ours');
    await rm(out, { recursive: true, force: true });
    const started = performance.now();
    await covers.storyboard(path, { out, every: EVERY, tileWidth: TILE, columns: COLUMNS, rows: ROWS });
    return performance.now() - started;
  };
  const command =
    (...before: readonly string[]) =>
    async (): Promise<number> => {
      const filters = `fps=1/${String(EVERY)},scale=${String(TILE)}:-2,tile=${String(COLUMNS)}x${String(ROWS)}`;
      const args = [...before, '-i', path, '-an', '-vf', filters, '-frames:v', '1', '-q:v', '5'];
      const out = join(folder, 'theirs.jpg');
      return (await runChild('ffmpeg', ['-v', 'error', '-y', ...args, out], { deadline: DEADLINE })).wall;
    };
  const sides = {
    ours,
    discard: command('-threads', '1', '-discard', 'nokey', '-skip_frame', 'nokey'),
    nokey: command('-threads', '1', '-skip_frame', 'nokey'),
    plain: command(),
  };
  const figures: Record<keyof typeof sides, number[]> = { ours: [], discard: [], nokey: [], plain: [] };
  const keys = Object.keys(figures) as (keyof typeof sides)[];
  for (const key of keys) await sides[key]();
  for (let run = 0; run < runs; run++) for (const key of keys) figures[key].push(await sides[key]());
  const medians = Object.fromEntries(keys.map((key) => [key, median(figures[key])])) as Record<
    keyof typeof sides,
    number
  >;
  const row = (name: string, value: number): string[] => [
    name,
    figure(value, 0),
    `${figure(value / medians.ours, 2)} x`,
  ];
  return {
    name: 'storyboard',
    title: `a storyboard with a tile each ${String(EVERY)} s: ${text}`,
    head: ['', 'ms', 'framerail is faster'],
    rows: [
      row('framerail', medians.ours),
      row('ffmpeg -discard nokey -skip_frame nokey, tile', medians.discard),
      row('ffmpeg -skip_frame nokey, tile', medians.nokey),
      row('ffmpeg, tile', medians.plain),
    ],
    targets: [
      judge({
        name: 'against ffmpeg with keyframes alone',
        ours: medians.ours,
        against: medians.nokey,
        wanted: { atLeast: 1 },
        timesFaster: true,
      }),
    ],
    method: METHOD,
    raw: { figures, medians },
  };
}
