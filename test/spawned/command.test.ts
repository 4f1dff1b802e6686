// One running command: what it takes, what it says, and how it ends.
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { ProcessGroup } from '#dist/spawned/index.js';
import { CommandLog } from '#dist/spawned/log-lines.js';
import { failure } from '../support/failure.js';
import { isAlive } from '../support/resources.js';

const group = new ProcessGroup(5000);

afterAll(() => group.close());

const QUIET = ['-hide_banner', '-nostats', '-loglevel', 'level+info'];
const RAW = ['-f', 'rawvideo', '-pix_fmt', 'gray', '-video_size', '64x64', '-framerate', '25'];

test('what is written to a command comes back, with back-pressure on both sides', async () => {
  const command = group.start({
    command: 'ffmpeg',
    args: [...QUIET, ...RAW, '-i', 'pipe:0', '-f', 'rawvideo', 'pipe:1'],
    input: true,
  });
  const [sent, got] = [createHash('md5'), createHash('md5')];
  const frames = 2000;
  const write = async (): Promise<void> => {
    for (let i = 0; i < frames; i++) {
      const frame = Buffer.alloc(64 * 64, i % 251);
      sent.update(frame);
      await command.write(frame);
    }
    command.finishInput();
  };
  const [, whole] = await Promise.all([write(), command.out.take(frames * 64 * 64, (bytes) => got.update(bytes))]);
  expect(whole).toBe(true);
  expect(await command.end()).toEqual({ code: 0 });
  expect(got.digest('hex')).toBe(sent.digest('hex'));
});

test('who writes to a command that was killed is not left waiting', async () => {
  const command = group.start({
    command: 'ffmpeg',
    args: [...QUIET, ...RAW, '-i', 'pipe:0', '-f', 'rawvideo', 'pipe:1'],
    input: true,
  });
  const write = async (): Promise<void> => {
    for (let i = 0; i < 4000; i++) await command.write(Buffer.alloc(64 * 64));
  };
  const writing = write();
  command.kill();
  await writing;
  expect(await command.end()).toBeUndefined();
  expect(isAlive(command.pid)).toBe(false);
});

test('a failure has its exit code and its words', async () => {
  const command = group.start({ command: 'ffmpeg', args: [...QUIET, '-i', '/none.mp4', '-f', 'null', '-'] });
  expect(await command.end()).toEqual({ code: 1 });
  expect(command.log.firstError).toContain('No such file');
});

test('a closed group starts nothing more', async () => {
  const own = new ProcessGroup(5000);
  const source = ['-re', '-f', 'lavfi', '-i', 'testsrc2=duration=60', '-f', 'null', '-'];
  const command = own.start({ command: 'ffmpeg', args: [...QUIET, ...source] });
  expect(own.pids).toEqual([command.pid]);
  await own.close();
  expect([own.pids, isAlive(command.pid)]).toEqual([[], false]);
  expect(await failure(() => own.start({ command: 'ffmpeg', args: [] }))).toMatchObject({ code: 'FR_CLOSED' });
});

describe('what a command says', () => {
  test('warnings and errors are kept, the rest is handed on', () => {
    const log = new CommandLog();
    expect(log.hear('[Parsed_showinfo_0 @ 0x55] [info] n:   0 pts:      0')).toBe('n:   0 pts:      0');
    expect(log.hear('[info] Stream mapping:')).toBe('Stream mapping:');
    expect(log.hear('[h264 @ 0x55] [error] error while decoding MB 3 4')).toBeUndefined();
    expect(log.hear('[swscaler @ 0x55] [warning] deprecated pixel format used, make sure')).toBeUndefined();
    expect(log.hear('[error] Error while decoding stream #0:0: Invalid data found')).toBeUndefined();
    expect(log.lines).toEqual([
      { level: 'error', text: 'error while decoding MB 3 4' },
      { level: 'error', text: 'Error while decoding stream #0:0: Invalid data found' },
    ]);
    expect(log.refusedPackets).toBe(1);
  });

  test('of very many the first and the last are kept', () => {
    const log = new CommandLog();
    for (let i = 0; i < 500; i++) log.hear(`[a @ 0x1] [warning] message ${String(i)}`);
    expect(log.lines).toHaveLength(51);
    expect(log.lines[0]).toEqual({ level: 'warning', text: 'message 0' });
    expect(log.lines[49]).toEqual({ level: 'warning', text: 'message 499' });
    expect(log.lines[50]).toEqual({ level: 'warning', text: '450 more messages' });
  });
});
