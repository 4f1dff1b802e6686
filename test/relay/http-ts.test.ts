// HTTP origins: what comes is recognised by its first bytes, and by nothing else.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FramerailError } from '#dist/base/index.js';
import { httpOrigin } from '#dist/relay/http-origin.js';
import type { OriginSource } from '#dist/relay/origin.js';
import { thrownCode } from '../support/pieces.js';
import { bodyServer } from '../support/relay/body-server.js';
import { fixture } from '../support/fixtures.js';
import { mediaOf, readTs, flvTags, PACKET } from '../support/relay/ts.js';
import { sums } from '../support/relay/compare.js';
import { openOrigin } from '../support/relay/opened-origin.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink } from '../support/relay/sink.js';
import { AUDIO, DATA, VIDEO } from '../support/relay/tags.js';

const ts = readFileSync(fixture('plain.ts'));
const flv = readFileSync(fixture('plain.flv'));

describe('a body is what it begins with', () => {
  test.each([
    ['MPEG-TS that is called FLV', '/live/s.flv', 'video/x-flv', ts],
    ['MPEG-TS without any name', '/', '', ts],
    ['MPEG-TS from amid a packet on', '/s.ts', 'video/mp2t', ts.subarray(100)],
    ['FLV that is called MPEG-TS', '/live/s.ts', 'video/mp2t', flv],
    ['FLV that is called a page', '/live', 'text/html', flv],
  ])('%s', async (_, path, type, body) => {
    const { url } = await bodyServer((response) => {
      response.writeHead(200, type === '' ? {} : { 'content-type': type });
      // The first bytes come one by one: nothing is decided before it can be.
      for (const byte of body.subarray(0, 500)) response.write(Buffer.of(byte));
      response.end(body.subarray(500));
    });
    const { ended, tags, journal } = openOrigin(url + path);
    expect(await ended()).toBeUndefined();
    const expected = body === flv ? flvTags(flv).filter(({ type }) => type !== DATA) : readTs(body).tags;
    expect(sums(tags())).toEqual(sums(expected));
    expect(mediaOf(tags(), VIDEO).length).toBeGreaterThan(90);
    expect(journal.items[0]).toEqual({ what: 'open' });
  });

  test.each([
    ['a page', '<!DOCTYPE html><html>Not here</html>', 'FR_RELAY_PROTOCOL', '<!DOCTYPE html>'],
    ['MP4', '\0\0\0\x18ftypmp42'.padEnd(9000, 'x'), 'FR_RELAY_PROTOCOL', 'ftypmp42'],
    ['nothing', '', 'FR_RELAY_LOST', 'ended amid'],
    ['a letter', 'F', 'FR_RELAY_PROTOCOL', '"F"'],
    ['a playlist of nothing', '#EXTM3U\n#EXT-X-VERSION:3\n', 'FR_RELAY_PROTOCOL', 'neither segments nor playlists'],
    ['one behind a mark', '\xef\xbb\xbf#EXTM3U\n', 'FR_RELAY_PROTOCOL', 'neither segments nor playlists'],
  ])('%s is refused in one sentence', async (_, body, code, said) => {
    const { url } = await bodyServer((response) => response.end(Buffer.from(body, 'latin1')));
    const { ended, tags } = openOrigin(`${url}/live/secret`);
    const error = await ended();
    expect(error).toMatchObject({ code });
    expect(error?.message).toContain(said);
    expect(error?.message).not.toContain('secret');
    expect(tags()).toEqual([]);
  });

  test('bytes that are nothing are not looked at for ever', async () => {
    const { url } = await bodyServer((response) => {
      response.write(Buffer.alloc(5000, 0x20));
    });
    expect(await openOrigin(url).ended()).toMatchObject({ code: 'FR_RELAY_PROTOCOL' });
  });
});

test('a relay takes MPEG-TS by HTTP to RTMP, byte for byte', async () => {
  const sink = await rtmpSink();
  const { url } = await bodyServer((response) => {
    response.flushHeaders();
    // The destination stands before anything comes: a relay keeps no more than the last group for it.
    void sink.accepted.find(() => true).then(() => response.write(ts));
  });
  const { told } = relayOf(`${url}/live`, sink.url, { publishEarly: true });
  const theirs = flvTags(flv);
  for (const type of [VIDEO, AUDIO]) {
    const wanted = mediaOf(theirs, type);
    // The last picture of a body that goes on is not yet known to be whole; the last sound is.
    const count = type === VIDEO ? wanted.length - 1 : wanted.length;
    await sink.arrivals.count(count, (one) => mediaOf([one], type).length === 1);
    const came = sink.media().filter((one) => one.type === type);
    expect(sums(came).slice(0, count)).toEqual(sums(wanted).slice(0, count));
  }
  expect((await told('ready')).reason).toBe('both streams');
});

test('the program is named behind a hash, which the server never sees', async () => {
  const { url, paths } = await bodyServer((response) => response.end(ts));
  const none = openOrigin(`${url}/s.ts?token=1#program=5`);
  expect(await none.ended()).toBeUndefined();
  expect(none.warnings()).toEqual(['The transport stream has no program 5; it has 1.']);
  const one = openOrigin(`${url}/s.ts#program=1`);
  await one.ended();
  expect(one.tags().length).toBeGreaterThan(200);
  expect(paths).toEqual(['/s.ts?token=1', '/s.ts']);
  expect(thrownCode(() => httpOrigin('from', `${url}/s.ts#program=0`))).toBe('FR_ARG_INVALID');
});

test('a body that breaks off is lost with what it brought', async () => {
  const { url } = await bodyServer((response) => {
    response.write(ts.subarray(0, 500 * PACKET), () => response.socket?.resetAndDestroy());
  });
  const { ended, tags } = openOrigin(url);
  expect(await ended()).toMatchObject({ code: 'FR_RELAY_LOST' });
  expect(tags().length).toBeGreaterThan(50);
});

describe('what others decide', () => {
  test('redirects go where the policy lets them', async () => {
    const { url, paths } = await bodyServer((response, path) => {
      if (path === '/s') response.end(ts);
      else response.writeHead(302, { location: path === '/away' ? 'http://10.0.0.1/s' : '/s' }).end();
    });
    const home = openOrigin(`${url}/home`);
    expect(await home.ended()).toBeUndefined();
    expect(home.tags().length).toBeGreaterThan(200);
    // The operator wrote an address of this machine, and none of his network.
    expect(await openOrigin(`${url}/away`).ended()).toMatchObject({ code: 'FR_ADDRESS_REFUSED' });
    expect(paths).toEqual(['/home', '/s', '/away']);
  });

  test('a playlist is handed over to who reads playlists, with the address as it was written', async () => {
    const { url } = await bodyServer((response) => response.write('#EXTM3U\n'));
    const handed: string[] = [];
    let closed = 0;
    const playlist = (name: string, address: string): OriginSource => ({
      shown: 'playlist',
      open: ({ onOpen, onHints, onEnd }) => {
        handed.push(name, address);
        onOpen();
        onHints({ audio: true, video: false });
        const origin = { marks: { dialled: 0 }, close: () => (closed += 1), fail: onEnd };
        return { ...origin, close: () => void origin.close() };
      },
    });
    const source = httpOrigin('from', `${url}/live?x=1`, { playlist });
    const { journal, origin, ended } = openOrigin(source);
    await journal.find(({ what }) => what === 'hints');
    expect(handed).toEqual(['from', `${url}/live?x=1`]);
    expect(journal.items.map(({ what }) => what).filter((what) => what === 'open')).toHaveLength(1);
    origin.fail(new FramerailError('FR_RELAY_TIMEOUT', 'Nothing came.'));
    expect(await ended()).toMatchObject({ code: 'FR_RELAY_TIMEOUT' });
    expect(closed).toBe(1);
  });
});
