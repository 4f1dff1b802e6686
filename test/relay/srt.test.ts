// SRT from and to real peers: ffmpeg and srt-live-transmit, called and calling, with and without a passphrase.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TAG } from '#dist/relay/flv/tag.js';
import { fixture } from '../support/fixtures.js';
import { freePort, sender } from '../support/live.js';
import { sums } from '../support/relay/compare.js';
import { runFfmpeg } from '../support/relay/ffmpeg-run.js';
import { openOrigin } from '../support/relay/opened-origin.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf } from '../support/relay/relays.js';
import { isMedia, rtmpSink, type Sink } from '../support/relay/sink.js';
import { bound, feed, transmit } from '../support/relay/srt.js';
import { stream } from '../support/relay/stream.js';
import { audioHeader, metadata, videoHeader, type Tag } from '../support/relay/tags.js';
import { flvTags, mediaOf, readTs } from '../support/relay/ts.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ts = readFileSync(fixture('plain.ts'));
const theirs = flvTags(readFileSync(fixture('plain.flv')));
const PASSPHRASE = 'k3epMeHidden';

/** All that came is what ffmpeg writes as FLV, from its beginning. */
function expectTheirs(tags: readonly Tag[], least: number): void {
  for (const type of [TAG.video, TAG.audio]) {
    const came = sums(mediaOf(tags, type));
    expect(came.length).toBeGreaterThan(least);
    expect(sums(mediaOf(theirs, type)).slice(0, came.length)).toEqual(came);
  }
}

async function takes(sink: Sink, count: number): Promise<void> {
  await sink.arrivals.count(count, isMedia);
}

test('a stream that ffmpeg serves is called for and reaches RTMP, unit for unit', async () => {
  const { url } = await sender('srt');
  const sink = await rtmpSink();
  const { told, all } = relayOf(url, sink.url, { publishEarly: true });
  await takes(sink, 200);
  expect(await told('ready')).toMatchObject({ audio: 'aac', video: 'h264' });
  expectTheirs(sink.media(), 70);
  expect(all('warning')).toEqual([]);
});
