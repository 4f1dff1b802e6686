// FLV into tags, however it is cut; what is no FLV is refused.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flvHeader, flvTag } from '#dist/relay/flv/bytes.js';
import { FlvReader, type FlvHints } from '#dist/relay/flv/reader.js';
import { KIND, audioKind, TAG, videoKind } from '#dist/relay/flv/tag.js';
import { ffmpeg, ffprobe } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { inPieces, pieceSizes, thrownCode } from '../../support/pieces.js';

const PROTOCOL = 'FR_RELAY_PROTOCOL';
const MIB = 1024 * 1024;
const HEADER = flvHeader({ audio: true, video: true });

interface Tag {
  readonly type: number;
  readonly time: number;
  readonly payload: Buffer;
}

/** A reader that keeps all it is told. */
function listen(): { readonly reader: FlvReader; readonly tags: Tag[]; readonly headers: FlvHints[] } {
  const tags: Tag[] = [];
  const headers: FlvHints[] = [];
  const reader = new FlvReader({
    onHeader: (hints) => headers.push(hints),
    onTag: (type, time, payload) => tags.push({ type, time, payload: Buffer.from(payload) }),
  });
  return { reader, tags, headers };
}

function read(bytes: Buffer, sizes: readonly number[] = [bytes.byteLength]): ReturnType<typeof listen> {
  const all = listen();
  inPieces(bytes, sizes, (piece) => {
    all.reader.push(piece);
  });
  return all;
}

const tag = fc.record({
  type: fc.constantFrom(TAG.audio, TAG.video, TAG.data),
  time: fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 0xffffff, 0x1000000, 0xffffffff)),
  payload: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
});

test('what is written is read again, in any cutting', () => {
  fc.assert(
    fc.property(
      fc.array(tag, { maxLength: 10 }),
      pieceSizes,
      fc.boolean(),
      fc.boolean(),
      (list, sizes, audio, video) => {
        const parts = list.map(({ type, time, payload }) => flvTag(type, time, payload));
        const { tags, headers, reader } = read(Buffer.concat([flvHeader({ audio, video }), ...parts]), sizes);
        expect(headers).toEqual([{ audio, video }]);
        expect(tags).toEqual(list);
        expect(reader.pending).toBe(false);
      },
    ),
    { numRuns: 300 },
  );
});

test('a longer header is skipped, and one of no sensible size refused', () => {
  const long = Buffer.concat([HEADER.subarray(0, 9), Buffer.alloc(20, 0xaa), HEADER.subarray(9)]);
  long.writeUInt32BE(29, 5);
  expect(read(Buffer.concat([long, flvTag(8, 5, Buffer.from([1]))]), [3]).tags).toHaveLength(1);
  for (const size of [0, 8, 0x10000, 0xffffffff]) {
    const wrong = Buffer.from(HEADER);
    wrong.writeUInt32BE(size, 5);
    expect(thrownCode(() => read(wrong))).toBe(PROTOCOL);
  }
});

test('what does not begin like FLV is refused at its first bytes', () => {
  for (const text of [
    '<html><body>404 Not Found</body></html>',
    '\x00\x00\x00\x18ftypmp42',
    'GET / HTTP/1.1',
    'FLW\x01\x05\0\0\0\x09',
  ])
    expect(thrownCode(() => read(Buffer.from(text, 'latin1'), [4]))).toBe(PROTOCOL);
});

test('a cut stream gives its whole tags and tells that one is pending', () => {
  const bytes = Buffer.concat([HEADER, flvTag(9, 0, Buffer.alloc(100)), flvTag(8, 0, Buffer.alloc(50))]);
  for (let to = 0; to <= bytes.byteLength; to += 1) {
    const { tags, reader } = read(bytes.subarray(0, to), [7]);
    const first = 13 + 11 + 100;
    const second = first + 4 + 11 + 50;
    expect(tags).toHaveLength(to >= second ? 2 : to >= first ? 1 : 0);
    const between = to === 0 || (to >= 9 && to <= 13) || (to >= first && to <= first + 4) || to >= second;
    expect(reader.pending).toBe(!between);
  }
});

test('a tag of another type that is laid out like one is passed over, as players do', () => {
  const bytes = Buffer.concat([HEADER, flvTag(15, 0, Buffer.alloc(30)), flvTag(8, 7, Buffer.from([1, 2]))]);
  expect(read(bytes, [5]).tags).toEqual([{ type: 8, time: 7, payload: Buffer.from([1, 2]) }]);
});

test('what cannot be a tag is refused', () => {
  const wrong = Buffer.concat([HEADER, Buffer.alloc(11, 0x47)]);
  expect(thrownCode(() => read(wrong, [4]))).toBe(PROTOCOL);
});

test('a tag of 16 MB that never comes takes no memory; one that comes is read', () => {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const claim = flvTag(9, 0, Buffer.alloc(0)).subarray(0, 11);
  claim.writeUIntBE(0xffffff, 1, 3);
  const readers = Array.from({ length: 200 }, () => read(Buffer.concat([HEADER, claim, Buffer.alloc(10)])));
  expect(readers.every(({ reader }) => reader.pending)).toBe(true);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB);
  const { tags } = read(Buffer.concat([HEADER, flvTag(9, 3, Buffer.alloc(0xffffff, 5))]), [65_536]);
  expect(tags[0]?.payload.equals(Buffer.alloc(0xffffff, 5))).toBe(true);
});

test('random bytes are read or refused, and nothing else is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), pieceSizes, fc.boolean(), (list, sizes, begun) => {
      const bytes = Buffer.concat([begun ? HEADER : Buffer.alloc(0), Buffer.from(list)]);
      expect([undefined, PROTOCOL]).toContain(thrownCode(() => read(bytes, sizes)));
    }),
    { numRuns: 3000 },
  );
});

describe('files of ffmpeg', () => {
  test.each(['plain.flv', 'pyramid.flv'])('%s: the tags are the packets that ffprobe finds', async (name) => {
    const path = fixture(name);
    const { tags, headers } = read(readFileSync(path), [1000, 1, 17, 4096]);
    expect(headers).toHaveLength(1);
    const { packets } = (await ffprobe('-show_packets', '-show_data_hash', 'md5', path)) as {
      packets: { codec_type: string; dts: number; data_hash: string; flags: string }[];
    };
    const media = tags.flatMap(({ type, time, payload }) => {
      const video = type === TAG.video;
      const kind = video ? videoKind(payload) : type === TAG.audio ? audioKind(payload) : 0;
      if ((kind & KIND.media) === 0) return [];
      const hash = createHash('md5')
        .update(payload.subarray(video ? 5 : 2))
        .digest('hex');
      const key = (kind & KIND.key) !== 0;
      return [{ codec_type: video ? 'video' : 'audio', dts: time, data_hash: `MD5:${hash}`, key }];
    });
    expect(media.length).toBeGreaterThan(50);
    expect(media).toEqual(
      packets.map(({ codec_type, dts, data_hash, flags }) => ({
        codec_type,
        dts,
        data_hash,
        key: flags.startsWith('K'),
      })),
    );
  });

  test('a file that is written again tag by tag is the same to ffmpeg', async () => {
    const path = fixture('plain.flv');
    const { tags } = read(readFileSync(path));
    const again = Buffer.concat([HEADER, ...tags.map(({ type, time, payload }) => flvTag(type, time, payload))]);
    expect(again.equals(readFileSync(path))).toBe(true);
  });

  test('an end of sequence is no picture', async () => {
    const flv = await ffmpeg('-i', fixture('plain.mp4'), '-t', '1', '-c', 'copy', '-f', 'flv', '-');
    const last = read(flv)
      .tags.filter(({ type }) => type === TAG.video)
      .at(-1);
    expect(last?.payload.subarray(0, 2)).toEqual(Buffer.from([0x17, 2]));
    expect(videoKind(last!.payload)).toBe(0);
  });
});
