// Elementary streams as tags and back: nothing is lost, headers come when parameters change, and ffmpeg writes the same.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { readAacConfig } from '#dist/relay/elementary/aac.js';
import { joinAnnexB, joinLengths, splitAnnexB, splitLengths, unescapeNal } from '#dist/relay/elementary/annex-b.js';
import { AudioTagger } from '#dist/relay/elementary/audio-tagger.js';
import { AudioUntagger } from '#dist/relay/elementary/audio-untagger.js';
import { describePictures, describeSound } from '#dist/relay/elementary/describe.js';
import { NAL_CODECS } from '#dist/relay/elementary/nal-codecs.js';
import { audioFrameTag, audioHeaderTag, videoFrameTag, type AudioCodec } from '#dist/relay/elementary/tag-payload.js';
import { Unwrapper } from '#dist/relay/elementary/unwrapper.js';
import { VideoTagger } from '#dist/relay/elementary/video-tagger.js';
import { VideoUntagger } from '#dist/relay/elementary/video-untagger.js';
import { audioBody, videoBody } from '#dist/relay/flv/body.js';
import { FlvReader } from '#dist/relay/flv/reader.js';
import { audioCodec, audioKind, KIND, videoKind } from '#dist/relay/flv/tag.js';
import { ffmpeg, ffprobe } from '../../support/ffmpeg.js';
import { splitAdts } from '../../support/relay/adts.js';

interface Tag {
  readonly type: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

async function folder(): Promise<string> {
  const name = await mkdtemp(join(tmpdir(), 'framerail-tags-'));
  onTestFinished(() => rm(name, { recursive: true, force: true }));
  return name;
}

function collector(): {
  readonly tags: Tag[];
  readonly emit: (type: number, timestamp: number, payload: Buffer) => void;
} {
  const tags: Tag[] = [];
  return { tags, emit: (type, timestamp, payload) => tags.push({ type, timestamp, payload: Buffer.from(payload) }) };
}

/** Access units of a bare stream that has delimiters. */
function unitsOf(bytes: Buffer): Uint8Array[][] {
  const units: Uint8Array[][] = [];
  for (const nal of splitAnnexB(bytes)) {
    if (NAL_CODECS.h264.role(nal) === 'delimiter') units.push([]);
    units.at(-1)!.push(nal);
  }
  return units;
}

test('a stream of H.264 becomes the very tags that ffmpeg writes', async () => {
  const name = await folder();
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25', '-frames:v', '60', '-g', '20', '-bf', '2'];
  await ffmpeg(...picture, '-c:v', 'libx264', join(name, 'a.flv'));
  await ffmpeg(
    '-i',
    join(name, 'a.flv'),
    '-c',
    'copy',
    '-bsf:v',
    'h264_mp4toannexb,h264_metadata=aud=insert',
    join(name, 'a.h264'),
  );
  const expected: Tag[] = [];
  const reader = new FlvReader({
    onHeader: () => undefined,
    onTag: (type, timestamp, payload) =>
      type === 9 && expected.push({ type, timestamp, payload: Buffer.from(payload) }),
  });
  reader.push(await readFile(join(name, 'a.flv')));
  const { tags, emit } = collector();
  const tagger = new VideoTagger('h264', emit);
  const shown = expected
    .filter(({ payload }) => payload[1] === 1)
    .map(({ timestamp, payload }) => timestamp + payload.readIntBE(2, 3));
  for (const [i, unit] of unitsOf(await readFile(join(name, 'a.h264'))).entries()) tagger.push(unit, shown[i]!);
  expect(tagger.size).toEqual([320, 180]);
  // ffmpeg ends with a mark of its end; it begins at 80 ms for the pictures that come out of order, and so do we.
  const frames = expected.filter(({ payload }) => payload[1] === 1 || payload[1] === 0);
  expect(tags.map(({ payload }) => payload.toString('hex'))).toEqual(
    frames.map(({ payload }) => payload.toString('hex')),
  );
  expect(tags.slice(1).map(({ timestamp }) => timestamp)).toEqual(frames.slice(1).map(({ timestamp }) => timestamp));
});

test.each(['h264', 'hevc'] as const)(
  'pictures of %s come back as they were, with their sets ahead of keyframes',
  async (codec) => {
    const name = await folder();
    const encoder = codec === 'h264' ? ['libx264'] : ['libx265', '-x265-params', 'log-level=error:keyint=10'];
    await ffmpeg(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=320x180:rate=25',
      '-frames:v',
      '30',
      '-g',
      '10',
      '-c:v',
      ...encoder,
      join(name, `a.${codec}`),
    );
    const bytes = await readFile(join(name, `a.${codec}`));
    const { role, beginsPicture } = NAL_CODECS[codec];
    const pictures: Uint8Array[][] = [];
    let ahead: Uint8Array[] = [];
    for (const nal of splitAnnexB(bytes)) {
      if (role(nal) === 'picture' && beginsPicture(nal)) {
        pictures.push([...ahead, nal]);
        ahead = [];
      } else if (role(nal) === 'picture') pictures.at(-1)!.push(nal);
      else ahead.push(nal);
    }
    const { tags, emit } = collector();
    const tagger = new VideoTagger(codec, emit);
    for (const [i, unit] of pictures.entries()) tagger.push(unit, i * 40, i * 40);
    expect(tags).toHaveLength(31);
    expect(videoKind(tags[0]!.payload)).toBe(KIND.header);
    expect(describePictures(tags[0]!.payload)?.size).toEqual([320, 180]);
    const untagger = new VideoUntagger();
    const back = tags.map(({ payload }) => untagger.read(payload)).filter((unit) => unit !== undefined);
    const plain = (units: readonly Uint8Array[]): string[] => units.map((nal) => Buffer.from(nal).toString('hex'));
    for (const [i, unit] of back.entries()) {
      const wanted = pictures[i]!.filter((nal) => role(nal) !== 'delimiter');
      const others = (nals: readonly Uint8Array[]): string[] => plain(nals.filter((nal) => role(nal) !== 'parameters'));
      expect(others(unit.nals)).toEqual(others(wanted));
      expect(unit.nals.some((nal) => role(nal) === 'parameters')).toBe(unit.keyframe);
    }
    expect(back.filter(({ keyframe }) => keyframe)).toHaveLength(3);
    await expect(
      ffprobe('-show_entries', 'stream=nb_read_frames', '-count_frames', '-f', codec, join(name, `a.${codec}`)),
    ).resolves.toBeDefined();
    expect(splitAnnexB(joinAnnexB(back[0]!.nals)).map((nal) => nal.byteLength)).toEqual(
      back[0]!.nals.map((nal) => nal.byteLength),
    );
  },
);

const SPS = (level: number): Buffer =>
  Buffer.from([0x67, 0x4d, 0x40, level, 0xe8, 0x80, 0x50, 0x17, 0xfc, 0xb8, 0x08, 0x80, 1]);
const PPS = (last: number): Buffer => Buffer.from([0x68, 0xeb, 0xef, last]);
const IDR = Buffer.from([0x65, 0x88, 1, 2, 3]);
const SLICE = Buffer.from([0x41, 0x9a, 1, 2, 3]);

test('parameter sets are announced once, again when they change at a keyframe, and stay with the picture elsewhere', () => {
  const { tags, emit } = collector();
  const tagger = new VideoTagger('h264', emit);
  tagger.parameters([SPS(30), PPS(0x20)]);
  tagger.push([SPS(30), PPS(0x20), IDR], 0, 0);
  tagger.push([SPS(30), PPS(0x20), SLICE], 40, 40);
  tagger.push([SPS(30), PPS(0x21), SLICE], 80, 80);
  tagger.push([SLICE], 120, 120);
  tagger.push([IDR], 160, 160);
  tagger.push([SPS(31), PPS(0x21), IDR], 200, 200);
  const kinds = tags.map(({ payload }) =>
    videoKind(payload) === KIND.header ? 'header' : String(splitLengths(payload.subarray(5), 4).length),
  );
  // The picture at 80 keeps the sets that nobody was told of; the keyframe behind it tells them.
  expect(kinds).toEqual(['header', '1', '1', '3', '1', 'header', '1', 'header', '1']);
});

test('sets without pictures are no picture, and pictures without sets are handed on for the feed to leave out', () => {
  const { tags, emit } = collector();
  const tagger = new VideoTagger('h264', emit);
  tagger.push([SLICE], 0);
  tagger.push([SPS(30)], 40);
  expect(tags).toHaveLength(1);
  tagger.push([PPS(0x20)], 40);
  expect(tags).toHaveLength(2);
  expect(videoKind(tags[1]!.payload)).toBe(KIND.header);
});

test('times go on beyond 2^32 and begin below zero', () => {
  const { tags, emit } = collector();
  const tagger = new VideoTagger('h264', emit);
  tagger.parameters([SPS(30), PPS(0x20)]);
  tagger.push([IDR], 2 ** 32 + 5.4, 2 ** 32 + 5.4);
  tagger.push([IDR], 40, -40);
  expect(tags.slice(1).map(({ timestamp }) => timestamp)).toEqual([5, 2 ** 32 - 40]);
  expect(tags[2]!.payload.readIntBE(2, 3)).toBe(80);
});

test('a clock that wraps goes on, for all its tracks together', () => {
  const clock = new Unwrapper(33);
  const top = 2 ** 33;
  expect(clock.unwrap(top - 3600)).toBe(top - 3600);
  expect(clock.unwrap(0)).toBe(top);
  expect(clock.unwrap(top - 1800)).toBe(top - 1800);
  expect(clock.unwrap(3600)).toBe(top + 3600);
  for (let turn = 2; turn < 70; turn++) {
    // 26.5 hours a turn, in steps of an hour or so.
    for (let step = 0; step < 26; step++) clock.unwrap((step * top) / 26);
    expect(clock.unwrap(0)).toBe(turn * top);
  }
});

test('frames of ADTS are found, joined over cuts, and told by the very configuration that ffmpeg writes', async () => {
  const name = await folder();
  await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440:sample_rate=48000:duration=2',
    '-ac',
    '2',
    '-c:a',
    'aac',
    join(name, 'a.aac'),
  );
  await ffmpeg('-i', join(name, 'a.aac'), '-c', 'copy', join(name, 'a.flv'));
  const bytes = await readFile(join(name, 'a.aac'));
  const expected: Buffer[] = [];
  new FlvReader({
    onHeader: () => undefined,
    // ffmpeg begins with an empty header, as it learns of the configuration with the first frame.
    onTag: (type, _, payload) => type === 8 && payload.byteLength > 2 && expected.push(Buffer.from(payload)),
  }).push(await readFile(join(name, 'a.flv')));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 }), (cuts) => {
      const { tags, emit } = collector();
      const tagger = new AudioTagger('aac', emit);
      let rest = new Uint8Array(0);
      let at = 0;
      let samples = 0;
      for (let i = 0; at < bytes.byteLength; i++) {
        const next = Math.min(bytes.byteLength, at + cuts[i % cuts.length]!);
        const found = splitAdts(Buffer.concat([rest, bytes.subarray(at, next)]));
        for (const frame of found.frames) {
          tagger.configure(frame.config);
          tagger.push(frame.data, (samples * 1000) / frame.sampleRate);
          samples += frame.samples;
        }
        rest = Uint8Array.from(found.rest);
        at = next;
      }
      expect(rest).toHaveLength(0);
      // ffmpeg may write what it has learnt of extensions behind the configuration.
      expect(tags[0]!.payload.subarray(0, 4).toString('hex')).toBe(expected[0]!.subarray(0, 4).toString('hex'));
      expect(tags.slice(1).map(({ payload }) => payload.toString('hex'))).toEqual(
        expected.slice(1).map((payload) => payload.toString('hex')),
      );
    }),
    { numRuns: 10 },
  );
  expect(describeSound(expected[0]!)).toMatchObject({ sampleRate: 48_000, channels: 2 });
  const untagger = new AudioUntagger();
  const back = expected.map((payload) => untagger.read(payload)?.data).filter((data) => data !== undefined);
  expect(Buffer.concat(back).equals(bytes)).toBe(true);
});

test('noise holds no frames of ADTS, and what begins like one is kept until it is whole', () => {
  expect(splitAdts(Buffer.alloc(5000)).rest.byteLength).toBeLessThan(7);
  const begun = splitAdts(Buffer.from([0xff, 0xf1, 0x4c, 0x80, 0x1f, 0xff, 0xfc, 1, 2]));
  expect(begun.frames).toHaveLength(0);
  expect(begun.rest).toHaveLength(9);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => splitAdts(bytes).rest.byteLength <= 8191 + 7));
});

test('configurations of AAC: explicit rates, HE-AAC in front, and what is broken', () => {
  expect(readAacConfig(Buffer.from('1190', 'hex'))).toMatchObject({
    objectType: 2,
    sampleRate: 48_000,
    channels: 2,
    rateIndex: 3,
  });
  // HE-AAC: type 5, 24 kHz, stereo, extension of 48 kHz, core of type 2.
  expect(readAacConfig(Buffer.from('2b11880000', 'hex'))).toMatchObject({
    objectType: 2,
    sampleRate: 24_000,
    channels: 2,
  });
  expect(readAacConfig(Buffer.from('1780bb8010', 'hex'))).toMatchObject({ sampleRate: 96_000 });
  expect(readAacConfig(Buffer.alloc(1))).toBeUndefined();
});

test.each(['aac', 'mp3', 'opus', 'ac3', 'eac3', 'flac', 'pcm_alaw', 'pcm_mulaw'] as readonly AudioCodec[])(
  'a frame of %s is recognised for what it is, and comes back',
  (codec) => {
    const payload = audioFrameTag(codec, Buffer.from([1, 2, 3]));
    expect(audioCodec(payload)).toBe(codec);
    expect(audioKind(payload)).toBe(KIND.media | KIND.key);
    expect(audioBody(payload)).toMatchObject({ codec, packet: 'frame' });
    expect([...audioBody(payload)!.data]).toEqual([1, 2, 3]);
    const header = audioHeaderTag(codec, Buffer.from([0x11, 0x90]));
    if (header === undefined) expect(['mp3', 'ac3', 'eac3', 'pcm_alaw', 'pcm_mulaw']).toContain(codec);
    else {
      expect(audioKind(header)).toBe(KIND.header);
      expect([...audioBody(header)!.data]).toEqual([0x11, 0x90]);
    }
  },
);

test.each(['h264', 'hevc', 'av1', 'vp9'] as const)(
  'a picture of %s is taken apart again, composition and all',
  (codec) => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 }),
        fc.boolean(),
        fc.uint8Array({ minLength: 1, maxLength: 50 }),
        (composition, keyframe, data) => {
          const body = videoBody(videoFrameTag(codec, keyframe, composition, data))!;
          expect(body).toMatchObject({ codec, keyframe, packet: 'frame' });
          expect(body.composition).toBe(codec === 'av1' || codec === 'vp9' ? 0 : composition);
          expect([...body.data]).toEqual([...data]);
        },
      ),
    );
  },
);

test('any bytes are split, joined and read without throwing', () => {
  const nal = fc
    .uint8Array({ minLength: 1, maxLength: 40 })
    .map((bytes) => Uint8Array.of(0x65, ...bytes.map((byte) => byte | 4)));
  fc.assert(
    fc.property(fc.array(nal, { maxLength: 8 }), fc.uint8Array({ maxLength: 300 }), (nals, noise) => {
      expect(splitAnnexB(joinAnnexB(nals)).map((one) => [...one])).toEqual(nals.map((one) => [...one]));
      expect(splitLengths(joinLengths(nals), 4).map((one) => [...one])).toEqual(nals.map((one) => [...one]));
      splitAnnexB(noise);
      splitLengths(noise, 4);
      unescapeNal(noise);
      new VideoUntagger().read(Buffer.from(noise));
      new AudioUntagger().read(Buffer.from(noise));
      describePictures(Buffer.from(noise));
      describeSound(Buffer.from(noise));
    }),
  );
});

test('zeros behind a unit belong to the next start code, which may have three bytes or four', () => {
  expect(splitAnnexB(Buffer.from([9, 0, 0, 1, 0x67, 0, 0, 0, 0, 1, 0x68, 1, 0, 0, 0]))).toEqual([
    Buffer.from([0x67]),
    Buffer.from([0x68, 1]),
  ]);
  expect([...unescapeNal(Buffer.from([1, 0, 0, 3, 1, 0, 0, 3]))]).toEqual([1, 0, 0, 1, 0, 0]);
});
