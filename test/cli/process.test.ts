// framerail process: the library's way of video both ways, from the command line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, startCli } from '../support/cli.js';
import { isAlive } from '../support/engines.js';
import { eventually } from '../support/eventually.js';
import { framemd5 } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { freePort, sender } from '../support/live.js';
import { some } from '../support/long.js';
import { filesIn, streamsOf } from '../support/process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ONE_SENTENCE = /^framerail: [^\n]+ \(FR_[A-Z_]+\)\n$/;

/** A module beside which the output lies. */
function module(folder: string, code: string): string {
  const path = join(folder, 'transform.mjs');
  writeFileSync(path, code);
  return path;
}

/** The process group of a process: the third field behind its name (proc(5)). */
function groupOf(pid: number): number {
  return Number(
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[2],
  );
}

describe.each(some(3, ['process', 'thread', 'inline']))('--backend %s', (backend) => {
  test('--with a module: what it paints is in the file', async () => {
    const folder = temporaryFolder();
    const output = join(folder, 'out.mp4');
    const code =
      'export default (batch) => { for (const f of batch) if (f.index % 2) f.drop(); else f.data.fill(9); };';
    const args = [
      '--with',
      module(folder, code),
      '--format',
      'native',
      '--lossless',
      '--to',
      '1',
      '--backend',
      backend,
    ];
    const { code: exit, stdout, stderr, orphans } = await cli('process', fixture('plain.mp4'), output, ...args);
    expect([exit, stderr, orphans]).toEqual([0, '', []]);
    expect(stdout.toString()).toMatch(/^frames +13 of 2[56] decoded, 12 dropped by the module$/m);
    expect(stdout.toString()).toMatch(/^stream 1 +audio aac: copied$/m);
    expect(new Set(await framemd5(output)).size).toBe(1);
    expect(filesIn(folder)).toEqual(['out.mp4', 'transform.mjs']);
  });
});

test('--filter, --codec, --quality, --size and --audio do what they say', async () => {
  const output = join(temporaryFolder(), 'out.mkv');
  const args = ['--filter', 'fps=5', '--filter', 'hflip', '--codec', 'vp9', '--quality', '20', '--audio', 'none'];
  const { code, stderr } = await cli('process', fixture('plain.mp4'), output, ...args, '--size', '64x36');
  expect([code, stderr]).toEqual([0, '']);
  expect(await streamsOf(output)).toMatchObject([{ codec_name: 'vp9', width: 64, height: 36, r_frame_rate: '5/1' }]);
});

test('--encoder-option, --bitrate and --container', async () => {
  const output = join(temporaryFolder(), 'out.bin');
  const args = ['--container', 'matroska', '--bitrate', '100k', '--encoder-option', 'preset=ultrafast', '--to', '0.5'];
  const { code, stderr } = await cli('process', fixture('plain.mp4'), output, ...args);
  expect([code, stderr]).toEqual([0, '']);
  expect((await streamsOf(output))[0]).toMatchObject({ codec_name: 'h264' });
});

test('--json: progress as lines, then the result', async () => {
  const folder = temporaryFolder();
  const code = 'export default () => new Promise((resolve) => setTimeout(resolve, 15));';
  const output = join(folder, 'out.mp4');
  const ended = await cli('process', fixture('plain.mp4'), output, '--with', module(folder, code), '--json');
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  const lines = ended.stdout
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.slice(0, -1).map(({ event }) => event)).toEqual(lines.slice(0, -1).map(() => 'progress'));
  expect(lines.length).toBeGreaterThanOrEqual(2);
  expect(lines.at(-2)).toMatchObject({ frames: 100, percent: expect.closeTo(100, 0) });
  expect(lines.at(-1)).toMatchObject({
    event: 'done',
    input: fixture('plain.mp4'),
    output,
    encoded: 100,
    container: 'mp4',
    copiedBytes: 0,
    bytes: readFileSync(output).byteLength,
    encoder: { name: 'libx264', requested: 'auto' },
    streams: [{ action: 'encode' }, { action: 'copy' }],
  });
});

test('- in and - out: a pipe of media, and nothing else on it', async () => {
  const folder = temporaryFolder();
  const bin = join(import.meta.dirname, '../../bin/framerail.js');
  const args = [bin, 'process', '-', '-', '--container', 'matroska', '--lossless', '--audio', 'none'];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 40_000 });
  const [pieces, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stderr.on('data', (piece: Buffer) => errors.push(piece));
  child.stdin.on('error', () => undefined).end(readFileSync(fixture('plain.ts')));
  const [code] = (await once(child, 'close')) as [number];
  expect([code, Buffer.concat(errors).toString()]).toEqual([0, '']);
  writeFileSync(join(folder, 'out.mkv'), Buffer.concat(pieces));
  expect(await framemd5(join(folder, 'out.mkv'))).toEqual(await framemd5(fixture('plain.ts')));
});

describe('wrong usage and failures: one sentence, an exit code, no file', () => {
  test.each<[string[], number, string]>([
    [['nowhere.mp4', 'out.mp4'], 1, 'FR_INPUT_NOT_FOUND'],
    [[fixture('text.mp4'), 'out.mp4'], 1, 'FR_INPUT_INVALID'],
    [[fixture('plain.mp4'), 'not/there/out.mp4'], 1, 'FR_OUTPUT_FAILED'],
    [[fixture('plain.mp4'), 'out.xyz'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), '-'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), '-', '--container', 'mp4', '--json'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), 'out.mp4', '--with', 'nothing.mjs'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), 'out.mp4', '--with', fixture('text.mp4')], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), 'out.mp4', '--filter', 'scael=2:2'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), 'out.mp4', '--encoder', 'libx246'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), 'out.mp4', '--quality', '101'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), 'out.mp4', '--quality', 'good'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), 'out.mp4', '--bitrate', '2X'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), 'out.mp4', '--format', 'cmyk'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), 'out.mp4', '--audio', 'loud'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), 'out.mp4', '--encoder-option', 'preset'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), 'out.mp4', '--slots', '1'], 2, 'FR_ARG_INVALID'],
    [[fixture('plain.mp4'), 'out.mp4', '--timeout', '0.001'], 1, 'FR_TIMEOUT'],
    [['rtmp://127.0.0.1:9/live/a', 'out.mp4'], 1, 'FR_INPUT_READ'],
    [[fixture('plain.mp4')], 2, 'FR_ARG_INVALID'],
  ])('%j', async (args, exit, code) => {
    const cwd = temporaryFolder();
    const ended = await startCli(['process', ...args], { cwd }).ended;
    expect(ended.stderr).toMatch(ONE_SENTENCE);
    expect([ended.code, /\((FR_\w+)\)\n$/.exec(ended.stderr)?.[1], ended.orphans]).toEqual([exit, code, []]);
    expect(filesIn(cwd)).toEqual([]);
  });

  test('a module that throws', async () => {
    const folder = temporaryFolder();
    const path = module(folder, 'export default () => { throw new Error("of mine"); };');
    const { code, stderr } = await cli('process', fixture('plain.mp4'), join(folder, 'out.mp4'), '--with', path);
    expect([code, stderr]).toEqual([1, expect.stringMatching(ONE_SENTENCE)]);
    expect(stderr).toContain('The transform failed at frame 0 (0.000 s): of mine');
    expect(filesIn(folder)).toEqual(['transform.mjs']);
  });

  test('help names every option', async () => {
    const { code, stdout } = await cli('process', '--help');
    expect(code).toBe(0);
    for (const option of ['--filter', '--with', '--encoder', '--lossless', '--audio', '--max-delay', '--json'])
      expect(stdout.toString()).toContain(option);
  });
});

describe.each(some(2, ['process', 'inline']))('Ctrl-C with --backend %s', (backend) => {
  test('ends with 130 and leaves neither a file nor a process', async () => {
    const folder = temporaryFolder();
    const code =
      'let said; export default async () => { said ??= console.log("begun"); await new Promise((r) => setTimeout(r, 20)); };';
    const args = ['process', fixture('big.mp4'), join(folder, 'out.mp4'), '--with', module(folder, code)];
    const running = startCli([...args, '--backend', backend], { detached: true });
    await once(running.child.stdout, 'data');
    const processes = running.processes();
    expect(filesIn(folder).length).toBe(2);
    process.kill(-running.child.pid!, 'SIGINT');
    const ended = await running.ended;
    expect([ended.code, ended.signal, ended.orphans]).toEqual([130, null, []]);
    expect(ended.stderr).toMatch(ONE_SENTENCE);
    expect(filesIn(folder)).toEqual(['transform.mjs']);
    expect(processes.map(isAlive)).toEqual(processes.map(() => false));
  });
});

describe.each(some(2, ['process', 'spawn']))('Ctrl-C while a live input is recorded, with --backend %s', (backend) => {
  test('ends the recording, which is whole', async () => {
    const { url } = await sender('udp', 'plain.mp4', ['-stream_loop', '-1']);
    const folder = temporaryFolder();
    const output = join(folder, 'out.mp4');
    const encoder = ['--encoder-option', 'preset=ultrafast'];
    const running = startCli(['process', url, output, '--json', '--backend', backend, ...encoder], { detached: true });
    await once(running.child.stdout, 'data');
    // A terminal sends it to the whole group.
    process.kill(-running.child.pid!, 'SIGINT');
    const { code, signal, stdout, stderr, orphans } = await running.ended;
    expect([code, signal, orphans]).toEqual([0, null, []]);
    expect(stderr).toContain('framerail: Ending the recording here; once more to throw it away.\n');
    const done = JSON.parse(stdout.toString().trimEnd().split('\n').at(-1)!) as { event: string; encoded: number };
    expect(done.event).toBe('done');
    expect(await framemd5(output)).toHaveLength(done.encoded);
    expect(filesIn(folder)).toEqual(['out.mp4']);
  });

  test('twice throws it away', async () => {
    const folder = temporaryFolder();
    // Nobody sends there.
    const input = `udp://127.0.0.1:${String(await freePort('udp'))}`;
    const args = ['process', input, join(folder, 'out.mp4'), '--backend', backend];
    const running = startCli(args, { detached: true });
    await eventually(() => {
      // It is ready for signals when it has processes, and when those have left the group that the signals go to.
      const others = running.processes().filter((pid) => pid !== running.child.pid);
      expect(others.length).toBeGreaterThan(0);
      for (const pid of others) expect(groupOf(pid)).not.toBe(running.child.pid);
    });
    process.kill(-running.child.pid!, 'SIGINT');
    await once(running.child.stderr, 'data');
    process.kill(-running.child.pid!, 'SIGINT');
    const { code, signal, stderr, orphans } = await running.ended;
    expect([code, signal, orphans]).toEqual([130, null, []]);
    expect(stderr).toMatch(/\nframerail: [^\n]+ \(FR_ABORTED\)\n$/);
    expect(filesIn(folder)).toEqual([]);
  });
});

// The shell bounds the size of files, in units of 1,024 bytes: that works for everybody, also in a container.
test.skipIf(process.platform === 'win32').each(some(2, ['process', 'inline']))(
  'a file that may not grow: --backend %s',
  async (backend) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'out.mp4'), 'kept');
    const bin = join(import.meta.dirname, '../../bin/framerail.js');
    const args = ['process', fixture('plain.mp4'), join(folder, 'out.mp4'), '--lossless', '--backend', backend];
    const script = 'ulimit -f 100; exec "$0" "$@"';
    const child = spawn('bash', ['-c', script, process.execPath, bin, ...args], { timeout: 40_000 });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect([code, signal, stderr]).toEqual([1, null, expect.stringMatching(ONE_SENTENCE)]);
    expect(stderr).toMatch(/Cannot write .*out\.mp4: it would grow beyond the largest file that is allowed\./);
    expect(filesIn(folder)).toEqual(['out.mp4']);
    expect(readFileSync(join(folder, 'out.mp4'), 'utf8')).toBe('kept');
  },
);
