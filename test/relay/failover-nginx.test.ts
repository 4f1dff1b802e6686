// Failover with real parts: two ffmpeg publish to two nginx, and one of them is killed, stopped, or loses its server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { fixture } from '../support/fixtures.js';
import { freePort } from '../support/live.js';
import { expectMonotonic } from '../support/relay/compare.js';
import { nginx } from '../support/relay/nginx.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink, type Arrival } from '../support/relay/sink.js';
import { isKeyframe } from '../support/relay/stream.js';
import { longestGap } from '../support/relay/switches.js';
import { AUDIO, DATA, VIDEO } from '../support/relay/tags.js';

/** Milliseconds from one keyframe to the next of both clips, and what a switch may take beyond. */
const GOP = 1000;
const SLACK = 500;

/** ffmpeg publishes a clip over and over, until the test is over or it is killed. */
function publisher(clip: string, url: string) {
  const args = ['-v', 'error', '-nostdin', '-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv', url];
  const child = spawn('ffmpeg', args, { stdio: 'ignore', timeout: 60_000 });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

/** Tags of media of a sink behind a moment. */
const since = (arrivals: readonly Arrival[], at: number): Arrival[] =>
  arrivals.filter((one) => one.type !== DATA && one.at > at);

test.each([
  ['kill -9 of the publisher', 'cold'],
  ['kill -9 of the publisher', 'hot'],
  ['SIGSTOP of the publisher', 'hot'],
  ['SIGSTOP of the publisher', 'cold'],
  ['the end of the server', 'cold'],
  ['the end of the server', 'hot'],
] as const)(
  '%s with a %s standby: the destination keeps its connection and sees little of it',
  async (what, standby) => {
    const [first, second] = [await nginx(), await nginx()];
    const urls = [first.url('live', 'a'), second.url('live', 'b')];
    const victim = publisher(fixture('plain.mp4'), urls[0]!);
    publisher(fixture('second.mp4'), urls[1]!);
    const sink = await rtmpSink();
    const { told, relay } = relayOf(urls, sink.url, { standby });
    await told('picture');
    await sink.arrivals.count(120, ({ type }) => type === VIDEO || type === AUDIO);
    const before = longestGap(sink);
    const at = performance.now();
    if (what.startsWith('kill')) victim.kill('SIGKILL');
    else if (what.startsWith('SIGSTOP')) victim.kill('SIGSTOP');
    else process.kill(first.pid, 'SIGTERM');
    const { reason, gapMs } = await told('switch');
    await sink.arrivals.find((one) => one.at > at && isKeyframe(one), 'a keyframe');
    await sink.arrivals.count(sink.arrivals.items.length + 120, () => true);
    const [any, sound, video] = [undefined, AUDIO, VIDEO].map((type) => String(Math.round(longestGap(sink, type))));
    console.log(
      `${what}, ${standby}: ${reason}, ${String(gapMs)} ms; no media ${any} ms, no sound ${sound}, no video ${video}`,
    );
    expect(before).toBeLessThan(SLACK);
    // A cold standby is not dialled ahead of two seconds of silence.
    const silence = what.startsWith('SIGSTOP') && standby === 'cold' ? 2000 : 0;
    expect(longestGap(sink)).toBeLessThan(silence + GOP + SLACK);
    expect(sink.connections).toHaveLength(1);
    expect(relay.status().destinations[0]).toMatchObject({ state: 'live', connections: 1 });
    expectMonotonic(sink.media());
    // What passed for the destination is what passed on the wall.
    const media = since(sink.media(), at - 1000);
    const [begin, end] = [media[0]!, media.at(-1)!];
    expect(Math.abs(end.timestamp - begin.timestamp - (end.at - begin.at))).toBeLessThan(GOP);
  },
);

test('two that push to the relay: the second goes on for the first, which needs no connection of its own', async () => {
  const [one, other] = [await freePort('tcp'), await freePort('tcp')];
  const urls = [one, other].map((port) => `rtmp://127.0.0.1:${String(port)}/live/key`);
  const sink = await rtmpSink();
  const { told, events, relay } = relayOf(
    urls.map((url) => `${url}?listen`),
    sink.url,
  );
  const victim = publisher(fixture('plain.mp4'), urls[0]!);
  await told('picture');
  publisher(fixture('second.mp4'), urls[1]!);
  await events.count(2, ({ event }) => event === 'origin');
  await sink.arrivals.count(60, ({ type }) => type === VIDEO);
  victim.kill('SIGKILL');
  await told('switch');
  await sink.arrivals.count(sink.arrivals.items.length + 100, () => true);
  expect(longestGap(sink)).toBeLessThan(GOP + SLACK);
  expect(sink.connections).toHaveLength(1);
  expectMonotonic(sink.media());
  expect(relay.status().origins.map(({ state }) => state)).toEqual(['dialling', 'active']);
});

test('a publisher that comes back feeds the relay again, and no tag is missing around it', async () => {
  const [first, second] = [await nginx(), await nginx()];
  const urls = [first.url('live', 'a'), second.url('live', 'b')];
  const victim = publisher(fixture('plain.mp4'), urls[0]!);
  publisher(fixture('second.mp4'), urls[1]!);
  const sink = await rtmpSink();
  const { told, events } = relayOf(urls, sink.url, { standby: 'hot', failbackAfter: 1000 });
  await told('picture');
  await sink.arrivals.count(60, ({ type }) => type === VIDEO);
  victim.kill('SIGSTOP');
  await told('switch');
  victim.kill('SIGCONT');
  const back = await events.find((one) => one.event === 'switch' && one.reason === 'failback', 'the way back');
  const at = performance.now();
  await sink.arrivals.count(sink.arrivals.items.length + 120, () => true);
  expect(back).toMatchObject({ gapMs: expect.any(Number) });
  const around = sink.media().filter((one) => Math.abs(one.at - at) < 800);
  for (const type of [AUDIO, VIDEO]) {
    const times = around.filter((one) => one.type === type).map(({ timestamp }) => timestamp);
    expect(Math.max(...times.slice(1).map((time, i) => time - times[i]!))).toBeLessThan(150);
  }
  expect(sink.connections).toHaveLength(1);
  expectMonotonic(sink.media());
});
