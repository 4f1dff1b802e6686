// Playlists as texts: what RFC 8216 allows, what servers write, and what nobody should.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFramerailError } from '#dist/base/index.js';
import { parseAttributes } from '#dist/relay/hls/attributes.js';
import { choices } from '#dist/relay/hls/choose-variant.js';
import { firstSegment } from '#dist/relay/hls/live-edge.js';
import { parsePlaylist } from '#dist/relay/hls/parse-playlist.js';
import type { MediaPlaylist, MultivariantPlaylist } from '#dist/relay/hls/playlist.js';
import { isHls } from '#dist/relay/hls/hls-origin.js';

const url = new URL('http://media.example/live/index.m3u8?session=7');
const media = (...lines: string[]): MediaPlaylist => {
  const playlist = parsePlaylist(['#EXTM3U', '#EXT-X-TARGETDURATION:4', ...lines].join('\n'), { url });
  if (playlist.kind !== 'media') throw new Error('it is another kind');
  return playlist;
};
const multivariant = (...lines: string[]): MultivariantPlaylist => {
  const playlist = parsePlaylist(['#EXTM3U', ...lines].join('\n'), { url });
  if (playlist.kind !== 'multivariant') throw new Error('it is another kind');
  return playlist;
};

describe('a list of attributes', () => {
  test('has values in quotes and without', () => {
    const text = 'BANDWIDTH=12, CODECS="avc1.4d,mp4a" ,NAME="a=b",RESOLUTION=1x2,X-A=0xFF,EMPTY=,NAME="second"';
    expect([...parseAttributes(text)]).toEqual([
      ['BANDWIDTH', '12'],
      ['CODECS', 'avc1.4d,mp4a'],
      ['NAME', 'a=b'],
      ['RESOLUTION', '1x2'],
      ['X-A', '0xFF'],
      ['EMPTY', ''],
    ]);
  });

  test('is read in a time that grows with its length alone', () => {
    const begun = performance.now();
    for (const piece of ['A=' + ' '.repeat(1e6) + '"', 'A="'.repeat(3e5), 'A=,'.repeat(3e5), ' '.repeat(1e6) + '='])
      parseAttributes(piece);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  test('of any kind comes back as it was written', () => {
    const name = fc.stringMatching(/^[A-Z][A-Z0-9-]{0,10}$/);
    const value = fc.stringMatching(/^[^"\r\n]{0,20}$/);
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([one]) => one }), (pairs) => {
        const text = pairs.map(([one, other]) => `${one}="${other}"`).join(',');
        expect([...parseAttributes(text)]).toEqual(pairs);
      }),
    );
  });
});

describe('a playlist of segments', () => {
  test('numbers them, and gives each what holds for it', () => {
    const playlist = media(
      '#EXT-X-MEDIA-SEQUENCE:7',
      '#EXT-X-DISCONTINUITY-SEQUENCE:3',
      '#EXT-X-START:TIME-OFFSET=-12.5',
      '#EXT-X-MAP:URI="init.mp4",BYTERANGE="600@100"',
      '#EXTINF:3.2,a title, with a comma',
      '#EXT-X-BYTERANGE:1000@700',
      'all.mp4',
      '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z',
      '#EXT-X-KEY:METHOD=AES-128,URI="k?a,b",IV=0x1',
      '#EXT-X-BYTERANGE:500',
      '#EXTINF:4,',
      'all.mp4',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-GAP',
      '#EXTINF:4',
      '  b.ts  ',
      '#EXT-X-KEY:METHOD=NONE',
      '# a comment',
      '#EXTINF:1.5,',
      'c.ts\r',
      '#EXT-X-ENDLIST',
    );
    expect(playlist).toMatchObject({ targetDuration: 4, mediaSequence: 7, ended: true, start: -12.5 });
    const map = { uri: 'init.mp4', range: { length: 600, offset: 100 }, key: undefined };
    const key = { method: 'AES-128', uri: 'k?a,b', iv: Buffer.from('1'.padStart(32, '0'), 'hex'), format: 'identity' };
    const plain = { range: undefined, map, key: undefined, gap: false };
    expect(playlist.segments).toEqual([
      { ...plain, uri: 'all.mp4', sequence: 7, duration: 3.2, discontinuity: 3, range: { offset: 700, length: 1000 } },
      {
        ...plain,
        uri: 'all.mp4',
        sequence: 8,
        duration: 4,
        discontinuity: 3,
        range: { offset: 1700, length: 500 },
        key,
      },
      { ...plain, uri: 'b.ts', sequence: 9, duration: 4, discontinuity: 4, key, gap: true },
      { ...plain, uri: 'c.ts', sequence: 10, duration: 1.5, discontinuity: 4 },
    ]);
  });

  test('of low latency is read as one of whole segments', () => {
    const playlist = media(
      '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,HOLD-BACK=13.5,CAN-SKIP-UNTIL=24',
      '#EXT-X-PART-INF:PART-TARGET=0.33',
      '#EXT-X-MEDIA-SEQUENCE:100',
      '#EXT-X-SKIP:SKIPPED-SEGMENTS=3',
      '#EXT-X-PART:DURATION=0.33,URI="a.1.mp4",INDEPENDENT=YES',
      '#EXTINF:4,',
      'a.mp4',
      '#EXT-X-PART:DURATION=0.33,URI="b.1.mp4"',
      '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="b.2.mp4"',
      '#EXT-X-RENDITION-REPORT:URI="../x.m3u8",LAST-MSN=104',
    );
    expect(playlist).toMatchObject({ canBlock: true, holdBack: 13.5 });
    expect(playlist.segments.map(({ uri, sequence }) => [uri, sequence])).toEqual([['a.mp4', 103]]);
  });

  test('fills in variables: its own, those of its address, those of the playlist that leads to it', () => {
    const { variables } = multivariant('#EXT-X-DEFINE:NAME="host",VALUE="cdn"', '#EXT-X-STREAM-INF:BANDWIDTH=1', 'x');
    const text = [
      '#EXTM3U',
      '#EXT-X-DEFINE:IMPORT="host"',
      '#EXT-X-DEFINE:QUERYPARAM="session"',
      '#EXT-X-DEFINE:NAME="dir",VALUE="a"',
      '#EXT-X-MAP:URI="{$host}/{$dir}/init.mp4"',
      '#EXTINF:4,',
      '{$dir}/{$session}.mp4',
    ].join('\n');
    const playlist = parsePlaylist(text, { url, variables });
    expect(playlist).toMatchObject({ segments: [{ uri: 'a/7.mp4', map: { uri: 'cdn/a/init.mp4' } }] });
    expect(() => media('#EXTINF:4,', '{$nobody}.ts')).toThrow(/does not define/);
    expect(() => media('#EXT-X-DEFINE:IMPORT="host"', '#EXTINF:4,', 'a')).toThrow(/without a value/);
  });

  test('keeps the key that can be used of those that stand beside each other', () => {
    const { segments } = media(
      '#EXT-X-KEY:METHOD=AES-128,URI="k"',
      '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"',
      '#EXTINF:4,',
      'a.ts',
    );
    expect(segments[0]?.key).toMatchObject({ method: 'AES-128', uri: 'k' });
  });

  test('without a target duration has that of its longest segment', () => {
    const playlist = parsePlaylist('#EXTM3U\n#EXTINF:3.6,\na\n#EXTINF:2,\nb\n', { url });
    expect(playlist).toMatchObject({ targetDuration: 4 });
  });

  test.each<[string, string]>([
    ['', 'does not begin'],
    ['#EXTM3U8\n#EXTINF:1,\na', 'does not begin'],
    ['<html>', 'does not begin'],
    ['#EXTM3U\n', 'neither segments nor playlists'],
    ['#EXTM3U\na.ts\nb.ts', 'neither segments nor playlists'],
    ['#EXTM3U\n#EXTINF:1,\na\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb', 'both'],
    ['#EXTM3U\n#EXTINF:abc,\na', 'no sensible duration'],
    ['#EXTM3U\n#EXTINF:-1,\na', 'no sensible duration'],
    ['#EXTM3U\n#EXTINF:1e9,\na', 'no sensible duration'],
    ['#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:-1\n#EXTINF:1,\na', 'sequence number'],
    ['#EXTM3U\n#EXT-X-BYTERANGE:10\n#EXTINF:1,\na', 'goes on where none ended'],
    ['#EXTM3U\n#EXT-X-BYTERANGE:x\n#EXTINF:1,\na', 'no length'],
    ['#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="a",IV=0xabc' + 'f'.repeat(40) + '\n#EXTINF:1,\na', '16 bytes'],
    ['#EXTM3U\n#EXT-X-MAP:BYTERANGE="1@2"\n#EXTINF:1,\na', 'no address'],
    ['#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO', 'no stream'],
  ])('%j is an error', (text, message) => {
    expect(() => parsePlaylist(text, { url })).toThrow(message);
  });

  test('of any text is read or refused, and quickly', () => {
    const tag = fc.constantFrom(
      ...[
        '#EXTM3U',
        '#EXTINF:2,',
        '#EXT-X-KEY:METHOD=AES-128,',
        '#EXT-X-MAP:',
        '#EXT-X-BYTERANGE:1@',
        '#EXT-X-ENDLIST',
      ],
      ...[
        '#EXT-X-STREAM-INF:',
        '#EXT-X-DEFINE:',
        'URI="',
        '"',
        '\n',
        '\r\n',
        'a.ts',
        '{$',
        '}',
        '1',
        '=',
        ',',
        '\uFEFF',
      ],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(tag, fc.string({ maxLength: 5 })), { maxLength: 60 }), (parts) => {
        try {
          parsePlaylist(`#EXTM3U\n${parts.join('')}`, { url });
        } catch (error) {
          if (!isFramerailError(error) || error.code !== 'FR_RELAY_PROTOCOL') throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('of very many segments is read in no time, and of too many is refused', () => {
    const many = (count: number): string => `#EXTM3U\n${'#EXTINF:2,\na.ts\n'.repeat(count)}`;
    const begun = performance.now();
    expect(parsePlaylist(many(100_000), { url })).toMatchObject({ targetDuration: 2 });
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(() => parsePlaylist(many(200_000), { url })).toThrow('too many segments');
  });
});

describe('a live playlist', () => {
  const listed = (durations: readonly number[], ...tags: string[]): MediaPlaylist =>
    media('#EXT-X-MEDIA-SEQUENCE:50', ...tags, ...durations.flatMap((one) => [`#EXTINF:${String(one)},`, 'a.ts']));

  test.each<[string, MediaPlaylist, number | undefined]>([
    ['three target durations ahead of its end', listed([4, 4, 4, 4, 4, 4]), 53],
    ['also where segments are shorter than they may be', listed([4, 2, 2, 2, 2, 2, 2]), 51],
    ['where durations are a little less', listed([4, 4, 3.999, 3.999, 3.999]), 52],
    ['at its first segment where it is short', listed([4, 4]), 50],
    ['nowhere where it is empty', listed([]), undefined],
    ['at its first segment where it is complete', listed([4, 4, 4, 4, 4], '#EXT-X-ENDLIST'), 50],
    ['where its author says, from its beginning', listed([4, 4, 4, 4, 4], '#EXT-X-START:TIME-OFFSET=5'), 51],
    ['where its author says, from its end', listed([4, 4, 4, 4, 4], '#EXT-X-START:TIME-OFFSET=-3'), 54],
    ['at its last segment where its author says more', listed([4, 4], '#EXT-X-START:TIME-OFFSET=50'), 51],
    ['where its server says', listed([4, 4, 4, 4, 4], '#EXT-X-SERVER-CONTROL:HOLD-BACK=18'), 50],
  ])('is begun %s', (_, playlist, sequence) => {
    expect(firstSegment(playlist)?.sequence).toBe(sequence);
  });
});

describe('a playlist of playlists', () => {
  test('is tried by what can be carried, then by bits a second', () => {
    const playlist = multivariant(
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="de",AUTOSELECT=YES,URI="de.m3u8"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="en",DEFAULT=YES,URI="en.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="aac",NAME="x",DEFAULT=YES,URI="x.m3u8"',
      '#EXT-X-STREAM-INF:BANDWIDTH=100,CODECS="mp4a.40.2"',
      'sound',
      '#EXT-X-STREAM-INF:BANDWIDTH=900,CODECS="vvc1.1,mp4a.40.2"',
      'vvc',
      '#EXT-X-STREAM-INF:BANDWIDTH=200,RESOLUTION=320x180,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="aac"',
      'low',
      '#EXT-X-STREAM-INF:BANDWIDTH=400,CODECS="avc1.4d401e"',
      'silent',
      '#EXT-X-STREAM-INF:BANDWIDTH=300',
      'unknown',
      '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=5000,URI="keyframes"',
    );
    expect(
      choices(playlist).map(({ variant, audio, hints }) => [variant.uri, audio?.uri, hints.audio, hints.video]),
    ).toEqual([
      ['silent', undefined, false, true],
      ['unknown', undefined, undefined, undefined],
      ['low', 'en.m3u8', true, true],
      ['sound', undefined, true, false],
      ['vvc', undefined, true, false],
    ]);
  });
});

test.each([
  ['http://h/a.m3u8', true],
  ['https://h/a.M3U8?x=1', true],
  ['http://h/a.m3u', true],
  ['http://h/x.m3u8/tracks', true],
  ['http://h/a.m3u8x', false],
  ['http://h/a.ts?next=b.m3u8', false],
  ['rtmp://h/a.m3u8', false],
])('%s is an address of HLS: %s', (address, is) => {
  expect(isHls(address)).toBe(is);
});
