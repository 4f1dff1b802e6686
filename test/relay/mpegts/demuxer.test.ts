// Transport streams of ffmpeg into tags: every payload, its time, and nothing else, however the bytes are cut.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { audioBody } from '#dist/relay/flv/body.js';
import { TAG } from '#dist/relay/flv/tag.js';
import { ffmpeg, ffprobe } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { pieceSizes } from '../../support/pieces.js';
import { sums } from '../../support/relay/compare.js';
import { inFile } from '../../support/relay/in-file.js';
import { flvTags, isSetup, mediaOf, PACKET, packetsOf, readTs } from '../../support/relay/ts.js';

const plain = readFileSync(fixture('plain.ts'));

/** Sound of one codec, as a transport stream and as its bare frames. */
async function soundOf(codec: string, format: string): Promise<{ ts: Buffer; raw: Buffer }> {
  const source = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=2:sample_rate=48000', '-ac', '2', '-c:a', codec];
  const raw = await ffmpeg(...source, '-f', format, '-');
  return { raw, ts: await ffmpeg('-f', format, '-i', inFile(raw), '-c', 'copy', '-f', 'mpegts', '-') };
}

test('the tags are those that ffmpeg writes to FLV, at the same distances', () => {
  const { tags, hints, warnings } = readTs(plain);
  const theirs = flvTags(readFileSync(fixture('plain.flv')));
  expect(hints).toEqual([{ audio: true, video: true }]);
  expect(warnings).toEqual([]);
  for (const type of [TAG.video, TAG.audio]) {
    const [ours, same] = [mediaOf(tags, type), mediaOf(theirs, type)];
    expect(ours.length).toBeGreaterThan(90);
    expect(sums(ours)).toEqual(sums(same));
    const offset = ours[0]!.timestamp - same[0]!.timestamp;
    for (const [i, tag] of ours.entries())
      expect(Math.abs(tag.timestamp - same[i]!.timestamp - offset)).toBeLessThanOrEqual(1);
  }
  // Both tracks by the same offset.
  const first = (type: number, all = tags): number => mediaOf(all, type)[0]!.timestamp;
  const apart = first(TAG.audio) - first(TAG.video);
  expect(Math.abs(apart - (first(TAG.audio, theirs) - first(TAG.video, theirs)))).toBeLessThanOrEqual(1);
  const headers = theirs.filter(isSetup).map(({ type, payload }) => ({ type, payload }));
  const ownHeaders = tags.filter(isSetup).map(({ type, payload }) => ({ type, payload }));
  expect(ownHeaders.find(({ type }) => type === TAG.video)).toEqual(headers.find(({ type }) => type === TAG.video));
});

test('any cutting of the bytes gives the same tags', () => {
  const whole = readTs(plain.subarray(0, 300 * PACKET), [1 << 20]).tags;
  expect(whole.length).toBeGreaterThan(40);
  fc.assert(
    fc.property(pieceSizes, (sizes) => {
      expect(readTs(plain.subarray(0, 300 * PACKET), sizes).tags).toEqual(whole);
    }),
    { numRuns: 40 },
  );
});

describe('packets that are further apart', () => {
  const spaced = (ahead: number, behind: number): Buffer =>
    Buffer.concat(
      packetsOf(plain).flatMap(({ bytes }) => [Buffer.alloc(ahead, 0x40), bytes, Buffer.alloc(behind, 0x40)]),
    );

  test.each([
    ['192 of M2TS', spaced(4, 0)],
    ['204 of Reed-Solomon', spaced(0, 16)],
    ['188 behind what is none', Buffer.concat([Buffer.alloc(5000, 0x20), plain])],
    ['188 from amid a packet on', Buffer.concat([plain.subarray(70, PACKET), plain])],
  ])('%s', (_, bytes) => {
    for (const sizes of [[1316], [1], [777, 3]]) {
      const { tags, warnings } = readTs(bytes, sizes);
      expect(sums(tags)).toEqual(sums(readTs(plain).tags));
      expect(warnings).toEqual([]);
    }
  });

  test('bytes that were lost within packets cost what they touch, and are told', () => {
    const at = 400 * PACKET + 50;
    const { tags, warnings } = readTs(Buffer.concat([plain.subarray(0, at), plain.subarray(at + 1000)]));
    const all = readTs(plain).tags;
    expect(tags.length).toBeGreaterThan(all.length * 0.7);
    expect(tags.length).toBeLessThan(all.length);
    expect(warnings.join()).toContain('lost once');
  });
});

test('HEVC comes through with its records', async () => {
  const ts = await ffmpeg('-i', fixture('hevc10.mp4'), '-c', 'copy', '-f', 'mpegts', '-');
  const { tags, hints, warnings } = readTs(ts);
  expect(hints).toEqual([{ audio: false, video: true }]);
  expect(warnings).toEqual([]);
  expect(tags.filter(isSetup)).toHaveLength(1);
  const { packets } = (await ffprobe('-show_packets', fixture('hevc10.mp4'))) as { packets: { flags: string }[] };
  expect(mediaOf(tags, TAG.video)).toHaveLength(packets.length);
});

test.each([
  ['mp3', 'libmp3lame', 'mp3'],
  ['ac3', 'ac3', 'ac3'],
  ['eac3', 'eac3', 'eac3'],
])('%s: frames are the bytes of the encoder', async (name, codec, format) => {
  const { ts, raw } = await soundOf(codec, format);
  const { tags, hints, warnings } = readTs(ts, [188]);
  expect(hints).toEqual([{ audio: true, video: false }]);
  expect(warnings).toEqual([]);
  const bodies = tags.map(({ payload }) => audioBody(payload)!);
  expect(new Set(bodies.map((body) => body.codec))).toEqual(new Set([name]));
  const frames = Buffer.concat(bodies.map(({ data }) => data));
  // The muxer leaves out what describes a file of MP3.
  expect(raw.includes(frames)).toBe(true);
  expect(frames.byteLength).toBeGreaterThan(raw.byteLength - 2000);
});

test('Opus: packets, their times and the channels', async () => {
  const source = [
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440:duration=2:sample_rate=48000',
    '-ac',
    '2',
    '-c:a',
    'libopus',
  ];
  const mkv = await ffmpeg(...source, '-bitexact', '-f', 'matroska', '-');
  const ts = await ffmpeg('-i', inFile(mkv), '-c', 'copy', '-f', 'mpegts', '-');
  const { tags, warnings } = readTs(ts);
  expect(warnings).toEqual([]);
  const [header, ...media] = tags;
  expect(audioBody(header!.payload)).toMatchObject({ codec: 'opus', packet: 'header' });
  expect(audioBody(header!.payload)?.data.toString('latin1', 0, 8)).toBe('OpusHead');
  expect(audioBody(header!.payload)?.data[9]).toBe(2);
  const { packets } = (await ffprobe('-show_packets', '-show_data_hash', 'md5', inFile(mkv))) as {
    packets: { data_hash: string }[];
  };
  const hash = (bytes: Buffer): string => `MD5:${createHash('md5').update(bytes).digest('hex')}`;
  expect(media.map(({ payload }) => hash(audioBody(payload)!.data))).toEqual(packets.map((one) => one.data_hash));
  for (const [i, { timestamp }] of media.entries())
    expect(Math.abs(timestamp - media[0]!.timestamp - 20 * i)).toBeLessThanOrEqual(1);
});

test('what tags cannot carry is named once, and the rest comes through', async () => {
  const source = ['-i', fixture('plain.mp4'), '-f', 'lavfi', '-i', 'sine=frequency=440:duration=2'];
  const ts = await ffmpeg(
    ...[...source, '-map', '0:v', '-map', '1:a', '-map', '0:a', '-map', '1:a', '-map', '0:v', '-t', '2'],
    ...['-c', 'copy', '-c:a:0', 'mp2', '-c:a:2', 'aac', '-c:v:1', 'mpeg2video', '-f', 'mpegts', '-'],
  );
  const { tags, warnings, hints } = readTs(ts);
  expect(warnings.sort()).toEqual([
    'Stream 0x101 of the transport stream is left out: it is MPEG audio of layer II.',
    'Stream 0x102 of the transport stream is left out: it is a second one of audio.',
    'Stream 0x103 of the transport stream is left out: it is a second one of audio.',
    'Stream 0x104 of the transport stream is left out: it is MPEG-2 video.',
  ]);
  expect(hints.at(-1)).toEqual({ audio: true, video: true });
  expect(mediaOf(tags, TAG.video).length).toBeGreaterThan(40);
  // The second one takes the place of the first, which could not be carried.
  expect(audioBody(mediaOf(tags, TAG.audio)[0]!.payload)?.codec).toBe('aac');
});

test('one of several programs is read: the first, or the one that was asked for', async () => {
  const ts = await ffmpeg(
    ...['-i', fixture('plain.mp4'), '-f', 'lavfi', '-i', 'sine=frequency=440:duration=2', '-t', '2'],
    ...['-map', '0:v', '-map', '0:a', '-map', '1:a', '-c:v', 'copy', '-c:a', 'aac', '-b:a:1', '64k'],
    ...['-program', 'program_num=7:st=0:st=1', '-program', 'program_num=9:st=2', '-f', 'mpegts', '-'],
  );
  const first = readTs(ts);
  expect(first.hints).toEqual([{ audio: true, video: true }]);
  expect(readTs(ts, [500], { program: 7 }).tags).toEqual(first.tags);
  const other = readTs(ts, [1316], { program: 9 });
  expect(other.hints).toEqual([{ audio: true, video: false }]);
  expect(mediaOf(other.tags, TAG.audio).length).toBeGreaterThan(80);
  const none = readTs(ts, [1316], { program: 8 });
  expect(none.tags).toEqual([]);
  expect(none.warnings).toEqual(['The transport stream has no program 8; it has 7, 9.']);
});
