// Every guide about relays can be followed word by word: its blocks run, and print and make what it says.
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkRelaysFile } from '#dist/index.js';
import { fences } from '../support/code-blocks.js';
import { ffprobe } from '../support/ffmpeg.js';
import { follow, printed, shellBlocks, variablesOf, yamlFiles, type ShellRun } from '../support/shell-guide.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** What is looked at beside what a block prints, by its name. */
type Checks = Readonly<Record<string, (run: ShellRun) => Promise<void>>>;

/** Codecs of a file, and packets of its video. */
async function media(folder: string, name: string): Promise<{ codecs: string[]; pictures: number }> {
  const entries = 'stream=codec_type,codec_name,nb_read_packets';
  const { streams } = await ffprobe('-count_packets', '-show_entries', entries, join(folder, name));
  const all = streams as { codec_type: string; codec_name: string; nb_read_packets: string }[];
  const av = all.filter(({ codec_type: type }) => type === 'video' || type === 'audio');
  const video = av.find(({ codec_type: type }) => type === 'video');
  return { codecs: av.map((one) => one.codec_name).sort(), pictures: Number(video?.nb_read_packets ?? 0) };
}

const BOTH = ['aac', 'h264'];

const GUIDES: Readonly<Record<string, Checks>> = {
  'restreaming-from-obs': {
    async platforms({ folder }) {
      const all = await Promise.all(['one.flv', 'two.flv', 'show.mp4'].map((name) => media(folder, name)));
      // All that OBS sent is at both platforms and in the recording.
      for (const one of all) expect(one).toEqual({ codecs: BOTH, pictures: 125 });
    },
    async configuration({ folder, output }) {
      const [one, two, three] = await Promise.all(
        ['one.flv', 'two.flv', 'three.flv'].map((name) => media(folder, name)),
      );
      expect(one).toEqual({ codecs: BOTH, pictures: 225 });
      for (const other of [two!, three!]) {
        expect(other.codecs).toEqual(BOTH);
        expect(other.pictures).toBeGreaterThan(10);
        expect(other.pictures).toBeLessThan(225);
      }
      expect(output).not.toMatch(/MYKEY|change-me/);
    },
    async 'platform-drops'({ folder }) {
      expect(await media(folder, 'two.flv')).toEqual({ codecs: BOTH, pictures: 250 });
      expect((await media(folder, 'one.flv')).pictures).toBeGreaterThan(10);
    },
    async slate({ folder }) {
      // Seven seconds came, and the slate in between.
      expect((await media(folder, 'one.flv')).pictures).toBeGreaterThan(175);
    },
    async republish({ folder }) {
      expect((await media(folder, 'one.flv')).codecs).toEqual(BOTH);
    },
    preview({ folder }) {
      expect(readFileSync(join(folder, 'preview/live.m3u8'), 'utf8')).toContain('#EXT-X-ENDLIST');
      return Promise.resolve();
    },
  },
  'pulling-cameras': {
    async rtsp({ folder }) {
      for (const name of ['one.mp4', 'udp.mp4']) {
        const { codecs, pictures } = await media(folder, name);
        expect(codecs).toEqual(BOTH);
        expect(pictures).toBeGreaterThan(10);
      }
      expect((await media(folder, 'old.flv')).codecs).toEqual(['h264', 'pcm_alaw']);
    },
    async logins({ folder, output }) {
      expect((await media(folder, 'door.mp4')).codecs).toEqual(BOTH);
      expect(output).not.toContain('s3cret');
    },
    async srt({ folder }) {
      for (const name of ['called.ts', 'caller.ts'])
        expect((await media(folder, name)).pictures, name).toBeGreaterThan(75);
    },
    async multicast({ folder }) {
      expect((await media(folder, 'group.ts')).codecs).toEqual(BOTH);
    },
    async hls({ folder }) {
      const { codecs, pictures } = await media(folder, 'hls.mp4');
      expect(codecs).toEqual(BOTH);
      expect(pictures).toBeGreaterThan(50);
    },
    async many({ folder, output }) {
      for (const name of ['door.flv', 'mute.flv']) expect((await media(folder, name)).codecs).toEqual(BOTH);
      const [recorded] = readdirSync(join(folder, 'yard'));
      expect((await media(folder, join('yard', recorded!))).codecs).toEqual(BOTH);
      expect(output).not.toContain('s3cret');
    },
  },
  'replacing-an-ffmpeg-loop': {
    async 'one-line'({ folder }) {
      // Both stretches, which are six seconds, but for what an encoder sends ahead of the first keyframe that is whole.
      const { codecs, pictures } = await media(folder, 'one.flv');
      expect(codecs).toEqual(BOTH);
      expect(pictures).toBeGreaterThan(100);
    },
    async all({ folder }) {
      for (const name of ['one.flv', 'two.flv', 'site/live.m3u8'])
        expect((await media(folder, name)).pictures, name).toBeGreaterThan(100);
      const pieces = readdirSync(folder).filter((name) => /^day-.*\.ts$/.test(name));
      expect(pieces.length).toBeGreaterThan(1);
      for (const piece of pieces) expect((await media(folder, piece)).codecs, piece).toEqual(BOTH);
    },
    async many({ folder }) {
      expect((await media(folder, 'news.flv')).codecs).toEqual(BOTH);
    },
  },
  'waits-and-queues': {
    async radio({ folder }) {
      const { codecs, pictures } = await media(folder, 'one.flv');
      expect(codecs).toEqual(BOTH);
      expect(pictures).toBeGreaterThan(40);
    },
    async silence({ folder }) {
      expect((await media(folder, 'a.flv')).codecs).toEqual(['h264']);
    },
    async pair({ folder, output }) {
      // What the spare sends goes on where the first one ended, with nothing missing.
      expect((await media(folder, 'one.flv')).pictures).toBeGreaterThan(150);
      expect(output).toContain('"reason":"ended"');
    },
  },
};

/** What came of a block, and what the look at its files failed with. */
interface Outcome {
  readonly run: ShellRun;
  readonly failure: unknown;
}

const outcomes = new Map<string, Outcome>();
const followed = new Map<string, Promise<void>>();
const folders: string[] = [];

// Waiting is most of what a guide does, so all of them are followed beside each other.
beforeAll(() => {
  for (const [guide, checks] of Object.entries(GUIDES)) {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'framerail-test-'));
    folders.push(folder);
    const following = follow(pageOf(guide), folder, async ({ where, name }, run) => {
      const failure: unknown = await (checks[name]?.(run) ?? Promise.resolve()).then(
        () => undefined,
        (error: unknown) => error,
      );
      outcomes.set(where, { run, failure });
    });
    following.catch(() => undefined);
    followed.set(guide, following);
  }
});

afterAll(async () => {
  await Promise.allSettled(followed.values());
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function pageOf(guide: string): string {
  return `docs/guides/${guide}.md`;
}

describe.each(Object.entries(GUIDES))('%s', (guide, checks) => {
  const page = pageOf(guide);
  const blocks = shellBlocks(page);

  test.each(blocks)('$where $name', { timeout: 200_000 }, async ({ where, promised }) => {
    await followed.get(guide);
    const { run, failure } = outcomes.get(where)!;
    expect(run.code, `${where}: ${run.output}`).toBe(0);
    expect(run.leftOver, `${where} leaves something running: ${run.output}`).toBe(false);
    for (const line of promised) expect(printed(run.output, line), `${where}: ${line}\n${run.output}`).toBe(true);
    expect(failure).toBeUndefined();
  });

  test('has a name for each block, and a look at none that is not there', () => {
    const names = blocks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(Object.keys(checks)));
  });

  test('marks what it only shows', () => {
    for (const { language, words, where } of fences(page))
      if (language === 'sh') expect(['run', 'show'], where).toContain(words[0]);
  });

  test('has configurations without mistakes', async () => {
    for (const { where, name, text } of yamlFiles(page)) {
      const path = join(temporaryFolder(), name);
      // A slate is a picture of one's own.
      writeFileSync(path, text.replace(/(?<=slate: ).*/, path));
      expect(await checkRelaysFile(path, { environment: variablesOf(text) }), where).toEqual([]);
    }
  });
});
