// Segments of every kind: the payloads of what arrives are those that ffmpeg itself makes of the clip.
import { createCipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ffmpeg, ffprobe } from '../../support/ffmpeg.js';
import { some } from '../../support/long.js';
import { expectMonotonic } from '../../support/relay/compare.js';
import { clip, contents, mediaPlaylist, segmentsOf, serve, tagsOf, type Entry } from '../../support/relay/hls-media.js';
import { answer, hlsServer, type HlsServer } from '../../support/relay/hls-server.js';
import { relayOf } from '../../support/relay/relays.js';
import { rtmpSink, type Sink } from '../../support/relay/sink.js';
import { isKeyframe } from '../../support/relay/stream.js';
import { AUDIO, VIDEO, type Tag } from '../../support/relay/tags.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const EXIT = { onEnd: 'exit' } as const;

/** Plays a playlist to its end, which must be without an error. */
async function played(server: HlsServer, path = 'index.m3u8'): Promise<Sink> {
  const sink = await rtmpSink();
  const { relay, all } = relayOf(server.url(path), sink.url, EXIT);
  await relay.done;
  await sink.closed.find(() => true, 'the end of what was published');
  expect(all('lost')).toEqual([]);
  return sink;
}

function expectAll(sink: Sink, sent: readonly Tag[]): void {
  expect(contents(sink.media(), VIDEO)).toEqual(contents(sent, VIDEO));
  expect(contents(sink.media(), AUDIO)).toEqual(contents(sent, AUDIO));
  expectMonotonic(sink.media());
  const [first] = sink.media().filter(({ type }) => type === VIDEO);
  if (first !== undefined) expect(first).toSatisfy(isKeyframe);
}

/** How far sound and pictures are from where ffmpeg puts them beside each other, in milliseconds. */
function drift(sink: Sink, sent: readonly Tag[]): number {
  const offsets = [AUDIO, VIDEO].map((type) => {
    const [got, was] = [sink.media(), sent].map((tags) => tags.find((tag) => contents([tag], type).length > 0));
    return (got?.timestamp ?? 0) - (was?.timestamp ?? 0);
  });
  return Math.abs((offsets[0] ?? 0) - (offsets[1] ?? 0));
}

describe.each(some(2, ['mpegts', 'fmp4']))('segments of %s', (format) => {
  test('arrive whole, in order, at the times that they have, over one connection', async () => {
    const path = await clip();
    const server = await hlsServer();
    const entries = serve(server, await segmentsOf(path, format));
    server.put('index.m3u8', mediaPlaylist(entries, { ended: true }));
    const sink = await played(server);
    const sent = await tagsOf(path);
    expectAll(sink, sent);
    expect(drift(sink, sent)).toBeLessThanOrEqual(2);
    expect(new Set(server.requests.items.map(({ connection }) => connection)).size).toBe(1);
    const map = format === 'fmp4' ? ['init.mp4'] : [];
    expect(server.requests.items.map((one) => one.path)).toEqual([
      'index.m3u8',
      ...map,
      ...entries.map(({ uri }) => uri),
    ]);
  });

  test('that lie in one file are read by their ranges, also where the server sends all of it', async () => {
    const path = await clip({ length: 1.2 });
    const { list, map } = await segmentsOf(path, format);
    const server = await hlsServer();
    const whole = Buffer.concat([map ?? Buffer.alloc(0), ...list.map(({ bytes }) => bytes)]);
    // The second time, as servers do that know no ranges.
    server.put('all.bin', (request, response, times) => {
      if (times === 2) response.end(whole);
      else answer(request, response, whole);
    });
    let at = map?.byteLength ?? 0;
    const entries = list.map(({ bytes, duration }, i): Entry => {
      const range = `#EXT-X-BYTERANGE:${String(bytes.byteLength)}${i === 0 ? `@${String(at)}` : ''}`;
      at += bytes.byteLength;
      const init = map && i === 0 ? [`#EXT-X-MAP:URI="all.bin",BYTERANGE="${String(map.byteLength)}@0"`] : [];
      return { uri: 'all.bin', duration, tags: [...init, range] };
    });
    server.put('index.m3u8', mediaPlaylist(entries, { ended: true }));
    expectAll(await played(server), await tagsOf(path));
    // What was sent in vain ended its connection, and nothing else did.
    expect(new Set(server.requests.items.map(({ connection }) => connection)).size).toBe(2);
  });

  test('that are encrypted are decrypted, with a vector of their own and with that of their number', async () => {
    const path = await clip({ length: 1.2 });
    const { list, map } = await segmentsOf(path, format);
    const server = await hlsServer();
    const [key, vector] = [randomBytes(16), randomBytes(16)];
    const encrypted = (bytes: Buffer, iv: Buffer): Buffer => {
      const cipher = createCipheriv('aes-128-cbc', key, iv);
      return Buffer.concat([cipher.update(bytes), cipher.final()]);
    };
    server.put('key', key);
    if (map) server.put('init.mp4', encrypted(map, vector));
    const own = `#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x${vector.toString('hex')}`;
    const entries = list.map(({ bytes, duration, name }, i): Entry => {
      const number = Buffer.alloc(16);
      number.writeUInt32BE(7 + i, 12);
      server.put(name, i === 0 ? encrypted(bytes, vector) : i === 1 ? encrypted(bytes, number) : bytes);
      const tags = [
        [own, ...(map ? ['#EXT-X-MAP:URI="init.mp4"'] : [])],
        ['#EXT-X-KEY:METHOD=AES-128,URI="key"'],
        ['#EXT-X-KEY:METHOD=NONE'],
      ][i];
      return { uri: name, duration, tags: tags ?? [] };
    });
    server.put('index.m3u8', mediaPlaylist(entries, { ended: true, sequence: 7 }));
    expectAll(await played(server), await tagsOf(path));
    expect(server.requests.items.filter((one) => one.path === 'key')).toHaveLength(1);
  });

  test.each([70_000, 2])('behind a discontinuity of %d s go on where the last one ended', async (ahead) => {
    const clips = [await clip({ length: 1.2 }), await clip({ length: 0.8, tone: 880 })];
    const server = await hlsServer();
    const entries: Entry[] = [];
    for (const [i, path] of clips.entries()) {
      const own = serve(
        server,
        await segmentsOf(path, format, ['-output_ts_offset', String(i * ahead)]),
        `${String(i)}/`,
      );
      entries.push(
        ...own.map(({ tags = [], ...one }, k) => ({
          ...one,
          tags: i > 0 && k === 0 ? ['#EXT-X-DISCONTINUITY', ...tags] : tags,
        })),
      );
    }
    server.put('index.m3u8', mediaPlaylist(entries, { ended: true }));
    const sink = await played(server);
    const sent = (await Promise.all(clips.map(async (path) => await tagsOf(path)))).flat();
    expectAll(sink, sent);
    for (const type of [AUDIO, VIDEO]) {
      const times = sink
        .media()
        .filter((one) => one.type === type)
        .map(({ timestamp }) => timestamp);
      const steps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
      expect(Math.max(...steps)).toBeLessThanOrEqual(120);
      expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1800);
    }
  });
});

/** A tag of ID3 with the time of the first frame, in ticks of 90 kHz. */
function id3(ticks: number): Buffer {
  const owner = Buffer.from('com.apple.streaming.transportStreamTimestamp\0');
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(ticks));
  const frame = Buffer.concat([Buffer.from('PRIV'), Buffer.from([0, 0, 0, owner.length + 8, 0, 0]), owner, time]);
  return Buffer.concat([Buffer.from('ID3\x04\0\0'), Buffer.from([0, 0, 0, frame.length]), frame]);
}

test.each([
  ['adts', ['-c:a', 'aac'], '', 1024 / 44_100, 0],
  ['mp3', ['-c:a', 'libmp3lame'], 'write_xing=0:id3v2_version=0', 1152 / 44_100, 1],
  ['eac3', ['-c:a', 'eac3', '-ar', '48000'], '', 1536 / 48_000, 5],
] as const)('sound without a container, as %s', async (format, codecs, options, frame, head) => {
  const path = await clip({ length: 1.2, video: false, codecs });
  const folder = temporaryFolder();
  const cut = ['-f', 'segment', '-segment_time', '0.4', '-segment_format', format];
  const more = options === '' ? [] : ['-segment_format_options', options];
  const list = join(folder, 'list.csv');
  await ffmpeg('-i', path, '-map', '0:a', '-c', 'copy', ...cut, ...more, '-segment_list', list, join(folder, '%d.bin'));
  const server = await hlsServer();
  const whole: Buffer[] = [];
  const entries = readFileSync(list, 'utf8')
    .trim()
    .split('\n')
    .map((line): Entry => {
      const [uri = '', start] = line.split(',');
      const bytes = readFileSync(join(folder, uri));
      whole.push(bytes);
      // Just ahead of where 33 bits begin anew.
      const ticks = (2 ** 33 - 45_000 + Math.round(Number(start) * 90_000)) % 2 ** 33;
      server.put(uri, Buffer.concat([id3(ticks), bytes]));
      return { uri, duration: 0.4 };
    });
  server.put('index.m3u8', mediaPlaylist(entries, { ended: true }));
  const sink = await played(server);
  const sound = sink.media().filter(({ type }) => type === AUDIO);
  if (head === 0) expect(contents(sound, AUDIO)).toEqual(contents(await tagsOf(path), AUDIO));
  else
    expect(Buffer.concat(sound.map(({ payload }) => payload.subarray(head))).equals(Buffer.concat(whole))).toBe(true);
  const steps = sound.slice(1).map(({ timestamp }, i) => timestamp - (sound[i]?.timestamp ?? 0) - frame * 1000);
  expect(Math.max(...steps.map(Math.abs))).toBeLessThanOrEqual(2);
});

test.each([
  [
    'HEVC and E-AC-3',
    'fmp4',
    ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:keyint=10', '-c:a', 'eac3'],
  ],
  ['AV1 and Opus', 'fmp4', ['-c:v', 'libsvtav1', '-preset', '12', '-g', '10', '-c:a', 'libopus']],
  ['VP9 and FLAC', 'fmp4', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-g', '10', '-c:a', 'flac']],
  [
    'HEVC and AC-3',
    'mpegts',
    ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:keyint=10', '-c:a', 'ac3'],
  ],
] as const)('%s in %s', async (_, format, codecs) => {
  const path = await clip({ length: 1.2, codecs });
  const server = await hlsServer();
  server.put(
    'index.m3u8',
    mediaPlaylist(serve(server, await segmentsOf(path, format, ['-strict', '-2'])), { ended: true }),
  );
  const sink = await played(server);
  // The ffmpeg of distributions writes none of these into FLV: what it sees in the clip is the packets that must come.
  for (const [type, name] of [
    [VIDEO, 'v'],
    [AUDIO, 'a'],
  ] as const) {
    const { packets } = await ffprobe('-show_packets', '-show_entries', 'packet=size', '-select_streams', name, path);
    const { length } = contents(sink.media(), type);
    // Sound of before the first picture is left out.
    expect([(packets as unknown[]).length, (packets as unknown[]).length - (type === AUDIO ? 1 : 0)]).toContain(length);
  }
  expect(sink.headers(VIDEO)).toHaveLength(1);
});

describe('a playlist of playlists', () => {
  test('gives its best variant, and the next one where that cannot be read', async () => {
    const path = await clip({ length: 0.8 });
    const server = await hlsServer();
    server.put(
      'low/index.m3u8',
      mediaPlaylist(
        serve(server, await segmentsOf(path, 'mpegts'), 'low/').map(({ uri, ...one }) => ({
          ...one,
          uri: uri.slice(4),
        })),
        { ended: true },
      ),
    );
    server.put(
      'index.m3u8',
      [
        '#EXTM3U',
        '#EXT-X-STREAM-INF:BANDWIDTH=100000,CODECS="mp4a.40.2"',
        'sound.m3u8',
        '#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=160x96,CODECS="avc1.64000a,mp4a.40.2"',
        'low/index.m3u8',
        '#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=320x180,CODECS="avc1.64000a,mp4a.40.2"',
        'high/index.m3u8',
      ].join('\n'),
    );
    const sink = await rtmpSink();
    const { relay, all } = relayOf(server.url('index.m3u8'), sink.url, EXIT);
    await relay.done;
    await sink.closed.find(() => true, 'the end of what was published');
    expectAll(sink, await tagsOf(path));
    expect(server.requests.items.slice(0, 3).map((one) => one.path)).toEqual([
      'index.m3u8',
      'high/index.m3u8',
      'low/index.m3u8',
    ]);
    expect(
      all('warning')
        .map(({ message }) => message)
        .join(),
    ).toContain('404');
  });

  test.each(some(2, ['mpegts', 'fmp4']))('with sound of its own, in %s, keeps both together', async (format) => {
    const path = await clip({ length: 1.6 });
    const sent = await tagsOf(path);
    const server = await hlsServer();
    for (const [name, args] of [
      ['v', ['-map', '0:v']],
      ['a', ['-map', '0:a']],
    ] as const) {
      // Alone, each of them would be moved so that it begins at zero.
      const own = await segmentsOf(path, format, [...args, '-output_ts_offset', '10']);
      const entries = serve(server, own, `${name}/`);
      server.put(`${name}.m3u8`, mediaPlaylist(entries, { ended: true }));
    }
    server.put(
      'index.m3u8',
      [
        '#EXTM3U',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="other",AUTOSELECT=YES,URI="other.m3u8"',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="main",DEFAULT=YES,AUTOSELECT=YES,URI="a.m3u8"',
        '#EXT-X-STREAM-INF:BANDWIDTH=400000,CODECS="avc1.64000a,mp4a.40.2",AUDIO="a"',
        'v.m3u8',
      ].join('\n'),
    );
    const sink = await played(server);
    expect(contents(sink.media(), VIDEO)).toEqual(contents(sent, VIDEO));
    const [sound, got] = [contents(sent, AUDIO), contents(sink.media(), AUDIO)];
    // Sound of before the first picture is left out.
    expect(got).toEqual(sound.slice(-got.length));
    expect(got.length).toBeGreaterThan(sound.length - 12);
    const at = sink.media().find(({ type }) => type === AUDIO);
    const was = sent.filter((tag) => contents([tag], AUDIO).length > 0).at(-got.length);
    const picture = sink.media().find(({ type }) => type === VIDEO);
    const drawn = sent.find((tag) => contents([tag], VIDEO).length > 0);
    const apart = (at?.timestamp ?? 0) - (was?.timestamp ?? 0) - (picture?.timestamp ?? 0) + (drawn?.timestamp ?? 0);
    expect(Math.abs(apart)).toBeLessThanOrEqual(2);
  });
});
