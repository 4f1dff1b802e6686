// framerail relay from SRT: its process and its origin are begun before its code is read, once, and never left behind.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cli, startCli, type Running } from '../support/cli.js';
import { freePort, sender } from '../support/live.js';
import { Journal } from '../support/relay/journal.js';
import { isMedia, rtmpSink } from '../support/relay/sink.js';
import { silentPeer } from '../support/relay/srt.js';

const NOBODY = 'rtmp://127.0.0.1:9/live/key';

/** Its processes that host links. */
function workers({ processes }: Running): number[] {
  return processes().filter((pid) => /srt.worker\.js/.test(readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')));
}

/** An address whose peer never answers, and who waits until it is called. */
async function silent(): Promise<{ readonly address: string; readonly called: Journal<true> }> {
  const called = new Journal<true>();
  const port = await silentPeer(() => {
    called.push(true);
  });
  return { address: `srt://127.0.0.1:${String(port)}`, called };
}

test('the connection that was dialled early is the only one, and its process too', async () => {
  // It takes one caller, and is gone after that.
  const { url } = await sender('srt');
  const sink = await rtmpSink();
  const running = startCli(['relay', url, sink.url, '--json']);
  await sink.arrivals.count(20, isMedia);
  expect(workers(running)).toHaveLength(1);
  process.kill(running.child.pid!, 'SIGTERM');
  const { code, stdout, stderr, orphans } = await running.ended;
  expect([code, stderr, orphans]).toEqual([0, '', []]);
  const lines = stdout.toString().trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as { event: string; timings?: Record<string, number> });
  expect(events.map(({ event }) => event)).not.toContain('originLost');
  const { dialled = -1, handshake = -1 } = events.find(({ event }) => event === 'origin')?.timings ?? {};
  expect(dialled).toBeGreaterThanOrEqual(0);
  expect(handshake).toBeGreaterThan(dialled);
});

test('with a time of its own the origin is dialled when that is known, and once', async () => {
  const { url } = await sender('srt');
  const sink = await rtmpSink();
  const running = startCli(['relay', url, sink.url, '--json', '--connect-timeout', '20s']);
  await sink.arrivals.count(20, isMedia);
  expect(workers(running)).toHaveLength(1);
  process.kill(running.child.pid!, 'SIGTERM');
  const { code, stdout, orphans } = await running.ended;
  expect([code, orphans]).toEqual([0, []]);
  expect(stdout.toString()).not.toContain('originLost');
});

test('a listener is not dialled, and has the process that was started early', async () => {
  const address = `srt://127.0.0.1:${String(await freePort('udp'))}?mode=listener`;
  const sink = await rtmpSink();
  const running = startCli(['relay', address, sink.url, '--json']);
  const [first] = (await once(running.child.stdout, 'data')) as [Buffer];
  expect(first.length).toBeGreaterThan(0);
  expect(workers(running)).toHaveLength(1);
  process.kill(running.child.pid!, 'SIGTERM');
  const { code, orphans } = await running.ended;
  expect([code, orphans]).toEqual([0, []]);
});

test.each([
  ['an option that there is not', ['--nonsense'], 2],
  ['a question for help', ['--help'], 0],
  ['a value that is wrong', ['--on-end', 'never'], 2],
])('%s leaves nothing behind', async (_, args, wanted) => {
  const { address } = await silent();
  const { code, orphans } = await cli('relay', address, NOBODY, ...args);
  expect([code, orphans]).toEqual([wanted, []]);
});

test('killed while it dials, it leaves no process behind', async () => {
  const { address, called } = await silent();
  const running = startCli(['relay', address, NOBODY, '--json']);
  await called.find(() => true, 'a call');
  expect(workers(running)).toHaveLength(1);
  running.child.kill('SIGKILL');
  const { signal, orphans } = await running.ended;
  expect([signal, orphans]).toEqual(['SIGKILL', []]);
});
