// Addresses in playlists and redirects: what came as data leads to nobody's files and to no private host.
import { describe, expect, test } from 'vitest';
import { failure } from '../../support/failure.js';
import { clip, contents, mediaPlaylist, segmentsOf, serve, tagsOf } from '../../support/relay/hls-media.js';
import { hlsServer } from '../../support/relay/hls-server.js';
import { relayOf } from '../../support/relay/relays.js';
import { rtmpSink } from '../../support/relay/sink.js';
import { VIDEO } from '../../support/relay/tags.js';

const EXIT = { onEnd: 'exit', connectTimeout: 5000 } as const;
const ELSEWHERE = [
  'file:///etc/passwd',
  'concat:index0.ts|file:///etc/passwd',
  'data:video/mp2t;base64,RwA=',
  'rtmp://media.example/live',
  'http://169.254.169.254/latest/meta-data',
  'http://10.0.0.1/a.ts',
  'http://[::ffff:10.0.0.1]/a.ts',
  'http://0x7f.2/a.ts',
  'http://localhost:1/a.ts',
  'http://me@8.8.8.8/a.ts',
  'http:\\\\10.0.0.1/a.ts',
];
const entry = (uri: string, tags: string[] = []): string =>
  mediaPlaylist([{ uri, duration: 1, tags }], { ended: true });

describe.each(ELSEWHERE)('%s', (uri) => {
  test.each<[string, string]>([
    ['a segment', entry(uri)],
    ['an initialization section', entry('index0.ts', [`#EXT-X-MAP:URI="${uri}"`])],
    ['a key', entry('index0.ts', [`#EXT-X-KEY:METHOD=AES-128,URI="${uri}"`])],
    ['a variant', `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${uri}\n`],
    [
      'a rendition',
      `#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="${uri}"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nx.m3u8\n`,
    ],
    ['a defined variable', `${entry('{$a}').replace('#EXTM3U', `#EXTM3U\n#EXT-X-DEFINE:NAME="a",VALUE="${uri}"`)}`],
  ])('as %s is refused', async (_, playlist) => {
    const server = await hlsServer();
    server.put('index.m3u8', playlist);
    server.put('index0.ts', Buffer.alloc(188 * 10, 0x47));
    server.put('x.m3u8', entry('index0.ts'));
    const { relay } = relayOf(server.url('index.m3u8'), (await rtmpSink()).url, EXIT);
    const error = await failure(async () => await relay.done);
    expect(error.code).toBe('FR_ADDRESS_REFUSED');
    expect(error.message).not.toMatch(/passwd|meta-data/);
  });

  test.each(['index.m3u8', 'index0.ts'])('as the place that %s is redirected to is refused', async (path) => {
    const server = await hlsServer();
    server.put('index.m3u8', entry('index0.ts'));
    server.put(path, (_, response) => response.writeHead(302, { location: uri }).end());
    const { relay } = relayOf(server.url('index.m3u8'), (await rtmpSink()).url, EXIT);
    expect((await failure(async () => await relay.done)).code).toBe('FR_ADDRESS_REFUSED');
  });
});

test('a host that the operator opened is read, one beside it is not', async () => {
  const path = await clip({ length: 0.8 });
  const [server, other] = [await hlsServer(), await hlsServer()];
  const entries = serve(other, await segmentsOf(path, 'mpegts'));
  const uris = entries.map((one) => ({ ...one, uri: `http://localhost:${String(other.port)}/${one.uri}` }));
  server.put('index.m3u8', mediaPlaylist(uris, { ended: true }));
  for (const allowHosts of [[], ['127.0.0.2', 'other.localhost'], ['localhost'], ['127.0.0.0/8', '::1']]) {
    const sink = await rtmpSink();
    const { relay } = relayOf(server.url('index.m3u8'), sink.url, { ...EXIT, allowHosts });
    const refused = allowHosts[0] === undefined || allowHosts[0] === '127.0.0.2';
    if (refused) {
      const { code, message } = await failure(async () => await relay.done);
      expect(code).toBe('FR_ADDRESS_REFUSED');
      expect(message).toMatch(/localhost.*`allowHosts`/);
    } else {
      await relay.done;
      await sink.closed.find(() => true);
      expect(contents(sink.media(), VIDEO)).toEqual(contents(await tagsOf(path), VIDEO));
    }
    expect(other.requests.items.length > 0).toBe(!refused);
  }
});

test('the host that the operator wrote may have other ports', async () => {
  const path = await clip({ length: 0.8 });
  const [server, other] = [await hlsServer(), await hlsServer()];
  const entries = serve(other, await segmentsOf(path, 'mpegts'));
  server.put(
    'index.m3u8',
    mediaPlaylist(
      entries.map((one) => ({ ...one, uri: other.url(one.uri) })),
      { ended: true },
    ),
  );
  const sink = await rtmpSink();
  const { relay } = relayOf(server.url('index.m3u8'), sink.url, EXIT);
  await relay.done;
  await sink.closed.find(() => true);
  expect(contents(sink.media(), VIDEO)).toEqual(contents(await tagsOf(path), VIDEO));
});
