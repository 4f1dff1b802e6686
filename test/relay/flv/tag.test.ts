// What the first bytes of tags say: legacy FLV, and Enhanced RTMP v2 with its modifiers and tracks.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  audioCodec,
  audioKind,
  audioTrack,
  KIND,
  needsHeader,
  videoCodec,
  videoKind,
  videoTrack,
} from '#dist/relay/flv/tag.js';

const KEY = KIND.media | KIND.key;
const bytes = (...parts: readonly (number | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from([part]))));

describe('legacy video', () => {
  test.each([
    ['h264', 0x17],
    ['hevc', 0x1c],
    ['av1', 0x1d],
  ])('%s says in its second byte what it is', (codec, first) => {
    expect(videoCodec(bytes(first, 0))).toBe(codec);
    expect(videoKind(bytes(first, 0, 0, 0, 0, 1))).toBe(KIND.header);
    expect(videoKind(bytes(first, 1, 0, 0, 0, 1))).toBe(KEY);
    expect(videoKind(bytes(first + 0x10, 1, 0, 0, 0, 1))).toBe(KIND.media);
    // A picture that no other needs, and the end of the sequence.
    expect(videoKind(bytes(first + 0x20, 1, 0, 0, 0, 1))).toBe(KIND.media);
    expect(videoKind(bytes(first, 2, 0, 0, 0))).toBe(0);
    expect(videoKind(bytes(first))).toBe(0);
  });

  test.each([
    ['h263', 2],
    ['screen', 3],
    ['vp6', 4],
    ['vp6a', 5],
    ['screen2', 6],
  ])('%s has no header', (codec, id) => {
    expect(videoCodec(bytes(0x10 | id))).toBe(codec);
    expect(videoKind(bytes(0x10 | id, 0))).toBe(KEY);
    expect(videoKind(bytes(0x20 | id, 0))).toBe(KIND.media);
    expect(needsHeader(codec)).toBe(false);
  });

  test('an empty header is none', () => {
    expect(videoKind(bytes(0x17, 0, 0, 0, 0))).toBe(0);
    expect(audioKind(bytes(0xaf, 0))).toBe(0);
  });

  test('commands to the player and empty tags are no pictures', () => {
    expect(videoKind(bytes(0x57, 0))).toBe(0);
    expect(videoKind(bytes(0x52, 1))).toBe(0);
    expect(videoKind(Buffer.alloc(0))).toBe(0);
    expect(videoCodec(Buffer.alloc(0))).toBeUndefined();
    expect(videoCodec(bytes(0x1f))).toBeUndefined();
  });
});

describe('legacy audio', () => {
  test('AAC says in its second byte what it is', () => {
    expect(audioCodec(bytes(0xaf, 0))).toBe('aac');
    expect(audioKind(bytes(0xaf, 0, 0x12, 0x10))).toBe(KIND.header);
    expect(audioKind(bytes(0xaf, 1, 0x21))).toBe(KEY);
  });

  test.each([
    ['mp3', 2],
    ['pcm', 3],
    ['pcm_alaw', 7],
    ['pcm_mulaw', 8],
    ['speex', 11],
    ['opus', 13],
    ['mp3', 14],
  ])('%s has no header', (codec, format) => {
    expect(audioCodec(bytes(format << 4))).toBe(codec);
    expect(audioKind(bytes(format << 4, 0))).toBe(KEY);
    expect(needsHeader(codec)).toBe(false);
  });

  test('an empty tag is no sound', () => {
    expect(audioKind(Buffer.alloc(0))).toBe(0);
    expect(audioCodec(bytes(0xc0))).toBeUndefined();
  });
});

describe('enhanced video', () => {
  const cases = [
    ['avc1', 'h264'],
    ['hvc1', 'hevc'],
    ['av01', 'av1'],
    ['vp08', 'vp8'],
    ['vp09', 'vp9'],
    ['vvc1', 'vvc'],
  ] as const;

  test.each(cases)('%s is %s, in every packet', (name, codec) => {
    const packet = (frame: number, type: number): Buffer => bytes(0x80 | (frame << 4) | type, name, 0, 0, 0);
    for (const type of [0, 1, 3]) expect(videoCodec(packet(1, type))).toBe(codec);
    expect(videoKind(packet(1, 0))).toBe(KIND.header);
    expect(videoKind(packet(1, 1))).toBe(KEY);
    expect(videoKind(packet(2, 1))).toBe(KIND.media);
    expect(videoKind(packet(1, 3))).toBe(KEY);
    expect(videoKind(packet(2, 3))).toBe(KIND.media);
    expect(videoKind(packet(1, 2))).toBe(0);
    expect(videoKind(packet(1, 4))).toBe(KIND.about);
    expect(videoKind(packet(5, 1))).toBe(0);
    // Numbers that the specification keeps for later.
    for (let type = 8; type < 16; type += 1) expect(videoKind(packet(1, type))).toBe(0);
  });

  test('AV1 as in MPEG-2 transport streams has a header of its own', () => {
    expect(videoKind(bytes(0x95, 'av01', 0x80))).toBe(KIND.header);
  });

  test('a codec that nobody knows is unknown, and taken to need a header', () => {
    expect(videoCodec(bytes(0x90, 'zzzz'))).toBeUndefined();
    expect(videoCodec(bytes(0x90, 'hv'))).toBeUndefined();
    expect(needsHeader(undefined)).toBe(true);
  });

  test('modifiers lie ahead of the packet: a length, as many bytes, and what comes next', () => {
    // Three bytes of nanoseconds, then coded frames.
    const offset = bytes(0x97, 2, 0, 1, 2, 0x01, 'hvc1', 0, 0, 0);
    expect(videoKind(offset)).toBe(KEY);
    expect(videoCodec(offset)).toBe('hevc');
    const twice = bytes(0xa7, 2, 0, 1, 2, 0x07, 0, 9, 0x13, 'av01');
    expect(videoKind(twice)).toBe(KIND.media);
    expect(videoCodec(twice)).toBe('av1');
    // 256 bytes and more are counted in two bytes.
    const long = bytes(0x97, 255, 1, 0x2b, ...Array.from({ length: 300 }, () => 0xaa), 0x00, 'vvc1');
    expect(videoKind(long)).toBe(KIND.header);
    expect(videoCodec(long)).toBe('vvc');
  });

  test('modifiers that never end say nothing', () => {
    expect(videoKind(bytes(0x97, ...Array.from({ length: 4000 }, (_, i) => (i % 3 === 2 ? 0x07 : 0))))).toBe(0);
    for (let length = 1; length < 5; length += 1)
      expect(videoCodec(bytes(0x97, 2, 0, 0).subarray(0, length))).toBeUndefined();
  });

  test('what ends before its FourCC is nothing, whatever it says', () => {
    const whole = bytes(0x97, 2, 0, 1, 2, 0x06, 0x00, 'avc1');
    for (let to = 0; to < whole.byteLength; to += 1) expect(videoKind(whole.subarray(0, to))).toBe(0);
    expect(videoKind(whole)).toBe(KIND.header);
    for (const first of [0x90, 0x91, 0x93, 0x95, 0x96]) expect(videoKind(bytes(first, 'avc'))).toBe(0);
  });

  test('of many tracks, the packet and the codec of the first are read', () => {
    const one = bytes(0x96, 0x00, 'avc1', 1, 0x64);
    expect([videoKind(one), videoCodec(one)]).toEqual([KIND.header, 'h264']);
    const many = bytes(0x96, 0x11, 'hvc1', 0, 0, 0, 2, 1, 2, 1, 0, 0, 1, 5);
    expect([videoKind(many), videoCodec(many)]).toEqual([KEY, 'hevc']);
    const codecs = bytes(0xa6, 0x23, 'av01', 0, 0, 0, 1, 9, 'vp09', 1, 0, 0, 1, 9);
    expect([videoKind(codecs), videoCodec(codecs)]).toEqual([KIND.media, 'av1']);
    const modified = bytes(0x97, 2, 0, 1, 2, 0x06, 0x01, 'avc1', 0, 0, 0, 0);
    expect([videoKind(modified), videoCodec(modified)]).toEqual([KEY, 'h264']);
    expect([videoTrack(one), videoTrack(many), videoTrack(modified)]).toEqual([1, 0, 0]);
  });

  test('a keyframe of another track than the first is no place to begin', () => {
    const second = bytes(0x96, 0x01, 'avc1', 1, 0, 0, 0);
    expect([videoKind(second), videoTrack(second)]).toEqual([KIND.media, 1]);
    expect(audioTrack(bytes(0x95, 0x01, 'mp4a', 3, 0))).toBe(3);
    expect(audioTrack(bytes(0xaf, 1, 3))).toBe(0);
    expect(videoTrack(bytes(0x96, 0x01, 'avc1'))).toBe(0);
  });
});

describe('enhanced audio', () => {
  test.each([
    ['mp4a', 'aac', true],
    ['Opus', 'opus', false],
    ['fLaC', 'flac', true],
    ['ac-3', 'ac3', false],
    ['ec-3', 'eac3', false],
    ['.mp3', 'mp3', false],
  ])('%s is %s', (name, codec, header) => {
    expect(audioCodec(bytes(0x90, name))).toBe(codec);
    expect(audioKind(bytes(0x90, name))).toBe(KIND.header);
    expect(audioKind(bytes(0x91, name, 1))).toBe(KEY);
    expect(audioKind(bytes(0x92, name))).toBe(0);
    expect(audioKind(bytes(0x94, name, 1, 2, 3))).toBe(KIND.about);
    expect(needsHeader(codec)).toBe(header);
  });

  test('of many tracks, the packet and the codec of the first are read', () => {
    const one = bytes(0x95, 0x00, 'mp4a', 1, 0x12, 0x10);
    expect([audioKind(one), audioCodec(one)]).toEqual([KIND.header, 'aac']);
    const codecs = bytes(0x95, 0x21, 'Opus', 0, 0, 0, 1, 9);
    expect([audioKind(codecs), audioCodec(codecs)]).toEqual([KEY, 'opus']);
    const modified = bytes(0x97, 2, 0, 1, 2, 0x01, 'Opus', 5);
    expect([audioKind(modified), audioCodec(modified)]).toEqual([KEY, 'opus']);
  });
});

test('whatever the bytes are, nothing is thrown, and the answers are bits and names', () => {
  const tag = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    // Enhanced ones with modifiers and tracks are rare among random bytes.
    fc
      .tuple(fc.constantFrom(0x95, 0x96, 0x97, 0xa6, 0xa7), fc.array(fc.constantFrom(0, 1, 2, 5, 6, 7, 0x17, 255)))
      .map(([first, rest]) => Uint8Array.from([first, ...rest])),
  );
  fc.assert(
    fc.property(tag, (payload) => {
      for (const kind of [videoKind(payload), audioKind(payload)])
        expect([0, KIND.header, KIND.media, KEY, KIND.about]).toContain(kind);
      for (const codec of [videoCodec(payload), audioCodec(payload)])
        expect(codec === undefined || /^[a-z][a-z0-9_]+$/.test(codec)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});
