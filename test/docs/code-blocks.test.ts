// The code of the guides and of the README runs, and what stands side by side does the same.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { codeBlocks, parses, runBlock, type BlockRun, type CodeBlock } from '../support/code-blocks.js';
import { ffprobe, framemd5, rawPixels } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { some } from '../support/long.js';
import { psnr } from '../support/psnr.js';

const GUIDE = 'docs/guides/from-pipes-and-fluent-ffmpeg.md';
const guide = codeBlocks(GUIDE);
const BEFORE = ['before', 'fluent'];

async function ran(block: CodeBlock): Promise<BlockRun> {
  const result = await runBlock(block);
  expect(result.code, `${block.where}: ${result.stderr}`).toBe(0);
  // What ours has to say is no text on standard error.
  if (!BEFORE.includes(block.how)) expect(result.stderr, block.where).toBe('');
  return result;
}

/** What can be told about a video without looking at it. */
async function facts(path: string): Promise<unknown> {
  const { streams } = await ffprobe(
    '-count_frames',
    '-show_entries',
    'stream=codec_name,width,height,nb_read_frames',
    path,
  );
  return (streams as { nb_read_frames: string; codec_name: string }[]).map((stream) =>
    // Frames of sound are cut to the packet, by each in its own way.
    stream.codec_name === 'aac' ? { ...stream, nb_read_frames: undefined } : stream,
  );
}

const rgb = (path: string): Promise<Buffer> => rawPixels(path, '-pix_fmt', 'rgb24');

/** Both sides made the same video, up to what the codec takes away. */
async function sameVideo(before: BlockRun, after: BlockRun, name = 'mp4'): Promise<void> {
  const [one, other] = [join(before.folder, `before.${name}`), join(after.folder, `out.${name}`)];
  expect(await facts(other)).toEqual(await facts(one));
  expect(psnr(await rgb(other), await rgb(one))).toBeGreaterThan(28);
}

/** What is looked at beside the exit code, for each pair. */
const PAIRS: Readonly<Record<string, (before: BlockRun, after: BlockRun) => Promise<void>>> = {
  transcode: sameVideo,
  async pictures(before, after) {
    for (const i of [1, 2, 3]) {
      const [one, other] = [join(before.folder, `before-${String(i)}.png`), join(after.folder, `out-${String(i)}.png`)];
      expect(psnr(await rgb(other), await rgb(one))).toBeGreaterThan(35);
    }
  },
  async frames(before, after) {
    expect(before.stdout).toBe('100 frames\n');
    expect(after.stdout).toBe(before.stdout);
  },
  async change(before, after) {
    await sameVideo(before, after);
    const inverted = (await rgb(fixture('plain.mp4'))).map((sample) => 255 - sample);
    expect(psnr(await rgb(join(after.folder, 'out.mp4')), inverted)).toBeGreaterThan(25);
  },
  make: sameVideo,
  streams: (before, after) => sameVideo(before, after, 'mkv'),
  async stopping(before, after) {
    expect(after.stdout).toContain('FR_ABORTED false ');
    expect(readdirSync(after.folder).filter((name) => /out/.test(name))).toEqual([]);
    expect(existsSync(join(before.folder, 'before.mp4'))).toBe(true);
  },
  async probe(before, after) {
    expect(before.stdout).toBe('4 320 180 25 0\n');
    expect(after.stdout).toMatch(/^4 \{ width: 320, height: 180 \} 25 .*\n\[ 0, 1, 2, 3 \] \[\]\n$/);
  },
  async seek(before, after) {
    await sameVideo(before, after);
    expect(after.stdout.trim().split('\n')).toHaveLength(4);
  },
  async hardware(before, after) {
    await sameVideo(before, after);
    expect(after.stdout).toMatch(/^\S+ .+\n?/);
  },
  'node-av': async (before, after) => {
    await sameVideo(before, after);
    expect(await framemd5(join(after.folder, 'out.mp4'))).toHaveLength(100);
  },
};

describe('the guide', () => {
  test('has both sides of every pair, and nothing that is only looked at by chance', () => {
    const names = (wanted: readonly string[]): string[] =>
      guide.filter(({ how, name }) => wanted.includes(how) && name !== '').map(({ name }) => name);
    expect(names(BEFORE)).toEqual(Object.keys(PAIRS));
    expect(names(['run'])).toEqual(Object.keys(PAIRS));
    for (const { how, where } of guide) expect(['run', 'syntax', ...BEFORE], where).toContain(how);
  });

  test.each(some(6, Object.entries(PAIRS)))('%s: both sides run, and do the same', async (name, compare) => {
    const [before, after] = [BEFORE, ['run']].map((kinds) =>
      guide.find((block) => block.name === name && kinds.includes(block.how)),
    );
    await compare(...(await Promise.all([ran(before!), ran(after!)])));
  });

  test.each(guide.filter(({ how, name }) => how === 'run' && name === ''))('$where runs', async (block) => {
    await ran(block);
  });
});

const readme = codeBlocks('README.md');
const translated = codeBlocks('README.zh.md');

describe('README.md', () => {
  test.each(readme.filter(({ how }) => how === ''))('$where runs', async (block) => {
    await ran(block);
  });
});

describe('README.zh.md', () => {
  /** A block as it would be without comments, in one form. */
  const bare = async ({ how, code }: CodeBlock): Promise<string> => {
    const options = { removeComments: true, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext };
    const { outputText } = ts.transpileModule(code, { compilerOptions: options });
    return `${how}\n${await format(outputText, { parser: 'babel', objectWrap: 'collapse' })}`;
  };

  test('has code of README.md, which runs there, but for what its comments say', async () => {
    const all = await Promise.all(readme.map(bare));
    for (const block of translated) expect(all, block.where).toContain(await bare(block));
  });
});

test.each([readme, translated])('a README marks what it only shows', (...blocks) => {
  expect(blocks.length).toBeGreaterThan(5);
  for (const { how, where } of blocks) expect(['', 'syntax'], where).toContain(how);
});

const shown = [...guide, ...readme, ...translated];
test.each(shown.filter(({ how }) => how === 'syntax'))('$where has no mistake in its syntax', async (block) => {
  expect(await parses(block)).toBe(true);
});
