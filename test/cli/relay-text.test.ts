// What people read of a relay on a terminal: every origin with what it is at, before, in and after its run.
import { expect, test } from 'vitest';
import { statusLines } from '#dist/cli/relay-text.js';
import { liveOrigin } from '../support/relay/live-origin.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink } from '../support/relay/sink.js';
import { plays } from '../support/relay/switches.js';
import { freePort } from '../support/live.js';

test('each origin has a line, which says whether it feeds, stands by, is waited for or is over', async () => {
  const [first, sink] = [await liveOrigin(), await rtmpSink()];
  const spare = `rtmp://127.0.0.1:${String(await freePort('tcp'))}/live/spare`;
  const { relay } = relayOf([first.url, `${spare}?listen`], sink.url);
  await plays(sink, first);
  const [fed = '', other = ''] = statusLines(relay.status());
  expect(fed).toMatch(/^origin {2}live {2}rtmp:\S+ {2}0:\d\d\.\d{3} {2}h264 640x360 \d+ kb\/s/);
  expect(other).toBe(`        awaited  ${spare.replace('/spare', '/***')}`);
  await relay.stop();
  expect(statusLines(relay.status()).slice(0, 2)).toEqual([
    expect.stringMatching(/^origin {2}idle {2}rtmp:/),
    expect.stringMatching(/^ {8}idle {2}rtmp:/),
  ]);
});
