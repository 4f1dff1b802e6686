// Peers that fail, at every step: a typed error within its deadline, and the way back where there is one.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { arrival, expectSame } from '../support/relay/compare.js';
import { httpOrigin } from '../support/relay/http-origin.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf, type Watched } from '../support/relay/relays.js';
import type { Behaviour } from '../support/relay/server.js';
import type { Stage } from '../support/relay/server-link.js';
import { rtmpSink } from '../support/relay/sink.js';
import { stream } from '../support/relay/stream.js';
import { audioHeader, metadata, videoHeader } from '../support/relay/tags.js';
import { failure } from '../support/failure.js';
import { freePort } from '../support/live.js';

/** One group of pictures: who comes later gets all of it. */
const media = stream({ length: 400 });
const HEADERS = [metadata(), videoHeader(), audioHeader()];
/** Deadlines that a test can wait for, in milliseconds. */
const PATIENCE = 300;
const SHORT = { connectTimeout: PATIENCE, stallTimeout: PATIENCE };
const SHORT_MEDIA = { ...SHORT, originTimeout: PATIENCE };
const STAGES: readonly Stage[] = ['accept', 'handshake', 'connect', 'createStream', 'wish', 'media'];
const HOWS = ['fin', 'rst', 'silence'] as const;
const CUTS = STAGES.flatMap((at) => HOWS.map((how) => [at, how] as const));

const playing = async (behaviour: Behaviour | ((connection: number) => Behaviour) = {}) =>
  await rtmpOrigin((player) => player.send(...HEADERS, ...media), behaviour);

/** Codes that a cut may have: before a connection stands, when it breaks, and when nothing comes. */
function expected(how: (typeof HOWS)[number]): RegExp {
  return how === 'silence' ? /^FR_RELAY_TIMEOUT$/ : /^FR_RELAY_(LOST|CONNECT)$/;
}

async function nobody(): Promise<string> {
  return `rtmp://127.0.0.1:${String(await freePort('tcp'))}/live/secret-key`;
}

async function codeOf({ relay }: Watched): Promise<string> {
  return (await failure(async () => await relay.done)).code;
}

describe('an origin', () => {
  test.each(CUTS)('that breaks off at %s by %s is dialled again, and found', async (at, how) => {
    const origin = await playing((connection) => (connection <= 2 ? { cut: { at, how } } : {}));
    const sink = await rtmpSink();
    const { told, all } = relayOf(origin.url, sink.url, SHORT_MEDIA);
    const lost = await told('originLost');
    // An origin that ends what it has begun has ended, and that is no error. A reset that comes in one piece with the
    // last bytes looks the same to the system's event loop.
    if (lost.error === null) expect(at).toBe('media');
    else expect(lost.error.code).toMatch(expected(how));
    await arrival(sink.arrivals, media.at(-1));
    expectSame(sink.media(), media);
    expect(all('lost')).toEqual([]);
  });

  test.each<[string, () => Promise<string>, string]>([
    ['nobody listens', nobody, 'FR_RELAY_CONNECT'],
    ['no name', async () => 'rtmp://host.invalid/live/key', 'FR_RELAY_CONNECT'],
    ['no TLS', async () => (await playing()).url.replace('rtmp:', 'rtmps:'), 'FR_RELAY_CONNECT'],
    ['no RTMP', async () => (await httpOrigin(() => undefined)).url.replace('http:', 'rtmp:'), 'FR_RELAY_PROTOCOL'],
    [
      'no such stream',
      async () => {
        const code = 'NetStream.Play.StreamNotFound';
        return (await playing({ refuse: { on: 'wish', code, description: 'none' } })).url;
      },
      'FR_RELAY_REFUSED',
    ],
    [
      'no such application',
      async () => {
        const code = 'NetConnection.Connect.InvalidApp';
        return (await playing({ refuse: { on: 'connect', code, description: 'none' } })).url;
      },
      'FR_RELAY_REFUSED',
    ],
    ['401', async () => (await httpOrigin(() => undefined, { status: 401 })).url, 'FR_RELAY_AUTH'],
    ['404', async () => (await httpOrigin(() => undefined, { status: 404 })).url, 'FR_RELAY_REFUSED'],
    [
      'redirects without an end',
      async () => (await httpOrigin(() => undefined, { redirects: 99 })).url,
      'FR_RELAY_REFUSED',
    ],
    [
      'a redirect to nowhere',
      async () => (await httpOrigin(() => undefined, { redirects: 1, location: 'gopher://x' })).url,
      'FR_RELAY_REFUSED',
    ],
    ['no answer over HTTP', async () => (await httpOrigin(() => undefined, { silent: true })).url, 'FR_RELAY_TIMEOUT'],
    ['no byte of a stream', async () => (await httpOrigin(() => undefined)).url, 'FR_RELAY_TIMEOUT'],
    [
      'what is no FLV',
      async () => (await httpOrigin((player) => player.raw(Buffer.from('<html>Not found</html>')))).url,
      'FR_RELAY_PROTOCOL',
    ],
    [
      'half a tag',
      async () => {
        const half = Buffer.from([9, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x17, 1]);
        return (
          await httpOrigin((player) => {
            player.raw(half);
            player.cut();
          })
        ).url;
      },
      'FR_RELAY_LOST',
    ],
  ])('with %s fails once it may not be dialled again', async (_, make, code) => {
    const sink = await rtmpSink();
    const watched = relayOf(await make(), sink.url, { ...SHORT_MEDIA, onEnd: 'exit' });
    expect(await codeOf(watched)).toBe(code);
    expect(watched.all('end')).toMatchObject([{ error: { code } }]);
    expect(JSON.stringify(watched.events.items)).not.toMatch(/secret|hidden/);
  });

  test('that refuses for good is given up after a few times', async () => {
    const refuse = {
      on: 'wish',
      code: 'NetStream.Play.StreamNotFound',
      description: 'There is no such stream.',
    } as const;
    const origin = await playing({ refuse });
    const sink = await rtmpSink();
    const watched = relayOf(origin.url, sink.url, SHORT_MEDIA);
    expect(await codeOf(watched)).toBe('FR_RELAY_REFUSED');
    expect(origin.connections).toHaveLength(3);
    expect(watched.all('originLost')[0]?.error?.message).toContain('There is no such stream.');
  });

  test('that redirects is followed', async () => {
    const origin = await httpOrigin((player) => player.send(...HEADERS, ...media), { redirects: 3, slowHeader: 5 });
    const sink = await rtmpSink();
    relayOf(origin.url, sink.url);
    await arrival(sink.arrivals, media.at(-1));
    expectSame(sink.media(), media);
    expect(origin.requests).toHaveLength(4);
  });

  test('that drips is waited for while something comes', async () => {
    const slow = stream({ length: 900 });
    const origin = await rtmpOrigin(async (player) => {
      player.send(...HEADERS);
      await player.pace(slow);
    });
    const sink = await rtmpSink();
    const { all } = relayOf(origin.url, sink.url, SHORT_MEDIA);
    await arrival(sink.arrivals, slow.at(-1));
    expect(all('originLost')).toEqual([]);
  });

  test('that counts its streams otherwise, or wants its commands one by one, is played all the same', async () => {
    for (const behaviour of [
      { streamId: 7 },
      { strict: true },
      { strict: true, streamId: 3 },
      { streamId: 9, refuseUnknown: true },
      { delay: 30 },
    ]) {
      const origin = await playing(behaviour);
      const sink = await rtmpSink(behaviour);
      relayOf(origin.url, sink.url);
      await arrival(sink.arrivals, media.at(-1));
      expectSame(sink.media(), media);
    }
  });
});

test('a server that wants its commands one by one is remembered, and one that was just restarting is not', async () => {
  const origin = await playing();
  const strict = await rtmpSink({ strict: true });
  for (let i = 0; i < 2; i++) {
    const { told, relay } = relayOf(origin.url, strict.url, SHORT);
    await told('picture');
    await relay.stop();
  }
  expect(strict.connections.map(({ pipelined }) => pipelined)).toEqual([true, false, false]);

  const restarting = await rtmpSink((connection) => (connection <= 2 ? { cut: { at: 'connect', how: 'fin' } } : {}));
  await relayOf(origin.url, restarting.url, SHORT).told('picture');
  expect(restarting.connections.map(({ pipelined }) => pipelined)).toEqual([true, false, true]);
});

describe('a destination', () => {
  test.each(CUTS)('that breaks off at %s by %s is dialled again, and fed', async (at, how) => {
    const origin = await playing();
    const sink = await rtmpSink((connection) => (connection <= 2 ? { cut: { at, how } } : {}));
    const { told } = relayOf(origin.url, sink.url, SHORT);
    // A sink that has accepted and keeps quiet is what every sink does.
    if (at !== 'media' || how !== 'silence') expect((await told('lost')).error.code).toMatch(expected(how));
    await arrival(sink.arrivals, media.at(-1));
    expectSame(sink.media(sink.arrivals.items.at(-1)?.connection), media);
  });

  test.each([
    ['NetStream.Publish.BadName', 'Already publishing.', 'FR_RELAY_BUSY', true],
    ['NetStream.Publish.Denied', 'Token expired.', 'FR_RELAY_AUTH', false],
    ['NetStream.Publish.Failed', 'No.', 'FR_RELAY_REFUSED', true],
  ])('that refuses with %s is told of in its own words', async (code, description, expectedCode, again) => {
    const origin = await playing();
    const sink = await rtmpSink({ refuse: { on: 'wish', code, description } });
    const { told, relay } = relayOf(origin.url, sink.url, SHORT);
    const { error, retryInMs } = await told('lost');
    expect(error.code).toBe(expectedCode);
    expect(error.message).toContain(description);
    expect(retryInMs !== null).toBe(again);
    expect(relay.status().destinations[0]?.lastError?.code).toBe(expectedCode);
  });

  test('that takes a stream back is told of in its own words', async () => {
    const origin = await playing();
    const sink = await rtmpSink();
    const { told } = relayOf(origin.url, sink.url, SHORT);
    await arrival(sink.arrivals, media.at(-1));
    const status = { level: 'error', code: 'NetStream.Publish.Denied', description: 'The quota is used up.' };
    sink.connections[0]?.link.command(1, 'onStatus', 0, null, status);
    const { error } = await told('lost');
    expect(error.code).toBe('FR_RELAY_AUTH');
    expect(error.message).toContain('The quota is used up.');
  });

  test('that asks for a name and a password gets them, and nobody else sees them', async () => {
    const login = [
      '[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ',
      '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=joe&salt=abc&challenge=def&opaque=ghi',
    ];
    const origin = await playing();
    const sink = await rtmpSink({ login });
    const { events, relay } = relayOf(origin.url, sink.url.replace('://', '://joe:pass-word@'), SHORT);
    await arrival(sink.arrivals, media.at(-1));
    expect(sink.connections).toHaveLength(3);
    expect(sink.connections[1]?.app).toBe('live?authmod=adobe&user=joe');
    expect(sink.connections[2]?.app).toMatch(/authmod=adobe&user=joe&challenge=\w+&response=.*&opaque=ghi/);
    expect(JSON.stringify([events.items, relay.status()])).not.toMatch(/joe|pass-word|hidden/);
  });

  test('that is not there does not end the relay, and that refuses the login does', async () => {
    const origin = await playing();
    const missing = relayOf(origin.url, await nobody(), SHORT);
    await missing.events.count(3, ({ event }) => event === 'lost');
    expect(missing.all('lost').every(({ retryInMs }) => retryInMs !== null)).toBe(true);

    const description = 'Not allowed.';
    const closed = await rtmpSink({ refuse: { on: 'connect', code: 'NetConnection.Connect.Rejected', description } });
    expect(await codeOf(relayOf(origin.url, closed.url, SHORT))).toBe('FR_RELAY_AUTH');
  });

  test('that stops reading is left after its deadline, and fed anew', async () => {
    const long = stream({ length: 60_000, bytes: 40_000 });
    const sink = await rtmpSink();
    const origin = await rtmpOrigin(async (player) => {
      player.send(...HEADERS);
      await player.pace(long, 8);
    });
    const { told, events } = relayOf(origin.url, sink.url, { ...SHORT, queueBytes: 500_000, gopBytes: 0 });
    const { connection } = await sink.accepted.find(() => true);
    connection.link.pause();
    expect((await told('lost')).error).toMatchObject({ code: 'FR_RELAY_TIMEOUT' });
    await sink.arrivals.find((one) => one.connection === 2, 'the next connection');
    const states = events.items.flatMap((event) => (event.event === 'state' ? [event.state] : []));
    expect(states).toContain('slow');
  });
});

test('a listener that says nothing, as half-open connections do, costs its deadline and no more', async () => {
  const mute = createServer().listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const sockets: { destroy(): unknown }[] = [];
  mute.on('connection', (socket) => sockets.push(socket.on('error', () => undefined)));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
  const { port } = mute.address() as AddressInfo;
  const url = `rtmp://127.0.0.1:${String(port)}/live/s`;
  const began = performance.now();
  const watched = relayOf(url, url, { ...SHORT, onEnd: 'exit' });
  expect(await codeOf(watched)).toBe('FR_RELAY_TIMEOUT');
  const took = performance.now() - began;
  expect(took).toBeGreaterThan(PATIENCE - 5);
  expect(took).toBeLessThan(PATIENCE + 1500);
});
