// How soon a real RTSP server's stream plays, in round trips of a line that is made long.
import { expect, test } from 'vitest';
import { fixture } from '../../support/fixtures.js';
import { delayProxy } from '../../support/relay/delay-proxy.js';
import { relayOf } from '../../support/relay/relays.js';
import { rtspServer } from '../../support/relay/rtsp-server.js';
import { rtmpSink } from '../../support/relay/sink.js';

test('pictures and sound play within five round trips, with a login within six', async () => {
  const [roundTrip, work] = [100, 60];
  for (const [login, trips] of [
    [undefined, 4],
    [{ method: 'digest', user: 'u', password: 'p' } as const, 5],
  ] as const) {
    const server = await rtspServer({
      clip: fixture('plain.mp4'),
      video: 'h264',
      audio: 'aac',
      ...(login && { login }),
    });
    const port = String(await delayProxy(server.port, roundTrip));
    const address = `rtsp://${login === undefined ? '' : 'u:p@'}127.0.0.1:${port}/clip`;
    const sink = await rtmpSink();
    const taken: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { told, relay } = relayOf(address, sink.url);
      taken.push((await told('origin')).timings.play ?? Infinity);
      await relay.stop();
    }
    expect(Math.min(...taken)).toBeLessThan(trips * roundTrip + work);
    // The line is as long as it should be.
    expect(Math.min(...taken)).toBeGreaterThanOrEqual(trips * roundTrip - 2);
  }
});
