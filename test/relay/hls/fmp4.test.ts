// Fragmented MP4: samples against the packets of ffmpeg, in every layout that its muxer writes, however they are cut.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { isFramerailError } from '#dist/base/index.js';
import { Mp4Demuxer } from '#dist/relay/hls/fmp4/demuxer.js';
import { ffmpeg, ffprobe } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { flvFile } from '../../support/relay/flv-file.js';
import { clip, contents } from '../../support/relay/hls-media.js';
import { isHeader } from '../../support/relay/stream.js';
import { AUDIO, VIDEO, type Tag } from '../../support/relay/tags.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Read {
  readonly tags: Tag[];
  readonly hints: unknown[];
  readonly warnings: string[];
}

/** Reads pieces of a file, the first byte of which lies at an offset of its resource. */
function read(pieces: readonly Uint8Array[], offset = 0): Read {
  const found: Read = { tags: [], hints: [], warnings: [] };
  const demuxer = new Mp4Demuxer({
    onTag: (type, timestamp, payload) => found.tags.push({ type, timestamp, payload: Buffer.from(payload) }),
    onHints: (hints) => found.hints.push(hints),
    onWarning: (message) => found.warnings.push(message),
  });
  demuxer.begin(offset);
  for (const piece of pieces) {
    // Bytes belong to the demuxer only until it returns.
    const bytes = Buffer.from(piece);
    demuxer.push(bytes);
    bytes.fill(0xee);
  }
  demuxer.flush();
  return found;
}

async function written(source: string, args: readonly string[]): Promise<string> {
  const path = join(temporaryFolder(), 'out.mp4');
  await ffmpeg('-i', source, '-c', 'copy', ...args, path);
  return path;
}

async function file(source: string, args: readonly string[]): Promise<Buffer> {
  return readFileSync(await written(source, args));
}

/** Where the file is cut, as shares of it. */
function cut(bytes: Buffer, shares: readonly number[]): Buffer[] {
  const places = [...new Set([0, ...shares.map((share) => Math.floor(share * bytes.length)), bytes.length])];
  places.sort((a, b) => a - b);
  return places.slice(1).map((place, i) => bytes.subarray(places[i], place));
}

/** When pictures are shown, or sound is heard, in milliseconds. */
function times(tags: readonly Tag[], type: number): number[] {
  const media = tags.filter((tag) => contents([tag], type).length > 0);
  // Just ahead of zero, times are written as those of 32 bits.
  return media.map(({ timestamp, payload }) => (timestamp | 0) + (type === VIDEO ? payload.readIntBE(2, 3) : 0));
}

/** The same as ffprobe sees it in a file. */
async function probed(path: string, stream: 'a' | 'v'): Promise<number[]> {
  const { packets } = await ffprobe(
    '-show_packets',
    '-show_entries',
    'packet=pts_time',
    '-select_streams',
    stream,
    path,
  );
  return (packets as { pts_time: string }[]).map(({ pts_time }) => Number(pts_time) * 1000);
}

/** Made once for all tests, so it lies among the fixtures: four seconds of small pictures with sound beside them. */
const source = fixture('plain.mp4');
let sent: Tag[] = [];
beforeAll(() => {
  sent = flvFile(fixture('plain.flv')).tags;
});

const FLAGS = [
  'frag_keyframe+empty_moov+default_base_moof',
  'frag_keyframe+empty_moov',
  'frag_every_frame+empty_moov+default_base_moof',
  'frag_keyframe+empty_moov+separate_moof+default_base_moof',
  'frag_keyframe+empty_moov+omit_tfhd_offset',
  'frag_keyframe+delay_moov+default_base_moof',
  'frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets',
  'cmaf',
  'dash+global_sidx+frag_keyframe+empty_moov',
];

describe('fragments of ffmpeg', () => {
  test.each(FLAGS)('written with %s hold what FLV holds, at the times that ffprobe sees', async (flags) => {
    const path = await written(source, ['-movflags', flags]);
    const { tags, hints, warnings } = read([readFileSync(path)]);
    for (const [type, stream] of [
      [AUDIO, 'a'],
      [VIDEO, 'v'],
    ] as const) {
      expect(contents(tags, type)).toEqual(contents(sent, type));
      const wanted = await probed(path, stream);
      // Where pictures are shown ahead of their decoding time, libav shows all of them later, and not the sound.
      const moved = type === VIDEO && /cts|cmaf/.test(flags) ? (wanted[0] ?? 0) : 0;
      const off = times(tags, type).map((time, i) => Math.abs(time - (wanted[i] ?? Infinity) + moved));
      expect(Math.max(...off)).toBeLessThanOrEqual(1);
    }
    for (const tag of tags)
      if (tag.type === VIDEO && !isHeader(tag)) expect(tag.payload.readIntBE(2, 3)).toBeGreaterThanOrEqual(0);
    expect(hints).toEqual([{ audio: true, video: true }]);
    expect(warnings).toEqual([]);
    expect(tags.filter(isHeader)).toHaveLength(2);
  });

  test('are the same however they are cut', async () => {
    const bytes = await file(source, ['-movflags', FLAGS[0]!]);
    const whole = read([bytes]);
    expect(read([...bytes.subarray(0, 20_000)].map((byte) => Uint8Array.of(byte))).tags).toEqual(
      read([bytes.subarray(0, 20_000)]).tags,
    );
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }), (shares) => {
        expect(read(cut(bytes, shares)).tags).toEqual(whole.tags);
      }),
      { numRuns: 15 },
    );
  });

  test('count their samples from the beginning of their resource', async () => {
    const bytes = await file(source, ['-movflags', 'frag_keyframe+empty_moov']);
    // Base offsets are those of the file: the first box is left out, and the place of the rest is told.
    const size = bytes.readUInt32BE(0);
    expect(read([bytes.subarray(size)], size).tags).toEqual(read([bytes]).tags);
  });

  test.each([
    ['pictures alone', ['-an'], { audio: false, video: true }],
    ['sound alone', ['-vn'], { audio: true, video: false }],
  ])('with %s', async (_, args, hints) => {
    const found = read([await file(source, [...args, '-movflags', FLAGS[0]!])]);
    expect(found.hints).toEqual([hints]);
    expect(found.tags.length).toBeGreaterThan(10);
  });

  test('whose parameters lie in the pictures alone are read all the same', async () => {
    const bytes = await file(source, ['-tag:v', 'avc3', '-movflags', FLAGS[0]!]);
    expect(bytes.includes('avc3')).toBe(true);
    const { tags } = read([bytes]);
    expect(contents(tags, VIDEO)).toHaveLength(contents(sent, VIDEO).length);
    expect(tags.filter((tag) => tag.type === VIDEO && isHeader(tag))).toHaveLength(1);
  });

  test('that change on their way are announced again', async () => {
    const other = await clip({
      length: 0.8,
      codecs: ['-vf', 'scale=128:80', '-c:v', 'libx264', '-c:a', 'aac', '-ar', '22050'],
    });
    const flags = ['-movflags', FLAGS[0]!];
    const { tags } = read([await file(source, flags), await file(other, flags), await file(source, flags)]);
    expect(tags.filter((tag) => tag.type === VIDEO && isHeader(tag)).length).toBeGreaterThanOrEqual(2);
    expect(tags.filter((tag) => tag.type === AUDIO && isHeader(tag))).toHaveLength(3);
  });

  test('that need a licence are refused in one sentence', async () => {
    const secret = [
      '-encryption_scheme',
      'cenc-aes-ctr',
      '-encryption_key',
      '0'.repeat(32),
      '-encryption_kid',
      '1'.repeat(32),
    ];
    const bytes = await file(source, [...secret, '-movflags', FLAGS[0]!]);
    expect(() => read([bytes])).toThrow(/encrypted by Common Encryption/);
  });

  test('with a track that tags do not carry leave it out', async () => {
    const path = await clip({ length: 1, codecs: ['-c:v', 'mpeg4', '-c:a', 'aac'] });
    const found = read([await file(path, ['-movflags', FLAGS[0]!])]);
    expect(found.warnings.join()).toMatch(/mp4v.*left out/);
    expect(found.hints).toEqual([{ audio: true, video: false }]);
  });
});

describe('what is no MP4, or a broken one', () => {
  test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ['a box smaller than its head', () => Buffer.from([0, 0, 0, 4, ...Buffer.from('moov')]), /smaller than its head/],
    ['a header without an end', () => Buffer.from([0xff, 0, 0, 0, ...Buffer.from('moov')]), /too large/],
    ['a header to the end', () => Buffer.from([0, 0, 0, 0, ...Buffer.from('moof')]), /too large/],
    ['no track at all', () => Buffer.from([0, 0, 0, 8, ...Buffer.from('moov')]), /neither sound nor pictures/],
    [
      'a size of 64 bits that is none',
      () => Buffer.from([0, 0, 0, 1, ...Buffer.from('mdat'), 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
      /no sensible size/,
    ],
    [
      'more samples than a fragment can hold',
      (bytes) => {
        const changed = Buffer.from(bytes);
        changed.writeUInt32BE(0xffffffff, changed.indexOf('trun') + 8);
        return changed;
      },
      /too many samples/,
    ],
  ])('%s is an error', async (_, make, message) => {
    const bytes = make(await file(source, ['-movflags', FLAGS[0]!]));
    expect(() => read([bytes])).toThrow(message);
  });

  test('never leads to anything but a typed error, and to no more than there is', async () => {
    const bytes = await file(source, ['-movflags', FLAGS[1]!]);
    const place = fc.nat(bytes.length - 1);
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 30 }), place, (changes, end) => {
        const changed = Buffer.from(bytes);
        for (const [at, byte] of changes) changed[at] = byte;
        try {
          const { tags } = read(cut(changed.subarray(0, end), [0.3, 0.7]));
          // Enough for the heads and parameters that tags have beside their samples.
          expect(tags.reduce((sum, { payload }) => sum + payload.length, 0)).toBeLessThan(3 * bytes.length);
        } catch (error) {
          if (!isFramerailError(error)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });
});
