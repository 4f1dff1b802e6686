// Sound in transport streams: frames that do not go together with PES packets, and headers of every kind.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { audioBody } from '#dist/relay/flv/body.js';
import { TAG } from '#dist/relay/flv/tag.js';
import { opusChannelCode, opusControl, opusHead, opusSamples, readOpusControl } from '#dist/relay/mpegts/opus.js';
import { FRAME_READERS } from '#dist/relay/mpegts/sound-headers.js';
import { ffmpeg } from '../../support/ffmpeg.js';
import type { Tag } from '../../support/relay/tags.js';
import { mediaOf, readTs } from '../../support/relay/ts.js';
import { TsBuilder } from '../../support/relay/ts-builder.js';

const AAC = { type: 0x0f, pid: 0x101 };
const tone = (rate: number, ...args: string[]): Promise<Buffer> =>
  ffmpeg('-f', 'lavfi', '-i', `sine=frequency=440:duration=2:sample_rate=${String(rate)}`, ...args, '-');
const adts = await tone(44_100, '-c:a', 'aac', '-f', 'adts');
const FRAME = (1024 / 44_100) * 90_000;

/** The frames of a stream as its own headers cut it. */
function framesOf(codec: keyof typeof FRAME_READERS, bytes: Buffer): { data: Buffer; samples: number; rate: number }[] {
  const frames: ReturnType<typeof framesOf> = [];
  for (let at = 0; at < bytes.byteLength;) {
    const found = FRAME_READERS[codec](bytes, at, bytes.byteLength, true);
    if (typeof found === 'string') throw new Error(`No frame at ${String(at)}`);
    frames.push({ data: bytes.subarray(at, at + found.bytes), samples: found.samples, rate: found.sampleRate });
    at += found.bytes;
  }
  return frames;
}

const bodies = (tags: readonly Tag[]): string[] =>
  mediaOf(tags, TAG.audio).map(({ payload }) => audioBody(payload)!.data.toString('hex'));

describe('AAC in ADTS', () => {
  const frames = framesOf('aac', adts);
  const bare = frames.map(({ data }) => data.toString('hex', 7));

  test('however PES packets cut it: what begins in one has its time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        const built = new TsBuilder().tables(0, [AAC]);
        let turn = 0;
        for (let at = 0; at < adts.byteLength;) {
          const size = sizes[turn++ % sizes.length] ?? 1;
          // The time of the first frame that begins here; none where none does.
          let begin = 0;
          const first = frames.findIndex(({ data }) => {
            const here = begin >= at && begin < at + size;
            begin += data.byteLength;
            return here;
          });
          built.pes(AAC.pid, adts.subarray(at, at + size), {
            pts: first < 0 ? undefined : Math.round(90_000 + first * FRAME),
            streamId: 0xc0,
          });
          at += size;
        }
        const { tags, warnings } = readTs(built.bytes);
        expect(warnings).toEqual([]);
        expect(bodies(tags)).toEqual(bare);
        for (const [i, { timestamp }] of mediaOf(tags, TAG.audio).entries())
          expect(Math.abs(timestamp - 1000 - (i * FRAME) / 90)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });

  test('each frame comes with its last byte, not with the next one', () => {
    const built = new TsBuilder().tables(0, [AAC]);
    for (const [i, { data }] of frames.entries())
      built.pes(AAC.pid, data, { pts: Math.round(i * FRAME), streamId: 0xc0 });
    const ends: number[] = [];
    for (const [i, packet] of built.packets.entries()) {
      const next = built.packets[i + 1];
      const pid = packet.readUInt16BE(1) & 0x1fff;
      if (pid === AAC.pid && (next === undefined || (next[1]! & 0x40) !== 0)) ends.push(i);
    }
    for (const count of [1, 5, 20]) {
      const until = built.packets.slice(0, ends[count - 1]! + 1);
      // The end of the input, which would hand over what waits, is not told.
      const { tags } = readTs(Buffer.concat([...until, Buffer.alloc(188, 0x47)]));
      expect(bodies(tags)).toEqual(bare.slice(0, count));
    }
  });

  test('that begins amid a frame, and behind bytes that look like one', () => {
    const built = new TsBuilder().tables(0, [AAC]);
    const fake = Buffer.from([0xff, 0xf1, 0x50, 0x80, 0x05, 0x1f, 0xfc]);
    built.pes(AAC.pid, Buffer.concat([frames[0]!.data.subarray(40), fake, adts.subarray(frames[0]!.data.byteLength)]), {
      pts: 90_000,
      streamId: 0xc0,
      length: 0,
    });
    const { tags } = readTs(built.bytes);
    expect(bodies(tags)).toEqual(bare.slice(1));
    expect(mediaOf(tags, TAG.audio)[0]!.timestamp).toBe(1000);
  });

  test('of another rate from a frame on: its header is told again', async () => {
    const other = await tone(48_000, '-ac', '2', '-c:a', 'aac', '-f', 'adts');
    const built = new TsBuilder().tables(0, [AAC]);
    for (const [i, bytes] of [adts, other].entries())
      built.pes(AAC.pid, bytes, { pts: 90_000 * (1 + 2 * i), streamId: 0xc0, length: 0 });
    const { tags } = readTs(built.bytes);
    const headers = tags.filter(({ payload }) => audioBody(payload)?.packet === 'header');
    expect(headers.map(({ payload }) => audioBody(payload)!.data.toString('hex'))).toEqual(['1208', '1190']);
  });
});

test.each([
  ['mp3', 'libmp3lame', 'mp3', 44_100, ['-write_xing', '0', '-id3v2_version', '0', '-b:a', '128k']],
  ['mp3', 'libmp3lame', 'mp3', 22_050, ['-write_xing', '0', '-id3v2_version', '0', '-b:a', '64k']],
  ['mp3', 'libmp3lame', 'mp3', 8000, ['-write_xing', '0', '-id3v2_version', '0', '-b:a', '16k']],
  ['mp3', 'mp2', 'mp2', 48_000, []],
  ['mp3', 'mp2', 'mp2', 22_050, ['-b:a', '64k']],
  ['ac3', 'ac3', 'ac3', 48_000, []],
  ['ac3', 'ac3', 'ac3', 44_100, []],
  ['ac3', 'ac3', 'ac3', 32_000, ['-b:a', '96k']],
  ['eac3', 'eac3', 'eac3', 48_000, []],
  ['eac3', 'eac3', 'eac3', 44_100, ['-b:a', '96k']],
] as const)('headers of %s by %s in %s at %i say where frames end', async (name, codec, format, rate, more) => {
  const bytes = await tone(rate, '-c:a', codec, ...more, '-f', format);
  const frames = framesOf(name, bytes);
  expect(frames.length).toBeGreaterThan(25);
  expect(new Set(frames.map((frame) => frame.rate))).toEqual(new Set([rate]));
  const seconds = frames.reduce((sum, { samples }) => sum + samples, 0) / rate;
  expect(seconds).toBeGreaterThanOrEqual(2);
  expect(seconds).toBeLessThan(2.25);
});

test('frames of E-AC-3 that depend on another travel with it', async () => {
  const frames = framesOf('eac3', await tone(48_000, '-c:a', 'eac3', '-f', 'eac3'));
  // The same frames as dependent ones: the type of the stream lies in the highest bits of the third byte.
  const pairs = frames.map(({ data }) => {
    const dependent = Buffer.from(data);
    dependent[2] = (dependent[2]! & 0x3f) | 0x40;
    return Buffer.concat([data, dependent]);
  });
  const built = new TsBuilder().tables(0, [{ type: 0x87, pid: 0x101 }]);
  for (const [i, data] of pairs.entries()) built.pes(0x101, data, { pts: i * 2880, streamId: 0xbd });
  expect(bodies(readTs(built.bytes).tags)).toEqual(pairs.map((data) => data.toString('hex')));
  const joined = new TsBuilder().tables(0, [{ type: 0x87, pid: 0x101 }]);
  joined.pes(0x101, Buffer.concat(pairs), { pts: 0, streamId: 0xbd, length: 0 });
  expect(bodies(readTs(joined.bytes).tags)).toEqual(pairs.map((data) => data.toString('hex')));
});

test('layer II is told when its first frame comes, and nothing waits for it', async () => {
  const ts = await tone(48_000, '-c:a', 'mp2', '-f', 'mpegts');
  const { tags, hints, warnings } = readTs(ts);
  expect(tags).toEqual([]);
  expect(hints).toEqual([
    { audio: true, video: false },
    { audio: false, video: false },
  ]);
  expect(warnings).toEqual(['Stream 0x100 of the transport stream is left out: it is MPEG audio of layer II.']);
});

describe('Opus', () => {
  test('channels as a number and as a head are the same', () => {
    for (let code = 0; code <= 8; code++) expect(opusChannelCode(opusHead(code)!)).toBe(code);
    expect(opusHead(9)).toBeUndefined();
    expect(opusHead(0x81)).toBeUndefined();
    expect(opusChannelCode(Buffer.alloc(5))).toBeUndefined();
    expect(opusHead(6)!.subarray(18)).toEqual(Buffer.from([1, 4, 2, 0, 4, 1, 2, 3, 5]));
  });

  test('control headers of any length', () => {
    fc.assert(
      fc.property(fc.nat(3000), (bytes) => {
        const control = opusControl(bytes);
        const read = readOpusControl(control, 0, control.byteLength);
        expect(read).toEqual({ header: control.byteLength, packet: bytes });
        expect(readOpusControl(control, 0, control.byteLength - 1)).toBe('short');
      }),
    );
    // Trims of both ends and an extension lie behind the length.
    expect(readOpusControl(Buffer.from([0x7f, 0xfc, 10, 1, 2, 3, 4, 2, 9, 9]), 0, 10)).toEqual({
      header: 10,
      packet: 10,
    });
    expect(readOpusControl(Buffer.from([0x7f, 0x00]), 0, 2)).toBe('none');
  });

  test('how long a packet is', () => {
    const code = (config: number, frames: number): Buffer => Buffer.from([(config << 3) | frames, 3]);
    expect([0, 1, 2, 3].map((config) => opusSamples(code(config, 0)))).toEqual([480, 960, 1920, 2880]);
    expect([12, 13].map((config) => opusSamples(code(config, 1)))).toEqual([960, 1920]);
    expect([16, 17, 18, 19].map((config) => opusSamples(code(config, 3)))).toEqual([360, 720, 1440, 2880]);
  });
});
