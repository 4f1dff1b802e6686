// HLS that fails: what is missing, late, broken, endless or a lie; each is a typed error in time, or left out and told.
import { createCipheriv, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FramerailError } from '#dist/base/index.js';
import { failure } from '../../support/failure.js';
import { clip, contents, mediaPlaylist, segmentsOf, serve, tagsOf, type Entry } from '../../support/relay/hls-media.js';
import { answer, hlsServer, type Answer, type HlsServer } from '../../support/relay/hls-server.js';
import { relayOf, type Watched } from '../../support/relay/relays.js';
import { rtmpSink, type Sink } from '../../support/relay/sink.js';
import { AUDIO, VIDEO, type Tag } from '../../support/relay/tags.js';

/** Deadlines that a test can wait for, in milliseconds. */
const SHORT = { onEnd: 'exit', connectTimeout: 400 } as const;

interface Run extends Watched {
  readonly sink: Sink;
  readonly server: HlsServer;
  readonly entries: Entry[];
  readonly sent: readonly Tag[];
}

/** A server with a clip of segments, and what is done to it before a relay begins to read. */
async function run(
  prepare: (server: HlsServer, entries: Entry[], bytes: Buffer[]) => void,
  options: Parameters<typeof relayOf>[2] = {},
): Promise<Run> {
  const path = await clip({ length: 2 });
  const server = await hlsServer();
  const segments = await segmentsOf(path, 'mpegts');
  const entries = serve(server, segments);
  server.put('index.m3u8', mediaPlaylist(entries, { ended: true }));
  prepare(
    server,
    entries,
    segments.list.map(({ bytes }) => bytes),
  );
  const sink = await rtmpSink();
  const sent = await tagsOf(path);
  return {
    ...relayOf(server.url('index.m3u8'), sink.url, { ...SHORT, ...options }),
    ...{ sink, server, entries, sent },
  };
}

async function errorOf({ relay }: Run): Promise<FramerailError> {
  return await failure(async () => await relay.done);
}

async function ended({ relay, sink }: Pick<Run, 'relay' | 'sink'>): Promise<void> {
  await relay.done;
  await sink.closed.find(() => true, 'the end of what was published');
}

const warnings = ({ all }: Run): string =>
  all('warning')
    .map(({ message }) => message)
    .join('\n');
const times = ({ server }: Run, path: string): number =>
  server.requests.items.filter((one) => one.path === path).length;
const status =
  (code: number): Answer =>
  (_, response) =>
    response.writeHead(code, { 'content-length': 2 }).end('no');
const drip = (response: ServerResponse, text: string): void => {
  response.writeHead(200);
  let at = 0;
  const timer = setInterval(() => response.write(text[at++ % text.length]), 20);
  response.once('close', () => clearInterval(timer));
};

describe('a playlist', () => {
  test.each<[string, string, RegExp, (server: HlsServer) => void]>([
    ['that is not there', 'FR_RELAY_REFUSED', /404/, (server) => server.drop('index.m3u8')],
    ['that is for others', 'FR_RELAY_AUTH', /403/, (server) => server.put('index.m3u8', status(403))],
    ['of a server that is ill', 'FR_RELAY_LOST', /503/, (server) => server.put('index.m3u8', status(503))],
    ['that is a page', 'FR_RELAY_PROTOCOL', /no playlist/, (server) => server.put('index.m3u8', '<html>')],
    ['that is empty', 'FR_RELAY_PROTOCOL', /no playlist/, (server) => server.put('index.m3u8', '')],
    [
      'that never comes',
      'FR_RELAY_TIMEOUT',
      /did not answer|gave no segment/,
      (server) => server.put('index.m3u8', () => undefined),
    ],
    [
      'that drips',
      'FR_RELAY_TIMEOUT',
      /did not come in time|gave no segment/,
      (server) => server.put('index.m3u8', (_, response) => drip(response, '#EXTM3U\n')),
    ],
    [
      'that leads back to itself',
      'FR_RELAY_REFUSED',
      /redirected more than 5 times/,
      (server) => server.put('index.m3u8', (_, response) => response.writeHead(302, { location: 'index.m3u8' }).end()),
    ],
    [
      'that has no segment',
      'FR_RELAY_TIMEOUT',
      /gave no segment within 400 ms/,
      (server) => server.put('index.m3u8', mediaPlaylist([])),
    ],
    [
      'whose playlists lead to playlists',
      'FR_RELAY_PROTOCOL',
      /further playlists/,
      (server) => server.put('index.m3u8', '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nindex.m3u8\n'),
    ],
    [
      'of encrypted samples',
      'FR_RELAY_REFUSED',
      /SAMPLE-AES.*AES-128/,
      (server) =>
        server.put(
          'index.m3u8',
          mediaPlaylist([{ uri: 'a.ts', duration: 1, tags: ['#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x"'] }]),
        ),
    ],
  ])('%s is an error', async (_, code, message, prepare) => {
    const running = await run((server) => prepare(server));
    const error = await errorOf(running);
    expect(error.message).toMatch(message);
    expect(error.code).toBe(code);
    expect(running.sink.media()).toEqual([]);
  });

  test('of 50 MB is not read to its end', async () => {
    let written = 0;
    const running = await run(
      (server) => {
        const block = Buffer.from('#EXTINF:1,\nsegment.ts\n'.repeat(3000));
        server.put('index.m3u8', (_, response) => {
          response.write('#EXTM3U\n#EXT-X-TARGETDURATION:1\n');
          const more = (): void => {
            if (written > 50e6) response.end();
            else {
              written += block.byteLength;
              if (response.write(block)) setImmediate(more);
              else response.once('drain', more);
            }
          };
          more();
        });
      },
      { connectTimeout: 10_000 },
    );
    const error = await errorOf(running);
    expect(error.code).toBe('FR_RELAY_PROTOCOL');
    expect(error.message).toContain('larger than 8.0 MiB');
    expect(written).toBeLessThan(20e6);
  });

  test('that is small and becomes endless is not unpacked to its end', async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from('#EXTM3U\n#EXTINF:1,\n'), Buffer.alloc(20e6, 'a')]));
    const running = await run(
      (server) => {
        server.put('index.m3u8', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
      },
      { connectTimeout: 10_000 },
    );
    expect((await errorOf(running)).message).toContain('larger than 8.0 MiB');
  });

  test('that no longer grows is an error when its last segment has been played', async () => {
    const running = await run((server, entries) => server.put('index.m3u8', mediaPlaylist(entries)));
    const error = await errorOf(running);
    expect(error.code).toBe('FR_RELAY_TIMEOUT');
    expect(error.message).toMatch(/no new segment for \d\.\d s/);
    expect(contents(running.sink.media(), VIDEO)).toEqual(contents(running.sent, VIDEO));
    expect(times(running, 'index.m3u8')).toBeLessThan(20);
  });

  test('that is gone for a while is asked for again', async () => {
    const running = await run((server, entries) => {
      server.put('index.m3u8', (request, response, count) => {
        if (count > 1 && count < 4) response.socket?.resetAndDestroy();
        else if (count === 4) status(503)(request, response, count);
        else if (count === 5) response.end('#EXTM3U\n#EXT-X-TARG');
        else response.end(mediaPlaylist(entries.slice(0, count === 1 ? 3 : 5), { ended: count > 1 }));
      });
    });
    await ended(running);
    expect(contents(running.sink.media(), VIDEO)).toEqual(contents(running.sent, VIDEO));
    expect(times(running, 'index.m3u8')).toBe(6);
  });

  test('that is gone for good is an error', async () => {
    const running = await run((server, entries) => {
      server.put('index.m3u8', (request, response, count) => {
        if (count > 1) status(404)(request, response, count);
        else response.end(mediaPlaylist(entries));
      });
    });
    expect((await errorOf(running)).message).toMatch(/404/);
    expect(contents(running.sink.media(), VIDEO)).toEqual(contents(running.sent, VIDEO));
  });
});

describe('a segment', () => {
  /** Pictures and sound of all segments but one, of five that are alike. */
  function expectAllBut(running: Run, missing: number): void {
    const video = contents(running.sent, VIDEO);
    expect(contents(running.sink.media(), VIDEO)).toEqual(video.filter((_, i) => Math.floor(i / 10) !== missing));
    const sound = contents(running.sent, AUDIO);
    const got = contents(running.sink.media(), AUDIO);
    expect(got.length).toBeGreaterThan(0.7 * sound.length);
    expect(got.length).toBeLessThan(0.9 * sound.length);
  }

  test('that is not there is left out when it was asked for twice', async () => {
    const running = await run((server, entries) => server.drop(entries[1]!.uri));
    await ended(running);
    expectAllBut(running, 1);
    expect(times(running, running.entries[1]!.uri)).toBe(2);
    expect(warnings(running)).toMatch(/left out once: .*404/);
  });

  test('that is left out takes the pictures with it that refer to it', async () => {
    // A keyframe each 0.8 seconds, and segments of half of that.
    const codecs = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '20', '-sc_threshold', '0', '-c:a', 'aac'];
    const path = await clip({ length: 2, codecs });
    const server = await hlsServer();
    const entries = serve(server, await segmentsOf(path, 'mpegts', ['-hls_flags', 'split_by_time']));
    server.drop(entries[2]!.uri);
    server.put('index.m3u8', mediaPlaylist(entries, { ended: true }));
    const sink = await rtmpSink();
    const sent = await tagsOf(path);
    const { relay, all } = relayOf(server.url('index.m3u8'), sink.url, SHORT);
    await ended({ relay, sink });
    const video = contents(sent, VIDEO);
    const got = contents(sink.media(), VIDEO);
    // All of the group whose keyframe is missing is, and what comes ahead of it and behind it is not.
    expect(got).toEqual(video.filter((_, i) => i < 20 || i >= 40));
    expect(all('warning')).toHaveLength(1);
  });

  test('that is said to be missing is not asked for', async () => {
    const running = await run((server, entries) => {
      const list = entries.map((entry, i) => ({ ...entry, tags: i === 1 ? ['#EXT-X-GAP'] : [] }));
      server.put('index.m3u8', mediaPlaylist(list, { ended: true }));
    });
    await ended(running);
    expectAllBut(running, 1);
    expect(times(running, running.entries[1]!.uri)).toBe(0);
  });

  test('that is no media is left out', async () => {
    const running = await run((server, entries) => server.put(entries[1]!.uri, '<html>'.repeat(500)));
    await ended(running);
    expectAllBut(running, 1);
    expect(warnings(running)).toContain('neither MPEG-TS nor MP4');
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['breaks off', (response) => setImmediate(() => response.socket?.resetAndDestroy())],
    ['stalls', () => undefined],
  ])('that %s is gone on with where it was', async (_, end) => {
    const running = await run((server, entries, bytes) => {
      server.put(entries[1]!.uri, (request, response, count) => {
        const whole = bytes[1]!;
        if (count === 1) {
          response.writeHead(200, { 'content-length': whole.byteLength });
          response.write(whole.subarray(0, 5000), () => end(response));
        } else answer(request, response, whole);
      });
    });
    await ended(running);
    expect(contents(running.sink.media(), VIDEO)).toEqual(contents(running.sent, VIDEO));
    expect(contents(running.sink.media(), AUDIO)).toEqual(contents(running.sent, AUDIO));
    const ranges = running.server.requests.items.filter((one) => one.path === running.entries[1]!.uri);
    expect(ranges.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=5000-']);
    expect(running.all('warning')).toEqual([]);
  });

  test('that is shorter than it is said to be gives what it has', async () => {
    const running = await run((server, entries, bytes) => {
      server.put(entries[1]!.uri, (_, response) => {
        response.writeHead(200, { 'content-length': bytes[1]!.byteLength + 1000 });
        response.write(bytes[1], () => response.socket?.destroySoon());
      });
    });
    await ended(running);
    expect(contents(running.sink.media(), VIDEO)).toEqual(contents(running.sent, VIDEO));
    expect(warnings(running)).toContain('left out once');
  });

  test('that is longer than it is said to be harms no other', async () => {
    const running = await run((server, entries, bytes) => {
      server.put(entries[1]!.uri, (_, response) => {
        const [socket, whole] = [response.socket!, bytes[1]!];
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${String(whole.byteLength - 1000)}\r\n\r\n`);
        socket.write(whole);
      });
    });
    await ended(running);
    const video = contents(running.sent, VIDEO);
    const got = contents(running.sink.media(), VIDEO);
    for (const segment of [0, 2, 3, 4])
      expect(got).toEqual(expect.arrayContaining(video.slice(10 * segment, 10 * segment + 10)));
  });

  test('that is encrypted with another key is left out', async () => {
    const running = await run((server, entries, bytes) => {
      const cipher = createCipheriv('aes-128-cbc', randomBytes(16), Buffer.alloc(16));
      server.put('key', randomBytes(16));
      server.put(entries[1]!.uri, Buffer.concat([cipher.update(bytes[1]!), cipher.final()]));
      const key = '#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x00';
      const tags = [[], [key], ['#EXT-X-KEY:METHOD=NONE']];
      const list = entries.map((entry, i) => ({ ...entry, tags: tags[i] ?? [] }));
      server.put('index.m3u8', mediaPlaylist(list, { ended: true }));
    });
    await ended(running);
    expectAllBut(running, 1);
    expect(running.all('warning')).toHaveLength(1);
  });

  test('is one of five in a row that are missing: then there is no stream', async () => {
    const running = await run(
      (server, entries) => {
        for (const { uri } of entries) server.drop(uri);
      },
      { connectTimeout: 20_000 },
    );
    const error = await errorOf(running);
    expect(error.code).toBe('FR_RELAY_REFUSED');
    expect(error.message).toContain('404');
  });

  test('that left the playlist before it was read is told, and the stream goes on', async () => {
    const running = await run((server, entries) => {
      server.put('index.m3u8', (_, response, count) => {
        if (count === 1) response.end(mediaPlaylist(entries.slice(0, 1)));
        else response.end(mediaPlaylist(entries.slice(2), { sequence: 2, ended: true }));
      });
    });
    await ended(running);
    expectAllBut(running, 1);
    expect(warnings(running)).toContain('left the playlist');
  });
});

describe('a relay of HLS that is stopped', () => {
  test.each(['index.m3u8', 'index1.ts'])('while it waits for %s leaves nothing open', async (path) => {
    const closed: string[] = [];
    const running = await run((server) => {
      server.put(path, (request, response) => {
        response.write('#');
        request.socket.once('close', () => closed.push(path));
      });
    });
    await running.server.requests.find((one) => one.path === path);
    await running.relay.stop();
    await expect.poll(() => closed).toEqual([path]);
    const { length } = running.server.requests.items;
    await expect
      .poll(() => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length, { timeout: 5000 })
      .toBe(0);
    expect(running.server.requests.items).toHaveLength(length);
  });
});
