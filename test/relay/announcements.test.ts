// Metadata that is missing, late, or written otherwise, and data that is none: streams do not depend on it.
import { expect, test } from 'vitest';
import { decodeAmf } from '#dist/relay/amf0.js';
import { arrival, expectSame } from '../support/relay/compare.js';
import { httpOrigin } from '../support/relay/http-origin.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import type { Script } from '../support/relay/player.js';
import { relayOf } from '../support/relay/relays.js';
import { isMedia, rtmpSink } from '../support/relay/sink.js';
import { stream } from '../support/relay/stream.js';
import { audioHeader, DATA, dataTag, metadata, videoHeader, type Tag } from '../support/relay/tags.js';

const media = stream({ length: 1000 });
const ECMA_ARRAY = 8;

/** Plays tags ahead of a stream and amid it, and gives the data that arrived. */
async function dataOf(ahead: readonly Tag[], amid: readonly Tag[], flags?: number): Promise<Buffer[]> {
  const sink = await rtmpSink();
  const script: Script = async (player) => {
    player.send(...ahead);
    await player.pace(media.slice(0, 20), 8);
    // Amid the stream is where the destination is fed already.
    await player.wait(sink.arrivals.find(isMedia));
    player.send(...amid);
    await player.pace(media.slice(20), 8);
  };
  const origin = flags === undefined ? await rtmpOrigin(script) : await httpOrigin(script, { flags });
  relayOf(origin.url, sink.url);
  await arrival(sink.arrivals, media.at(-1));
  expectSame(sink.media(), media);
  return sink.arrivals.items.filter(({ type }) => type === DATA).map(({ payload }) => payload);
}

const headers = [videoHeader(), audioHeader()];

test.each([undefined, 0, 1, 4, 5])('a stream without metadata is forwarded whole (flags %s)', async (flags) => {
  expect(await dataOf(headers, [], flags)).toEqual([]);
});

test('metadata that is an object reaches the destination as the array that servers want', async () => {
  const [payload] = await dataOf([metadata({ encoder: 'x' }, 'object'), ...headers], []);
  const [set, name, values] = decodeAmf(payload!);
  expect([set, name]).toEqual(['@setDataFrame', 'onMetaData']);
  expect(values).toMatchObject({ encoder: 'x', width: 640, audiocodecid: 10 });
  // Each text has three bytes of its own ahead.
  expect(payload?.['...@setDataFrame...onMetaData'.length]).toBe(ECMA_ARRAY);
});

test('metadata that comes behind pictures and sound is passed on when it comes', async () => {
  const data = await dataOf(headers, [metadata({ encoder: 'late' }, 'array', 200)]);
  expect(data.map((payload) => decodeAmf(payload)[2])).toMatchObject([{ encoder: 'late' }]);
});

test('metadata that changes is passed on again', async () => {
  const data = await dataOf([metadata(), ...headers], [metadata({ width: 1280 }, 'array', 200)]);
  expect(data.map((payload) => decodeAmf(payload)[2])).toMatchObject([{ width: 640 }, { width: 1280 }]);
});

test('data that is no metadata is passed on as it is, and so is what cannot be read', async () => {
  const cue = dataTag(200, 'onCuePoint', 'chapter');
  const unreadable = { type: DATA, timestamp: 210, payload: Buffer.from([0xff, 1, 2]) };
  const data = await dataOf([metadata(), ...headers], [cue, unreadable]);
  expect(data.slice(1)).toEqual([cue.payload, unreadable.payload]);
});
