// Covers are the same bytes wherever they are made, and many can be made at once.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { sharedCovers } from '../support/covers.js';
import { clipBlocks } from '../support/blocks.js';
import { failure } from '../support/failure.js';
import { fixture } from '../support/fixtures.js';

const CLIPS = ['plain.mp4', 'turned-90.mp4', 'sar.mp4', 'odd.mp4', 'hevc10.mp4', 'mjpeg.avi', 'vp9.webm', 'plain.ts'];
const OPTIONS = { size: [150, 150], fit: 'contain', background: [9, 99, 199] } as const;

const inProcess = sharedCovers({ backend: 'process', workers: 2 });
const inThread = sharedCovers({ backend: 'thread', workers: 1 });
const inline = sharedCovers({ backend: 'inline' });

test.each(CLIPS)('%s: the same bytes from a process, a thread and inline', async (clip) => {
  const made = [];
  for (const covers of [inProcess, inThread, inline]) made.push(await covers.make(fixture(clip), OPTIONS));
  const [first, second, third] = made.map(({ data }) => Buffer.from(data).toString('base64'));
  expect(first!.length).toBeGreaterThan(1000);
  expect(second).toBe(first);
  expect(third).toBe(first);
});

describe.each([
  ['process', inProcess],
  ['inline', inline],
] as const)('%s', (_, covers) => {
  test('the same bytes from a file, from memory and from blocks', async () => {
    const path = fixture('front-index.mp4');
    const { data } = await covers.make(path, OPTIONS);
    expect((await covers.make(await readFile(path), OPTIONS)).data).toEqual(data);
    expect((await covers.make(await clipBlocks('front-index.mp4'), OPTIONS)).data).toEqual(data);
  });

  test('many at once are each the right one', async () => {
    const alone = new Map<string, Uint8Array>();
    for (const clip of CLIPS) alone.set(clip, (await covers.make(fixture(clip), OPTIONS)).data);
    const clips = [...CLIPS, ...CLIPS, ...CLIPS];
    const together = await Promise.all(clips.map((clip) => covers.make(fixture(clip), OPTIONS)));
    for (const [i, { data }] of together.entries()) expect(data).toEqual(alone.get(clips[i]!));
    expect(new Set([...alone.values()].map((data) => Buffer.from(data).toString('hex'))).size).toBe(CLIPS.length);
  });

  test('one that fails leaves the others alone', async () => {
    const [good, bad, late] = await Promise.all([
      covers.make(fixture('plain.mp4'), OPTIONS),
      failure(() => covers.make(fixture('text.mp4'), OPTIONS)),
      failure(() => covers.make(fixture('plain.mp4'), { at: 999 })),
    ]);
    expect(good.width).toBe(150);
    expect([bad.code, late.code]).toEqual(['FR_INPUT_INVALID', 'FR_TIME_BEYOND_END']);
    expect((await covers.make(fixture('plain.mp4'), OPTIONS)).data).toEqual(good.data);
  });

  test('a source that fails is not asked again', async () => {
    const source = await clipBlocks('plain.mp4', (read) => {
      if (read === 2) throw new Error('no more');
    });
    // The blocks of a source that reads exactly are not kept: the second one is another part.
    const error = await failure(() => covers.make({ ...source, exact: true, read: source.read }));
    expect(error).toMatchObject({ code: 'FR_INPUT_READ', message: expect.stringMatching(/no more\.$/) as string });
    expect(source.reads).toBe(2);
  });

  test('a cover can be given up', async () => {
    const never = new Promise<never>(() => undefined);
    const source = await clipBlocks('plain.mp4', () => never);
    const late = await failure(() => covers.make(source, { timeout: 200 }));
    expect(late).toMatchObject({ code: 'FR_TIMEOUT', details: { timeout: 200 } });
    const aborted = await failure(() => covers.make(source, { signal: AbortSignal.abort() }));
    expect(aborted.code).toBe('FR_ABORTED');
    expect((await covers.make(fixture('plain.mp4'), OPTIONS)).width).toBe(150);
  });
});
