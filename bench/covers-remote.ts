// What a cover fetches of a large MP4 behind HTTP, beside what ffmpeg fetches of it.
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createCovers, type CoverOptions } from '#dist/index.js';
import { runChild } from './child.js';
import { CountingServer } from './counting-server.js';
import type { Part } from './part.js';
import { findLargeMp4 } from './sample-clip.js';
import { scratchFolder } from './scratch.js';
import { median } from './statistics.js';
import { figure, judge, type Target } from './target.js';

const TIME = 41;
const DEADLINE = 120_000;
const METHOD = [
  `A cover at ${String(TIME)} s, from a server of this machine that counts what it is asked for and what it sends; medians of runs in`,
  'turn. "needed" are the bytes of the index and of the keyframe. Each run but the cached one has an engine of its own, which',
  'is warm and knows no index. ffmpeg closes connections in the middle of answers: what was on its way is counted as sent.',
].join('\n');

interface Fetched {
  readonly requests: number;
  readonly bytes: number;
  readonly ms: number;
}

/** Measures it. */
export async function remote(runs: number): Promise<Part> {
  const folder = scratchFolder();
  const [rows, targets, raw]: [string[][], Target[], Record<string, unknown>] = [[], [], {}];
  let size = 0;
  for (const index of ['end', 'front'] as const) {
    const path = await findLargeMp4(index);
    size = (await stat(path)).size;
    const needed = await neededBytes(path, folder);
    await using server = await CountingServer.start(path);
    const figures: Record<'first' | 'again' | 'ffmpeg', Fetched[]> = { first: [], again: [], ffmpeg: [] };
    for (let run = 0; run < runs; run++) {
      await using covers = createCovers({ workers: 1 });
      await covers.warm();
      const options: CoverOptions = { at: TIME, size: [320, 180], timeout: DEADLINE };
      figures.first.push(await server.count(() => covers.make(server.url, options)));
      figures.again.push(await server.count(() => covers.make(server.url, options)));
      const args = [
        '-v',
        'error',
        '-y',
        '-ss',
        String(TIME),
        '-i',
        server.url,
        '-frames:v',
        '1',
        '-vf',
        'scale=320:180',
      ];
      const out = join(folder, 'theirs.jpg');
      figures.ffmpeg.push(await server.count(() => runChild('ffmpeg', [...args, out], { deadline: DEADLINE })));
    }
    const where = `index at the ${index}`;
    const middle = (side: keyof typeof figures, what: keyof Fetched): number =>
      median(figures[side].map((one) => one[what]));
    const row = (name: string, side: keyof typeof figures, least: number): string[] => [
      `${where}, ${name}`,
      figure(middle(side, 'requests'), 0),
      figure(middle(side, 'bytes') / 1024, 0),
      figure(least / 1024, 0),
      figure(middle(side, 'ms'), 0),
    ];
    rows.push(
      row('framerail', 'first', needed.index + needed.keyframe),
      row('framerail, index known', 'again', needed.keyframe),
      row('ffmpeg -ss', 'ffmpeg', needed.index + needed.keyframe),
    );
    targets.push(
      judge({
        name: `${where}: bytes against index and keyframe`,
        ours: middle('first', 'bytes'),
        against: needed.index + needed.keyframe,
        wanted: { atMost: 1.25 },
      }),
      judge({ name: `${where}: requests`, ours: middle('first', 'requests'), against: 1, wanted: { atMost: 3 } }),
      judge({
        name: `${where}: requests, index known`,
        ours: middle('again', 'requests'),
        against: 1,
        wanted: { atMost: 1 },
      }),
    );
    raw[index] = { needed, figures };
  }
  return {
    name: 'remote',
    title: `one 320x180 JPEG of an MP4 of ${figure(size / 1e6, 0)} MB behind HTTP`,
    head: ['', 'requests', 'KiB sent', 'KiB needed', 'ms'],
    rows,
    targets,
    method: METHOD,
    raw,
  };
}

/** Bytes of the index, with the head of the file, and of the keyframe at or before the time. */
async function neededBytes(path: string, folder: string): Promise<{ index: number; keyframe: number }> {
  const out = join(folder, 'keyframe.h264');
  // The packet alone, as libavformat gives it.
  const copy = ['-ss', String(TIME), '-i', path, '-map', '0:v', '-c', 'copy', '-frames:v', '1', '-bsf:v', 'null'];
  await runChild('ffmpeg', ['-v', 'error', '-y', ...copy, '-f', 'data', out], { deadline: DEADLINE });
  return { index: await indexBytes(path), keyframe: (await stat(out)).size };
}

/** Bytes of all boxes of the file but the one that has the media. */
async function indexBytes(path: string): Promise<number> {
  const { size } = await stat(path);
  const file = await open(path);
  try {
    let sum = 0;
    const head = Buffer.alloc(16);
    for (let at = 0; at < size;) {
      await file.read(head, 0, 16, at);
      const short = head.readUInt32BE(0);
      const length = short === 1 ? Number(head.readBigUInt64BE(8)) : short === 0 ? size - at : short;
      if (head.toString('latin1', 4, 8) !== 'mdat') sum += length;
      at += Math.max(8, length);
    }
    return sum;
  } finally {
    await file.close();
  }
}
