// The way back to an origin that is wanted more.
import { describe, expect, test } from 'vitest';
import { liveOrigin } from '../support/relay/live-origin.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink } from '../support/relay/sink.js';
import { arrivedOf, expectWhole, plays } from '../support/relay/switches.js';
import { AUDIO, VIDEO } from '../support/relay/tags.js';

/** Pictures from one keyframe to the next, and the milliseconds of it. */
const GOP = 25;
/** Another stream: other payloads, a clock that began hours ago. */
const OTHER = { gop: GOP, number: 50_000, from: 7_000_000 } as const;

describe('an origin that is wanted more', () => {
  test('takes over again when it has flowed for long enough: at its keyframe, with no gap', async () => {
    const [first, second] = [await liveOrigin({ gop: GOP }), await liveOrigin(OTHER)];
    const sink = await rtmpSink();
    const { told, all, events, relay } = relayOf([first.url, second.url], sink.url, { failbackAfter: 700 });
    await plays(sink, first);
    first.die();
    await told('switch');
    await plays(sink, second, 30);
    first.revive();
    await events.find((one) => one.event === 'switch' && one.reason === 'failback', 'the way back');
    await plays(sink, first, 60);
    const { gapMs, from } = all('switch')[1]!;
    expect(from).toContain(String(second.port));
    expect(gapMs).toBeLessThan(150);
    const media = sink.media();
    const back = media.findLastIndex((one) => arrivedOf(sink, second).includes(one));
    // Neither track stands still around it, in time or in its own timestamps.
    for (const type of [AUDIO, VIDEO]) {
      const around = media.filter((one, i) => one.type === type && Math.abs(i - back) < 40);
      const steps = around.slice(1).map(({ timestamp }, i) => timestamp - around[i]!.timestamp);
      expect(Math.max(...steps)).toBeLessThan(120);
    }
    expect(relay.status().origins.map(({ state }) => state)).toEqual(['active', 'standby']);
    expectWhole(sink, first, second);
  });

  test('stays away when it is told to', async () => {
    const [first, second] = [await liveOrigin({ gop: GOP }), await liveOrigin(OTHER)];
    const sink = await rtmpSink();
    const { told, all } = relayOf([first.url, second.url], sink.url, { failbackAfter: Infinity });
    await plays(sink, first);
    first.die();
    await told('switch');
    first.revive();
    await plays(sink, second, 150);
    expect(all('switch')).toHaveLength(1);
  });

  test('waits anew when it falls silent amid its trial', async () => {
    const [first, second] = [await liveOrigin({ gop: 10 }), await liveOrigin({ ...OTHER, gop: 10 })];
    const sink = await rtmpSink();
    const { told, events } = relayOf([first.url, second.url], sink.url, { failbackAfter: 1500, failoverAfter: 300 });
    await plays(sink, first);
    first.die();
    await told('switch');
    first.revive();
    await events.find((one, i = events.items.indexOf(one)) => one.event === 'origin' && i > 3, 'it answers again');
    await first.sent(30);
    first.freeze();
    await plays(sink, second, 60);
    first.thaw();
    const thawed = performance.now();
    await events.find((one) => one.event === 'switch' && one.reason === 'failback', 'the way back');
    expect(performance.now() - thawed).toBeGreaterThan(1400);
    await plays(sink, first);
    expectWhole(sink, first, second);
  });
});
