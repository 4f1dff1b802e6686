// framerail relay: the library's relay from the command line, with its events, its exit codes and its chart.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli, startCli } from '../support/cli.js';
import { ffprobe } from '../support/ffmpeg.js';
import { freePort } from '../support/live.js';
import { filesIn } from '../support/process.js';
import { nginx } from '../support/relay/nginx.js';
import { rtmpOrigin, type Origin } from '../support/relay/origin.js';
import { rtmpSink } from '../support/relay/sink.js';
import { stream } from '../support/relay/stream.js';
import { audioHeader, metadata, videoHeader } from '../support/relay/tags.js';
import { temporaryFolder } from '../support/temporary-folder.js';

interface Line {
  readonly event: string;
  readonly sinceStartMs: number;
  readonly timings?: Readonly<Record<string, number>>;
}

/** Plays for longer than any test runs. */
function endless(): Promise<Origin> {
  return rtmpOrigin(async (player) => {
    player.send(metadata(), videoHeader(), audioHeader());
    await player.pace(stream({ length: 30_000 }));
  });
}

const linesOf = (stdout: Buffer): Line[] =>
  stdout
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

test('--json against nginx shows the steps of both sides; --duration ends it with 0', async () => {
  const server = await nginx();
  const origin = await endless();
  const args = [origin.url, server.url('live', 'secret-key'), '--duration', '2s', '--status', '400ms', '--json'];
  const { code, stdout, stderr, orphans } = await cli('relay', ...args);
  expect([code, stderr, orphans]).toEqual([0, '', []]);
  const lines = linesOf(stdout);
  const events = lines.map(({ event }) => event);
  for (const event of ['origin', 'connected', 'ready', 'started', 'picture', 'status']) expect(events).toContain(event);
  expect(events.at(-1)).toBe('end');
  const steps = (event: string): string[] => Object.keys(lines.find((line) => line.event === event)?.timings ?? {});
  expect(steps('origin')).toEqual(['dialled', 'tcp', 'handshake', 'connected', 'play']);
  expect(steps('connected')).toEqual(['dialled', 'tcp', 'handshake', 'connected', 'publish']);
  const times = lines.filter(({ sinceStartMs }) => typeof sinceStartMs === 'number').map((line) => line.sinceStartMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  // What was dialled before the code of the relay was read counts from there.
  expect(lines.find(({ event }) => event === 'connected')?.timings?.['dialled']).toBeGreaterThanOrEqual(0);
  expect(stdout.toString()).not.toContain('secret-key');
});

test('a second Ctrl-C leaves an MP4 as it was recorded, and says where', async () => {
  const [origin, folder] = [await endless(), temporaryFolder()];
  const record = join(folder, 'show.mp4');
  const running = startCli(['relay', origin.url, '--record', record], { detached: true });
  await once(running.child.stdout, 'data');
  const parts = (): string[] => filesIn(folder).filter((name) => name.endsWith('.part.flv'));
  await expect.poll(() => parts().length, { timeout: 20_000, interval: 20 }).toBe(1);
  const group = -(running.child.pid ?? 0);
  process.kill(group, 'SIGINT');
  // The worker is there, and takes longer to load its engine than a signal takes to come.
  await expect.poll(() => running.processes().length, { timeout: 20_000, interval: 2 }).toBe(2);
  process.kill(group, 'SIGINT');
  const { code, stderr, orphans } = await running.ended;
  expect(code).not.toBe(0);
  expect(stderr).toContain(join(folder, 'show.flv'));
  expect([filesIn(folder), orphans]).toEqual([['show.flv'], []]);
});

test('Ctrl-C ends it cleanly: the recording is there, and the exit code is 0', async () => {
  const [origin, sink, folder] = [await endless(), await rtmpSink(), temporaryFolder()];
  const record = join(folder, 'show.flv');
  const running = startCli(['relay', origin.url, sink.url, '--record', record], { detached: true });
  await sink.arrivals.find(() => true, 'a tag');
  process.kill(-running.child.pid!, 'SIGINT');
  const { code, signal, stdout, stderr, orphans } = await running.ended;
  expect([code, signal, stderr, orphans]).toEqual([0, null, '', []]);
  expect(stdout.toString()).toMatch(/ms {2}the relay is over\n$/);
  expect(filesIn(folder)).toEqual(['show.flv']);
  expect(readFileSync(record).toString('latin1', 0, 3)).toBe('FLV');
  await expect(ffprobe('-show_streams', record)).resolves.toBeDefined();
});

test('without a terminal it prints what happens, and the start to scale', async () => {
  const [origin, sink] = [await endless(), await rtmpSink()];
  const running = startCli(['relay', origin.url, sink.url, '--duration', '2s']);
  const { code, stdout } = await running.ended;
  expect(code).toBe(0);
  const text = stdout.toString();
  expect(text).toMatch(/ ms {2}rtmp:\/\/127\.0\.0\.1:\d+\/\w+\/\*\*\* answered\n/);
  expect(text).toMatch(/ready: both streams \(h264, aac\)\n/);
  expect(text).toMatch(/\norigin +TCP +█/);
  expect(text).toMatch(/\n +publish +█/);
  // Lines that are rewritten are for terminals.
  expect(text).not.toContain('\u001B');
});

test('an origin that ends: with --on-end exit it is over, with 0', async () => {
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata(), videoHeader(), audioHeader());
    await player.pace(stream({ length: 300 }));
    player.cut('fin');
  });
  const sink = await rtmpSink();
  const { code, stdout, stderr } = await cli('relay', origin.url, sink.url, '--on-end', 'exit', '--json');
  expect([code, stderr]).toEqual([0, '']);
  expect(linesOf(stdout).at(-1)).toMatchObject({ event: 'end', error: null });
});

test('nobody at the origin, and no more attempts: one sentence and 1', async () => {
  const sink = await rtmpSink();
  const { code, stderr, orphans } = await cli('relay', 'rtmp://127.0.0.1:9/live/key', sink.url, '--on-end', 'exit');
  expect([code, orphans]).toEqual([1, []]);
  expect(stderr).toBe(
    'framerail: rtmp://127.0.0.1:9/live/*** could not be reached: nobody listens there. (FR_RELAY_CONNECT)\n',
  );
});

test.each([
  [['rtmp://127.0.0.1/live/a'], 'at least one address, or --record'],
  [['rtmp://127.0.0.1/live', 'rtmp://127.0.0.1/live/b'], '`from`'],
  [['rtmp://127.0.0.1/live/a', 'http://127.0.0.1/b'], '`to[0]`'],
  [['rtmp://127.0.0.1/live/a', 'rtmp://127.0.0.1/live/b', '--on-end', 'never'], '`onEnd`'],
  [['rtmp://127.0.0.1/live/a', 'rtmp://127.0.0.1/live/b', '--queue', 'large'], '--queue'],
  [['rtmp://127.0.0.1/live/a', 'rtmp://127.0.0.1/live/b', '--nonsense'], '--nonsense'],
  [['rtmp://127.0.0.1/live/a', 'foo.mp4'], '(others are for --record, or record) for `to[0]` but received ".mp4".'],
  [['rtmp://127.0.0.1/live/a', 'rtmp://127.0.0.1:99999/live/b'], 'Expected a port of 1 to 65,535 for `to[0]`'],
  [['rtmp://127.0.0.1/live/a', 'rtmp://127.0.0.1/live/b', '--check'], 'Expected a file to look at, as --config for'],
  [['--check'], 'Expected a file to look at, as --config for `--check`'],
  [['rtmp://127.0.0.1/live/a', '--record', 'a.flv', '--status', '1s'], 'Expected --json beside it for `--status`'],
  [
    ['rtmp://127.0.0.1/live/a', '--record', 'a.flv', '--record', 'b.ts'],
    'Expected one file for `--record` but received ["a.flv", "b.ts"].',
  ],
])('wrong usage: %j', async (args, named) => {
  const { code, stderr, orphans } = await cli('relay', ...args);
  expect([code, orphans]).toEqual([2, []]);
  expect(stderr).toContain(named);
});

test.each(['?listen', '?listen=1'])('what was dialled early for %s does not keep the command', async (query) => {
  const source = `rtmp://127.0.0.1:${String(await freePort('tcp'))}/live/key${query}`;
  const running = startCli(['relay', source, 'rtmp://127.0.0.1:9/live/b', '--json']);
  const [first] = (await once(running.child.stdout, 'data')) as [Buffer];
  expect(first.length).toBeGreaterThan(0);
  process.kill(running.child.pid!, 'SIGTERM');
  const { code, orphans } = await running.ended;
  expect([code, orphans]).toEqual([0, []]);
});

test.each([
  ['never comes', async () => `udp://127.0.0.1:${String(await freePort('udp'))}`, /no media ever came from udp:/],
  [
    'cannot be dialled',
    async () => 'rtmp://127.0.0.1:9/live/key',
    /no media ever came from rtmp:\S+ \(.* could not be reached: nobody listens there\)/,
  ],
  ['sends nothing', async () => (await rtmpOrigin(() => undefined)).url, /no media ever came from rtmp:/],
  ['nobody takes', async () => (await endless()).url, /no destination took anything \(.* nobody listens there\)/],
])('a stream that %s is no success when --duration is over', async (what, from, why) => {
  const to = what === 'nobody takes' ? 'rtmp://127.0.0.1:9/live/key' : (await rtmpSink()).url;
  const { code, stderr } = await cli('relay', await from(), to, '--duration', '700ms');
  expect([code, stderr]).toEqual([1, expect.stringMatching(why)]);
  expect(stderr).toMatch(/^framerail: Nothing was relayed: [^\n]*\(FR_RELAY_TIMEOUT\)\n$/);
});
