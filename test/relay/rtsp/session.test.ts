// How a session is agreed on, kept and left: against a scripted server, which tells what it was asked.
import { expect, test } from 'vitest';
import { FramerailError } from '#dist/index.js';
import type { RtspRules } from '#dist/relay/rtsp/rtsp-origin.js';
import { bye } from '../../support/relay/rtp.js';
import { MediaSender, numberOf, opened, SOURCES } from '../../support/relay/rtsp-media.js';
import { relayOf } from '../../support/relay/relays.js';
import { rtmpSink } from '../../support/relay/sink.js';
import { rtspPeer, SDP, VIDEO_SDP, type PeerPlayer, type RtspPeer } from '../../support/relay/rtsp-peer.js';

/** A picture and a frame of sound. */
function play(player: PeerPlayer): void {
  const media = new MediaSender();
  player.rtp(0, ...media.picture(0, 0, true));
  player.rtp(1, ...media.sound(0, 1000));
}

const methods = (peer: RtspPeer): string[] => peer.requests.items.map(({ method }) => method);

test('four round trips: the second stream and PLAY go together, in the session that the first one made', async () => {
  const peer = await rtspPeer(play);
  const { origin, media, tags, hints, warnings } = opened(`${peer.url.replace('//', '//user:secret@')}?a=b`);
  await tags.find((tag) => numberOf(tag) === 1000);
  const [describe, first, second, start] = peer.requests.items;
  expect(methods(peer)).toEqual(['DESCRIBE', 'SETUP', 'SETUP', 'PLAY']);
  expect(peer.requests.items.map(({ together }) => together)).toEqual([false, false, false, true]);
  expect(describe?.url).toBe(`${peer.url}?a=b`);
  expect(describe?.headers.get('accept')).toBe('application/sdp');
  expect(first?.url).toBe(`${peer.url}?a=b/stream=0`);
  expect(first?.headers.get('transport')).toBe('RTP/AVP/TCP;unicast;interleaved=0-1');
  expect(first?.headers.has('session')).toBe(false);
  expect(second?.headers.get('transport')).toBe('RTP/AVP/TCP;unicast;interleaved=2-3');
  expect(second?.headers.get('session')).toBe('abc');
  expect(start?.headers.get('session')).toBe('abc');
  expect(start?.url).toBe(`${peer.url}?a=b/`);
  for (const { headers } of peer.requests.items) expect(headers.has('authorization')).toBe(false);
  expect(hints).toEqual([{ audio: true, video: true }]);
  expect(media().map(numberOf)).toEqual([0, 1000]);
  expect(warnings).toEqual([]);
  origin.close();
  const last = await peer.requests.find(({ method }) => method === 'TEARDOWN');
  expect(last.headers.get('session')).toBe('abc');
  await peer.closed.find(() => true);
  expect(peer.open.size).toBe(0);
});

test('a server that loses what comes together is asked one by one, and is remembered', async () => {
  const peer = await rtspPeer(play, { loses: true });
  const first = opened(peer.url);
  await first.tags.find((tag) => numberOf(tag) === 1000);
  expect(methods(peer)).toEqual(['DESCRIBE', 'SETUP', 'SETUP', 'PLAY', 'PLAY']);
  first.origin.close();
  const again = opened(first.source);
  await again.tags.find((tag) => numberOf(tag) === 1000);
  const second = peer.requests.items.filter(({ connection }) => connection === 2);
  expect(second.map(({ method, together }) => [method, together])).toEqual([
    ['DESCRIBE', false],
    ['SETUP', false],
    ['SETUP', false],
    ['PLAY', false],
  ]);
});

test('a server that refuses to play before it has set up all is asked once more', async () => {
  let plays = 0;
  const peer = await rtspPeer(play, {
    answer: ({ method }, usual) =>
      method === 'PLAY' && ++plays === 1 ? { status: '455 Method Not Valid in This State' } : usual,
  });
  const { tags } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 1000);
  expect(methods(peer)).toEqual(['DESCRIBE', 'SETUP', 'SETUP', 'PLAY', 'PLAY']);
});

test.each([0, 1])('where stream %d cannot be set up, the other one plays', async (refused) => {
  const kind = refused === 0 ? 'video' : 'audio';
  const peer = await rtspPeer(
    (player) => {
      const media = new MediaSender();
      player.rtp(0, ...(refused === 0 ? media.sound(0, 7) : media.picture(0, 7, true)));
    },
    {
      answer: ({ method, url }, usual) =>
        method === 'SETUP' && url.endsWith(String(refused)) ? { status: '404 Not Found' } : usual,
    },
  );
  const { tags, warnings, hints } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 7);
  expect(warnings).toEqual([
    expect.stringMatching(`is relayed without the ${kind}: .* answered SETUP with 404 Not Found`),
  ]);
  expect(hints.at(-1)).toEqual({ audio: refused === 0, video: refused === 1 });
});

test.each(['basic', 'md5', 'sha256'] as const)(
  'a login by %s is given once it is asked for, and is never shown',
  async (scheme) => {
    const login = { scheme, user: 'us:er"', password: 'p@ss wörd' };
    const peer = await rtspPeer(play, { login: { ...login, user: 'user"' } });
    const address = peer.url.replace('//', '//user%22:p%40ss%20w%C3%B6rd@');
    const { tags, source } = opened(address);
    await tags.find((tag) => numberOf(tag) === 1000);
    expect(methods(peer)).toEqual(['DESCRIBE', 'DESCRIBE', 'SETUP', 'SETUP', 'PLAY']);
    for (const { url } of peer.requests.items) expect(url).not.toMatch(/user|ss/);
    expect(source.shown).toBe(`rtsp://127.0.0.1:${String(peer.port)}/***`);
  },
);

test('a wrong login is sent once, as cameras lock out who tries too often, and none is an error of its own', async () => {
  const peer = await rtspPeer(play, { login: { scheme: 'md5', user: 'user', password: 'right' } });
  const wrong = await opened(peer.url.replace('//', '//user:wrong@')).ended;
  expect(wrong).toMatchObject({ code: 'FR_RELAY_AUTH', details: { status: 401, method: 'DESCRIBE' } });
  expect(peer.requests.items.filter(({ headers }) => headers.has('authorization'))).toHaveLength(1);
  expect(wrong?.message).not.toContain('wrong');
  expect(await opened(peer.url).ended).toMatchObject({ code: 'FR_RELAY_AUTH' });
});

test('a relay ends with the first refusal of its login', async () => {
  const peer = await rtspPeer(play, { login: { scheme: 'md5', user: 'user', password: 'right' } });
  const { relay, all } = relayOf(peer.url.replace('//', '//user:wrong@'), (await rtmpSink()).url);
  await expect(relay.done).rejects.toMatchObject({ code: 'FR_RELAY_AUTH' });
  expect(peer.requests.items.filter(({ headers }) => headers.has('authorization'))).toHaveLength(1);
  expect(all('originLost')).toMatchObject([{ error: { code: 'FR_RELAY_AUTH' }, retryInMs: null }]);
});

test('nonces that grow old on the way are replaced', async () => {
  const peer = await rtspPeer(play, { login: { scheme: 'md5', user: 'u', password: 'p' }, nonceHolds: 3 });
  const { tags } = opened(peer.url.replace('//', '//u:p@'));
  await tags.find((tag) => numberOf(tag) === 1000);
  expect(methods(peer).length).toBeGreaterThan(5);
});

test('redirects are followed, to TLS as well', async () => {
  const target = await rtspPeer(play, {}, true);
  const middle = await rtspPeer(play, {
    answer: () => ({ status: '302 Found', headers: { Location: target.url } }),
  });
  const first = await rtspPeer(play, {
    answer: () => ({ status: '301 Moved', headers: { Location: middle.url } }),
  });
  const { tags, origin } = opened(first.url);
  await tags.find((tag) => numberOf(tag) === 1000);
  expect(methods(first)).toEqual(['DESCRIBE']);
  expect(methods(middle)).toEqual(['DESCRIBE']);
  expect(origin.marks.tls).toBeGreaterThan(origin.marks.dialled);
  await first.closed.find(() => true);
  await middle.closed.find(() => true);
});

test('a login is given to another port of its host, and never to another host', async () => {
  const login = { scheme: 'basic', user: 'u', password: 'p' } as const;
  const target = await rtspPeer(play, { login });
  for (const host of ['127.0.0.1', 'localhost']) {
    const first = await rtspPeer(play, {
      answer: () => ({ status: '302 Found', headers: { Location: target.url.replace('127.0.0.1', host) } }),
    });
    const { tags, ended } = opened(first.url.replace('//', '//u:p@'));
    if (host === '127.0.0.1') await tags.find((tag) => numberOf(tag) === 1000);
    else expect(await ended).toMatchObject({ code: 'FR_RELAY_AUTH' });
  }
  const strange = target.requests.items.filter(({ url }) => url.includes('localhost'));
  expect(strange.map(({ headers }) => headers.has('authorization'))).toEqual([false]);
});

test.each([
  ['http://127.0.0.1/x', 'to what is no RTSP'],
  ['/elsewhere', 'to what is no RTSP'],
  ['rtsp://h/\u0000', 'to what is no RTSP'],
  ['file:///etc/passwd', 'to what is no RTSP'],
])('a redirect to %j is refused', async (location, why) => {
  const peer = await rtspPeer(play, { answer: () => ({ status: '302 Found', headers: { Location: location } }) });
  const error = await opened(peer.url).ended;
  expect(error).toMatchObject({ code: 'FR_RELAY_REFUSED', message: expect.stringContaining(why) });
});

test('a redirect away from TLS, one without an end, and one that may not be followed are refused', async () => {
  const plain = await rtspPeer(play);
  const secure = await rtspPeer(
    play,
    { answer: () => ({ status: '302 Found', headers: { Location: plain.url } }) },
    true,
  );
  expect(await opened(secure.url).ended).toMatchObject({ message: expect.stringContaining('away from TLS') });
  const circle: RtspPeer = await rtspPeer(play, {
    answer: () => ({ status: '305 Use Proxy', headers: { Location: circle.url } }),
  });
  expect(await opened(circle.url).ended).toMatchObject({ message: expect.stringContaining('more than 5 times') });
  expect(circle.requests.items).toHaveLength(6);
  const to = await rtspPeer(play, { answer: () => ({ status: '302 Found', headers: { Location: plain.url } }) });
  const asked: unknown[] = [];
  const refused = new FramerailError('FR_RELAY_REFUSED', 'Not there.');
  const guard = (by: 'check' | 'lookup'): RtspRules => ({
    guard: ({ hostname }) => ({
      check: (text, schemes) => {
        asked.push([hostname, text, ...schemes]);
        if (by === 'check') throw refused;
        return new URL(text);
      },
      lookup: (name, _, answer) => {
        asked.push(name);
        answer(refused, '');
      },
      guard: () => undefined,
    }),
  });
  expect(await opened(to.url, {}, guard('check')).ended).toBe(refused);
  expect(asked).toEqual([['127.0.0.1', plain.url, 'rtsp:', 'rtsps:']]);
  const named = await rtspPeer(play, {
    answer: () => ({ status: '302 Found', headers: { Location: plain.url.replace('127.0.0.1', 'localhost') } }),
  });
  expect(await opened(named.url, {}, guard('lookup')).ended).toBe(refused);
  expect(asked.at(-1)).toBe('localhost');
  expect(plain.requests.items).toEqual([]);
});

test('signs of life go out at half the time of the session, by what the server knows, and its end is noticed', async () => {
  const peer = await rtspPeer(play, {
    session: 'abc;timeout=2',
    answer: ({ method, connection }, usual) =>
      method === 'GET_PARAMETER' &&
      peer.requests.items.filter((one) => one.method === method).length === 2 &&
      connection === 1
        ? { status: '454 Session Not Found' }
        : usual,
  });
  const { ended, playing } = opened(peer.url);
  await playing;
  expect(await ended).toMatchObject({ code: 'FR_RELAY_LOST', message: expect.stringContaining('ended the session') });
  const signs = peer.requests.items.slice(4);
  expect(signs.map(({ method }) => method).slice(0, 3)).toEqual(['OPTIONS', 'GET_PARAMETER', 'GET_PARAMETER']);
  for (const { headers } of signs.slice(0, 3)) expect(headers.get('session')).toBe('abc');
  for (const [i, { at }] of signs.slice(1, 3).entries()) expect(at - signs[i]!.at).toBeGreaterThan(800);
});

test('a server that never answers signs of life plays on, and one that knows only OPTIONS is asked for nothing else', async () => {
  const silent = await rtspPeer(
    async (player) => {
      await player.wait(silent.requests.count(3, ({ method }) => method === 'OPTIONS'));
      play(player);
    },
    { session: 'abc;timeout=1', answer: ({ method }, usual) => (method === 'OPTIONS' ? 'silence' : usual) },
  );
  const { tags } = opened(silent.url);
  await tags.find((tag) => numberOf(tag) === 1000);
});

test.each(['tcp', 'udp'] as const)('reports of what came are sent by %s within five seconds', async (way) => {
  const peer = await rtspPeer(
    (player) => {
      const media = new MediaSender();
      const packets = media.picture(0, 0, true);
      // One is lost.
      player.rtp(0, ...packets.filter((_, i) => i !== 1));
    },
    { transports: [way] },
  );
  const { playing } = opened(peer.url);
  await playing;
  const isReport = (payload: Buffer): boolean => payload[1] === 201 && (payload[0]! & 31) === 1;
  const { payload } =
    way === 'tcp'
      ? await peer.frames.find((one) => one.channel === 1 && isReport(one.payload), 'a report', 6000)
      : await peer.datagrams.find((one) => one.rtcp && one.stream === 0 && isReport(one.payload), 'a report', 6000);
  expect(payload.readUInt32BE(8)).toBe(SOURCES.video);
  expect(payload.readUInt32BE(12) & 0xffffff).toBe(1);
  expect(payload.readUInt32BE(16)).toBe(65_530 + 5);
});

test('by UDP, ports follow each other, and something is sent from both ahead of the media', async () => {
  const peer = await rtspPeer(play, { transports: ['udp'] });
  const { tags, origin } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 1000);
  expect(methods(peer)).toEqual(['DESCRIBE', 'SETUP', 'SETUP', 'SETUP', 'PLAY']);
  const ports = peer.requests.items
    .map(({ headers }) => /client_port=(\d+)-(\d+)/.exec(headers.get('transport') ?? ''))
    .flatMap((found) => (found === null ? [] : [[Number(found[1]), Number(found[2])] as const]));
  expect(ports).toHaveLength(2);
  for (const [rtp, rtcp] of ports) expect([rtp % 2, rtcp]).toEqual([0, rtp + 1]);
  for (const stream of [0, 1])
    for (const rtcp of [false, true]) await peer.datagrams.find((one) => one.stream === stream && one.rtcp === rtcp);
  origin.close();
  await peer.requests.find(({ method }) => method === 'TEARDOWN');
});

test('a server that agrees to datagrams where it was asked for frames is taken at its word', async () => {
  const peer = await rtspPeer(play, {
    transports: ['tcp', 'udp'],
    answer: ({ method, headers }, usual) =>
      method === 'SETUP' && headers.get('transport')?.includes('TCP') === true
        ? {
            status: '200 OK',
            headers: { Transport: 'RTP/AVP;unicast;client_port=0-1;server_port=5000-5001', Session: 'abc' },
          }
        : usual,
  });
  const { ended } = opened(peer.url, { rtspTransport: 'tcp' });
  expect(await ended).toMatchObject({
    code: 'FR_RELAY_REFUSED',
    message: expect.stringContaining('another way of transport'),
  });
});

test('media by UDP are not taken where the connection is encrypted', async () => {
  const peer = await rtspPeer(play, { transports: ['udp'] }, true);
  expect(await opened(peer.url).ended).toMatchObject({ code: 'FR_RELAY_REFUSED' });
  expect(await opened(peer.url, { rtspTransport: 'udp' }).ended).toMatchObject({ code: 'FR_RELAY_REFUSED' });
});

test('requests of the server are answered', async () => {
  const peer = await rtspPeer((player) => {
    player.raw('OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 77\r\n\r\nGET_PARAMETER rtsp://x/ RTSP/1.0\r\nCSeq: 78\r\n\r\n');
    player.raw('RECORD rtsp://x/ RTSP/1.0\r\nCSeq: 79\r\n\r\n');
    play(player);
  });
  const { tags } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 1000);
  await peer.answers.count(3, () => true);
  expect(peer.answers.items).toEqual(['RTSP/1.0 200 OK', 'RTSP/1.0 200 OK', 'RTSP/1.0 501 Not Implemented']);
});

test('when all senders have said goodbye it ends, and not when one of them goes on', async () => {
  const peer = await rtspPeer(async (player) => {
    play(player);
    player.rtcp(0, bye(SOURCES.video));
    player.rtcp(1, bye(SOURCES.audio));
    if (player.connection === 1) return;
    const media = new MediaSender();
    for (let i = 0; i < 20; i++) {
      await player.wait(100);
      player.rtp(1, ...media.sound(i * 21, 2000 + i));
    }
  });
  expect(await opened(peer.url).ended).toBeUndefined();
  const goesOn = opened(peer.url);
  await goesOn.tags.find((tag) => numberOf(tag) === 2019);
});

test('what comes ahead of the answer to PLAY is not lost', async () => {
  const media = new MediaSender();
  const peer = await rtspPeer((player) => player.rtp(1, ...media.sound(40, 1000)), {
    ahead: (player) => {
      player.rtp(0, ...media.picture(0, 0, true), ...media.picture(40, 1));
      player.rtp(1, ...media.sound(0, 999));
    },
  });
  const { tags, media: given } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 1000);
  expect(given().map(numberOf).sort()).toEqual([0, 1, 1000, 999]);
});

test('streams that cannot be carried are left out in a sentence, and where there are no others that is the error', async () => {
  const other = ['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 G726-32/8000', 'a=control:stream=1'];
  const peer = await rtspPeer(
    (player) => player.rtp(0, ...new MediaSender().picture(0, 0, true)),
    (connection) => ({
      sdp: [...(connection === 1 ? VIDEO_SDP : []), ...other].join('\r\n'),
    }),
  );
  const { tags, warnings, hints } = opened(peer.url);
  await tags.find((tag) => numberOf(tag) === 0);
  const shown = `rtsp://127.0.0.1:${String(peer.port)}/***`;
  expect(warnings).toEqual([`${shown} is relayed without the audio: G726-32 cannot be carried.`]);
  expect(hints).toEqual([{ audio: false, video: true }]);
  expect(await opened(peer.url).ended).toMatchObject({
    code: 'FR_RELAY_REFUSED',
    message: `${shown} cannot be relayed: the audio: G726-32 cannot be carried.`,
  });
  expect(SDP).toContain('H264');
});
