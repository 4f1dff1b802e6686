// framerail relay with several origins and a slate.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCli } from '../support/cli.js';
import { ffmpeg } from '../support/ffmpeg.js';
import { liveOrigin } from '../support/relay/live-origin.js';
import { rtmpSink } from '../support/relay/sink.js';
import { arrivedOf, expectWhole, plays } from '../support/relay/switches.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('the source is the first of several origins, and the slate is shown when none is left', async () => {
  const slate = join(temporaryFolder(), 'slate.png');
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc=size=320x180', '-frames:v', '1', slate);
  const [first, second] = [await liveOrigin(), await liveOrigin({ number: 50_000 })];
  const sink = await rtmpSink();
  const more = ['--from', second.url, '--standby', 'hot', '--failover-after', '500ms', '--failback-after', 'never'];
  const args = [first.url, sink.url, ...more, '--slate', slate, '--slate-after', '300ms'];
  const running = startCli(['relay', ...args], { detached: true });
  await plays(sink, first);
  // The other origin was dialled once, as a standby.
  expect(second.connections).toHaveLength(1);
  first.die();
  await plays(sink, second);
  second.die();
  const others = (): number => sink.media().length - arrivedOf(sink, first).length - arrivedOf(sink, second).length;
  await sink.arrivals.find(() => others() > 40, 'the slate', 30_000);
  process.kill(-running.child.pid!, 'SIGINT');
  const { code, stdout, orphans } = await running.ended;
  expect([code, orphans]).toEqual([0, []]);
  const said = stdout.toString();
  expect(said).toMatch(new RegExp(`${String(second.port)}/live/\\*\\*\\* goes on for .*${String(first.port)}.*: lost`));
  expect(said).toMatch(/slate goes on for .*: lost, \d+ ms without media/);
  expectWhole(sink, first, second);
});

test.each([
  [['--standby', 'warm'], /`standby`/],
  [['--failback-after', 'soon'], /--failback-after/],
  [['--slate', '/nowhere/slate.png'], /slate .* cannot be shown/],
])('%j is refused in one sentence', async (options, why) => {
  const sink = await rtmpSink();
  const origin = await liveOrigin();
  const { code, stderr } = await startCli(['relay', origin.url, sink.url, ...options]).ended;
  expect(code).not.toBe(0);
  expect(stderr).toMatch(why);
});
