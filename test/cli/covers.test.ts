// framerail covers: many covers into one folder, stopped and killed and run again until each is there once.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { cli, startCli } from '../support/cli.js';
import { fixture } from '../support/fixtures.js';
import { LANDLOCK, SECCOMP } from '../support/kernel.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A folder of copies of a clip, with some that are none. */
function folderOf(clips: number, ...others: readonly string[]): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'sub'));
  for (let i = 0; i < clips; i++)
    copyFileSync(fixture('plain.mp4'), join(folder, i % 2 === 0 ? 'sub' : '.', `c${String(i)}.mp4`));
  for (const name of others) copyFileSync(fixture(name), join(folder, name));
  return folder;
}

/** What a run prints with `--json`. */
function events(stdout: Buffer): Record<string, unknown>[] {
  const whole = stdout.toString().split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a folder: covers, failures with their reasons, a page, and a summary', async () => {
  const [folder, out] = [folderOf(2, 'text.mp4', 'empty.mp4'), join(temporaryFolder(), 'out')];
  const { code, stdout, stderr, orphans } = await cli(
    'covers',
    folder,
    '--out',
    out,
    '--size',
    '64x36,16x16',
    '--report',
  );
  expect([code, orphans]).toEqual([1, []]);
  expect(stderr.trimEnd().split('\n').sort()).toEqual([
    expect.stringMatching(/empty\.mp4 is empty .*\(FR_INPUT_EMPTY\)$/),
    expect.stringMatching(/text\.mp4 is not a media file .*\(FR_INPUT_INVALID\)$/),
  ]);
  expect(stdout.toString()).toMatch(
    /^2 made, 2 failed in [\d.]+ s, [\d.]+ a second\.\n4 files of .+\nEach took .+\nFailed: FR_INPUT_\w+ 1, FR_INPUT_\w+ 1\.\nEach failure with its reason: .+failures\.jsonl\n$/,
  );
  const covers = ['c1.mp4.16x16.jpg', 'c1.mp4.64x36.jpg'];
  expect(readdirSync(out).sort()).toEqual(['.framerail', ...covers, 'report.html', 'sub']);
  const page = readFileSync(join(out, 'report.html'), 'utf8');
  expect(page.match(/<img src="data:image\/jpeg;base64,/g)).toHaveLength(4);
  expect(page).not.toMatch(/<script|<link|src="(?!data:)|href=/);
  for (const text of ['2 failed', 'FR_INPUT_EMPTY', 'text.mp4 is not a media file', 'c1.mp4.64x36.jpg'])
    expect(page).toContain(text);
});

test('workers read what the inputs lead to and no more: a folder, a link to a video, a manifest and its roots', async () => {
  const [folder, list, out] = [folderOf(1), temporaryFolder(), temporaryFolder()];
  const link = join(temporaryFolder(), 'link.mp4');
  symlinkSync(fixture('vp9.webm'), link);
  const rows = [fixture('sar.mp4'), 'own.mp4', join(folderOf(1), 'sub/c0.mp4')];
  copyFileSync(fixture('odd.mp4'), join(list, 'own.mp4'));
  writeFileSync(join(list, 'l.jsonl'), rows.map((input) => `${JSON.stringify({ input })}\n`).join(''));
  const roots = ['--root', dirname(fixture('sar.mp4')), '--root', list];
  const inputs = [folder, link, join(list, 'l.jsonl')];
  const { stdout } = await cli('covers', ...inputs, ...roots, '--out', out, '--size', '32x18', '--json');
  const all = events(stdout);
  const failed = all.filter(({ event }) => event === 'failed').map(({ code }) => code);
  // The manifest may name no video of another folder.
  expect(failed).toEqual(['FR_INPUT_OUTSIDE_ROOT']);
  expect(all.filter(({ event }) => event === 'done')).toHaveLength(4);
  expect(all.at(-1)).toMatchObject({ event: 'summary', sandbox: LANDLOCK > 0 && SECCOMP ? 3 : expect.any(Number) });
});

test('a manifest of strangers stays text in the page', async () => {
  const [folder, out] = [folderOf(0, 'plain.mp4'), temporaryFolder()];
  const name = '<img onerror=alert(1)>"\'&';
  writeFileSync(
    join(folder, 'l.jsonl'),
    `${JSON.stringify({ input: 'plain.mp4', id: name })}\n${JSON.stringify({ input: `${name}.mp4` })}\n`,
  );
  const { code } = await cli(
    'covers',
    join(folder, 'l.jsonl'),
    '--out',
    out,
    '--report',
    join(out, 'r/page.html'),
    '--size',
    '16x16',
  );
  expect(code).toBe(1);
  const page = readFileSync(join(out, 'r/page.html'), 'utf8');
  expect(page).not.toMatch(/<img (?!src="data:)/);
  expect(page).toContain('&#60;img onerror=alert(1)&#62;');
});

test('killed at any moment, it goes on: nothing that was told is made again, and nothing stays beside the covers', async () => {
  const clips = 24;
  const [folder, out] = [folderOf(clips), temporaryFolder()];
  const args = ['covers', folder, '--out', out, '--size', '64x36', '--concurrency', '2', '--json'];
  const told = new Set<unknown>();
  const tell = (stdout: Buffer): number => {
    const done = events(stdout).filter(({ event }) => event === 'done');
    for (const { source } of done) {
      expect(told.has(source)).toBe(false);
      told.add(source);
    }
    return done.length;
  };
  for (const covers of [0, 3, 7]) {
    const { child, ended } = startCli(args);
    let seen = 0;
    child.stdout.on('data', (bytes: Buffer) => {
      seen += bytes.toString().split('"event":"done"').length - 1;
      if (seen >= covers) child.kill('SIGKILL');
    });
    const { code, stdout } = await ended;
    expect(code).toBeNull();
    tell(stdout);
  }
  const { code, stdout, stderr } = await cli(...args);
  expect([code, stderr]).toEqual([0, '']);
  tell(stdout);
  const { made, kept, failed } = events(stdout).at(-1) as Record<string, number>;
  expect([made! + kept!, failed]).toEqual([clips, 0]);
  expect(kept).toBeGreaterThanOrEqual(told.size - made!);
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).sort();
  const covers = Array.from({ length: clips }, (_, i) => `${i % 2 === 0 ? 'sub/' : ''}c${String(i)}.mp4.jpg`);
  expect(files).toEqual(['.framerail', '.framerail/failures.jsonl', '.framerail/state.db', 'sub', ...covers].sort());
  const whole = readFileSync(join(out, 'c1.mp4.jpg'));
  for (const name of covers) expect(readFileSync(join(out, name)).equals(whole), name).toBe(true);
}, 120_000);

test('Ctrl-C stops it cleanly and says how to go on; meanwhile nobody else may', async () => {
  const [folder, out] = [folderOf(40), temporaryFolder()];
  const args = ['covers', folder, '--out', out, '--size', '64x36', '--concurrency', '1'];
  const { child, ended } = startCli([...args, '--json']);
  let text = '';
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      if (text.includes('"event":"done"')) resolve();
    });
  });
  child.kill('SIGSTOP');
  const other = await cli(...args);
  expect([other.code, other.stdout.toString()]).toEqual([1, '']);
  expect(other.stderr).toMatch(
    /^framerail: Another command is making covers into [^\n]+: wait for its end\. \(FR_BATCH_BUSY\)\n$/,
  );
  child.kill('SIGINT');
  child.kill('SIGCONT');
  const { code, stdout, orphans } = await ended;
  expect([code, orphans]).toEqual([130, []]);
  const summary = events(stdout).at(-1)!;
  expect(summary).toMatchObject({ event: 'summary', stopped: true, failed: 0 });
  expect(readdirSync(join(out, '.framerail'))).toEqual(['failures.jsonl', 'state.db']);
});

test.each([
  ['no folder', ['clip.mp4'], '--out'],
  ['nothing to make', ['--out', 'x'], 'inputs'],
  ['a quality of 0', ['.', '--out', 'x', '--quality', '0'], 'quality'],
  ['a root that is missing', ['.', '--out', 'x', '--root', 'none'], '`--root`'],
  ['no worker', ['.', '--out', 'x', '--concurrency', '0'], '--concurrency'],
  ['a pattern of names that all are the same', ['.', '--out', 'x', '--name', '{w}'], 'name'],
])('%s is wrong usage, and makes nothing', async (_, args, word) => {
  const cwd = temporaryFolder();
  const { code, stdout, stderr } = await startCli(['covers', ...args], { cwd }).ended;
  expect([code, stdout.toString()]).toEqual([2, '']);
  expect(stderr).toMatch(/^framerail: [^\n]+ \(FR_ARG_INVALID\)\n$/);
  expect(stderr).toContain(word);
  expect(readdirSync(cwd)).toEqual([]);
});
