// Packets to pictures and sound: against packets that are made here after the papers, and those that ffmpeg makes.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { splitAnnexB } from '#dist/relay/elementary/annex-b.js';
import { carriageOf, type Carriage } from '#dist/relay/rtsp/carriage.js';
import { AacDepacketizer } from '#dist/relay/rtsp/payload/aac.js';
import type { Depacketizer } from '#dist/relay/rtsp/payload/depacketizer.js';
import { H264Depacketizer } from '#dist/relay/rtsp/payload/h264.js';
import { HevcDepacketizer } from '#dist/relay/rtsp/payload/hevc.js';
import { LatmDepacketizer, readStreamMuxConfig } from '#dist/relay/rtsp/payload/latm.js';
import { Mp3Depacketizer, readMpegAudio } from '#dist/relay/rtsp/payload/mp3.js';
import { readRtp } from '#dist/relay/rtsp/rtp.js';
import { parseSdp } from '#dist/relay/rtsp/sdp.js';
import { ffmpeg } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { aacFragments, aacPayload, h264Payloads, hevcPayloads, rtp, RtpSender } from '../../support/relay/rtp.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Picture {
  /** In hexadecimal digits, which are told apart at a glance. */
  readonly nals: string[];
  readonly timestamp: number;
}

function feed(depacketizer: Depacketizer, packets: readonly Buffer[]): void {
  for (const bytes of packets) depacketizer.push(readRtp(bytes)!);
}

function hex(nals: readonly Uint8Array[]): string[] {
  return nals.map((nal) => Buffer.from(nal).toString('hex'));
}

function pictures(make: (onPicture: (nals: readonly Uint8Array[], timestamp: number) => void) => Depacketizer): {
  readonly depacketizer: Depacketizer;
  readonly list: Picture[];
} {
  const list: Picture[] = [];
  const depacketizer = make((nals, timestamp) => list.push({ nals: hex(nals), timestamp }));
  return { depacketizer, list };
}

const h264 = () => pictures((onPicture) => new H264Depacketizer(onPicture, () => expect.unreachable()));
const hevc = (numbered: boolean) =>
  pictures((onPicture) => new HevcDepacketizer(numbered, onPicture, () => expect.unreachable()));

/** A NAL unit without start codes within: its bytes are never zero. */
const body = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max, min: 1 });
/** A slice of H.264; the first one of its picture has its highest bit set. */
const slice = (type: number, first: boolean) =>
  body(2, 3000).map((bytes) => {
    bytes[0] = (bytes[0]! & 0x7f) | (first ? 0x80 : 0);
    return Buffer.concat([Buffer.from([0x60 | type]), bytes]);
  });
const h264Unit = (key: boolean) =>
  fc
    .tuple(slice(key ? 5 : 1, true), fc.array(slice(key ? 5 : 1, false), { maxLength: 3 }))
    .map(([first, rest]) => [...(key ? [SPS, PPS] : []), first, ...rest]);
const hevcSlice = (type: number, first: boolean) =>
  body(2, 3000).map((bytes) => {
    bytes[0] = (bytes[0]! & 0x7f) | (first ? 0x80 : 0);
    return Buffer.concat([Buffer.from([type << 1, 1]), bytes]);
  });

const SPS = Buffer.from([0x67, 0x4d, 0x40, 0x1e, 0xe8, 0x80, 0x50, 0x17, 0xfc, 0xb8, 0x08, 0x80]);
const PPS = Buffer.from([0x68, 0xeb, 0xef, 0x20]);
const IDR = Buffer.concat([Buffer.from([0x65, 0x88]), Buffer.alloc(4000, 0x55)]);
const INTER = Buffer.concat([Buffer.from([0x41, 0x9a]), Buffer.alloc(2500, 0x33)]);

test('access units of H.264 come out as they went in, however they were packed, with markers and without', () => {
  fc.assert(
    fc.property(
      fc.array(h264Unit(false), { maxLength: 6 }),
      h264Unit(true),
      fc.integer({ min: 20, max: 1500 }),
      fc.boolean(),
      fc.boolean(),
      (inter, key, size, together, marks) => {
        const units = [key, ...inter];
        const { depacketizer, list } = h264();
        const sender = new RtpSender(96, 1, 65_530);
        for (const [i, nals] of units.entries())
          feed(depacketizer, sender.packets(h264Payloads(nals, { size, together }), i * 3600, marks));
        // Without a marker the next timestamp is the end.
        if (!marks) feed(depacketizer, [rtp({ sequence: sender.sequence, timestamp: 1 }, PPS)]);
        expect(list.map(({ nals }) => nals)).toEqual(units.map(hex));
        expect(list.map(({ timestamp }) => timestamp)).toEqual(units.map((_, i) => i * 3600));
      },
    ),
    { numRuns: 60 },
  );
});

test('access units of HEVC come out as they went in, with numbers of decoding and without', () => {
  const unit = (type: number) =>
    fc.tuple(hevcSlice(type, true), fc.array(hevcSlice(type, false), { maxLength: 3 })).map(([a, b]) => [a, ...b]);
  fc.assert(
    fc.property(
      fc.array(unit(1), { maxLength: 5 }),
      unit(19),
      fc.integer({ min: 24, max: 1500 }),
      fc.boolean(),
      fc.boolean(),
      (inter, key, size, together, numbered) => {
        const units = [key, ...inter];
        const { depacketizer, list } = hevc(numbered);
        const sender = new RtpSender(96, 1);
        for (const [i, nals] of units.entries())
          feed(depacketizer, sender.packets(hevcPayloads(nals, { size, together, numbered }, i * 7), i * 3600));
        expect(list.map(({ nals }) => nals)).toEqual(units.map(hex));
      },
    ),
    { numRuns: 60 },
  );
});

test('what was lost takes its picture along and those that refer to it, until the next keyframe, and never a piece of one', () => {
  const units = Array.from({ length: 20 }, (_, i) => (i % 5 === 0 ? [SPS, PPS, IDR] : [INTER]));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 68 }), fc.integer({ min: 1, max: 4 }), (from, count) => {
      const { depacketizer, list } = h264();
      const sender = new RtpSender(96, 1);
      const packets = units.flatMap((nals, i) => sender.packets(h264Payloads(nals, { size: 900 }), i * 3600));
      for (const [i, bytes] of packets.entries()) {
        if (i >= from && i < from + count) continue;
        if (i === from + count) depacketizer.gap();
        depacketizer.push(readRtp(bytes)!);
      }
      // Parameters that were lost are known from before.
      for (const { nals, timestamp } of list)
        expect(nals.join().endsWith(hex(units[timestamp / 3600]!.slice(-1)).join())).toBe(true);
      // A group is given from its keyframe on, as far as it is whole.
      const given = list.map(({ timestamp }) => timestamp / 3600);
      for (const i of given) if (i % 5 !== 0) expect(given).toContain(i - 1);
      expect(given.length).toBeGreaterThanOrEqual(units.length - 6);
      // Two packets may have been parameters alone.
      if (count > 2) expect(given.length).toBeLessThan(units.length);
    }),
  );
});

test('parameters that are marked, or timed, as if they were pictures go with the picture behind them', () => {
  const { depacketizer, list } = h264();
  const sender = new RtpSender(96, 1);
  feed(depacketizer, sender.packets([SPS], 0));
  feed(depacketizer, sender.packets([PPS], 0));
  feed(depacketizer, sender.packets(h264Payloads([IDR], { size: 900 }), 3600));
  feed(depacketizer, sender.packets([SPS], 3600));
  feed(depacketizer, sender.packets([PPS], 3600));
  feed(depacketizer, sender.packets(h264Payloads([IDR], { size: 900 }), 7200));
  expect(list).toEqual([
    { nals: hex([SPS, PPS, IDR]), timestamp: 3600 },
    { nals: hex([SPS, PPS, IDR]), timestamp: 7200 },
  ]);
});

test('a sender that marks every slice is believed no more: pictures end with their timestamp', () => {
  const { depacketizer, list } = h264();
  const sender = new RtpSender(96, 1);
  const later = Buffer.from([0x65, 0x40, 1, 2, 3]);
  const laterInter = Buffer.from([0x41, 0x40, 1, 2, 3]);
  for (let i = 0; i < 4; i++) {
    feed(depacketizer, sender.packets([IDR.subarray(0, 50)], i * 7200));
    feed(depacketizer, sender.packets([later], i * 7200));
    feed(depacketizer, sender.packets([INTER.subarray(0, 50)], i * 7200 + 3600));
    feed(depacketizer, sender.packets([laterInter], i * 7200 + 3600));
  }
  // The first one was given before it was known; from the next keyframe on all are whole.
  const whole = list.slice(1);
  expect(whole.length).toBeGreaterThanOrEqual(5);
  for (const { nals } of whole) expect(nals).toHaveLength(2);
});

test('a stretch of a byte stream that is sent as one NAL unit is taken apart', () => {
  const { depacketizer, list } = h264();
  const code = Buffer.from([0, 0, 0, 1]);
  const sender = new RtpSender(96, 1);
  const idr = IDR.subarray(0, 100);
  feed(depacketizer, sender.packets([Buffer.concat([SPS, code, PPS, code, idr])], 0));
  feed(depacketizer, sender.packets([Buffer.concat([code, INTER.subarray(0, 100)])], 3600));
  expect(list.map(({ nals }) => nals)).toEqual([[SPS, PPS, idr], [INTER.subarray(0, 100)]].map(hex));
});

test('any bytes at all are survived, and no picture is made of them that would not begin', () => {
  const packet = fc.record({
    payload: fc.uint8Array({ maxLength: 80 }),
    marker: fc.boolean(),
    timestamp: fc.nat(3),
    gap: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 60 }), (packets) => {
      const all: Depacketizer[] = [
        new H264Depacketizer(
          () => undefined,
          () => undefined,
        ),
        new HevcDepacketizer(
          true,
          () => undefined,
          () => undefined,
        ),
        new AacDepacketizer(
          { sizeLength: 13, indexLength: 3, indexDeltaLength: 3, constantSize: undefined, duration: 1024 },
          (frame) => expect(frame.byteLength).toBeGreaterThan(0),
          () => undefined,
        ),
        new LatmDepacketizer(3, 1024, (frame) => expect(frame.byteLength).toBeGreaterThan(0)),
        new Mp3Depacketizer(
          90_000,
          (frame) => expect(frame.byteLength).toBe(readMpegAudio(frame)?.bytes),
          () => undefined,
        ),
      ];
      for (const [i, { payload, marker, timestamp, gap }] of packets.entries())
        for (const one of all) {
          if (gap) one.gap();
          one.push(readRtp(rtp({ sequence: i, timestamp, marker }, payload))!);
        }
      expect(readStreamMuxConfig(packets[0]?.payload ?? Buffer.alloc(0))?.frames ?? 1).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
});

test('pictures of more bytes than any camera makes are dropped, and the next ones are taken', () => {
  const { depacketizer, list } = h264();
  const sender = new RtpSender(96, 1);
  const piece = Buffer.alloc(60_000, 0x55);
  feed(depacketizer, sender.packets([Buffer.concat([Buffer.from([0x7c, 0x85, 0x88]), piece])], 0, false));
  for (let i = 0; i < 400; i++)
    feed(depacketizer, sender.packets([Buffer.concat([Buffer.from([0x7c, 0x05]), piece])], 0, false));
  feed(depacketizer, sender.packets([IDR], 3600));
  expect(list.map(({ timestamp }) => timestamp)).toEqual([3600]);
});

test('interleaved packets are complained of', () => {
  const said: string[] = [];
  const depacketizer = new H264Depacketizer(
    () => expect.unreachable(),
    (what) => said.push(what),
  );
  feed(depacketizer, [rtp({ sequence: 0, timestamp: 0, marker: true }, Buffer.from([25, 0, 1, 0, 2, 5, 5]))]);
  expect(said).toEqual(['is interleaved, which cannot be read']);
});

test('frames of AAC come out with their times: several in a packet, and one in several', () => {
  const list: { readonly frame: Buffer; readonly timestamp: number }[] = [];
  const framing = { sizeLength: 13, indexLength: 3, indexDeltaLength: 3, constantSize: undefined, duration: 1024 };
  const depacketizer = new AacDepacketizer(
    framing,
    (frame, timestamp) => list.push({ frame: Buffer.from(frame), timestamp }),
    () => expect.unreachable(),
  );
  const frames = [200, 13, 1500].map((length, i) => Buffer.alloc(length, i + 1));
  const sender = new RtpSender(97, 1);
  feed(depacketizer, sender.packets([aacPayload(frames)], 2 ** 32 - 1024));
  feed(depacketizer, sender.packets(aacFragments(frames[2]!, 600), 2048));
  expect(list).toEqual([
    { frame: frames[0], timestamp: 2 ** 32 - 1024 },
    { frame: frames[1], timestamp: 0 },
    { frame: frames[2], timestamp: 1024 },
    { frame: frames[2], timestamp: 2048 },
  ]);
  // A piece that is missing takes its frame along, and no other one.
  list.length = 0;
  const [first, , last] = sender.packets(aacFragments(frames[2]!, 600), 3072);
  feed(depacketizer, [first!]);
  depacketizer.gap();
  feed(depacketizer, [last!]);
  feed(depacketizer, sender.packets([aacPayload([frames[0]!])], 4096));
  expect(list).toEqual([{ frame: frames[0], timestamp: 4096 }]);
});

test('frames of AAC that come out of order are refused in a sentence', () => {
  const said: string[] = [];
  const framing = { sizeLength: 13, indexLength: 3, indexDeltaLength: 3, constantSize: undefined, duration: 1024 };
  const depacketizer = new AacDepacketizer(
    framing,
    () => expect.unreachable(),
    (what) => said.push(what),
  );
  const headers = Buffer.from([0, 32, 0, 1 << 3, 0, (1 << 3) | 2]);
  feed(depacketizer, [rtp({ sequence: 0, timestamp: 0 }, Buffer.concat([headers, Buffer.from([1, 2])]))]);
  expect(said).toEqual(['is interleaved, which cannot be read']);
});

/** The packets that ffmpeg sends of one stream of a clip, and how it describes them. */
async function sentByFfmpeg(clip: string, args: readonly string[]): Promise<{ carriage: Carriage; packets: Buffer[] }> {
  const folder = temporaryFolder();
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  onTestFinished(() => {
    socket.close();
  });
  await once(socket, 'listening');
  socket.setRecvBufferSize(4 * 1024 * 1024);
  const packets: Buffer[] = [];
  socket.on('message', (bytes) => packets.push(bytes));
  const [sdp, url] = [join(folder, 'a.sdp'), `rtp://127.0.0.1:${String(socket.address().port)}?pkt_size=1200`];
  // As fast as the clip is long, so that nothing is lost on the way.
  await ffmpeg('-re', '-i', clip, ...args, '-t', '2', '-f', 'rtp', '-sdp_file', sdp, url);
  await new Promise((resolve) => setImmediate(resolve));
  const [media] = parseSdp(readFileSync(sdp, 'utf8')).media;
  const carriage = carriageOf(media!, media!.formats[0]!);
  if (typeof carriage === 'string') throw new Error(carriage);
  // Reports come to the same port where nobody says otherwise.
  return { carriage, packets: packets.filter((bytes) => (bytes[1]! & 0x7f) < 72 || (bytes[1]! & 0x7f) > 79) };
}

/** Access units of a byte stream, each without parameter sets: what belongs to one picture begins with its first slice. */
function picturesOf(bytes: Buffer, isPicture: (nal: Uint8Array) => boolean): string[] {
  return splitAnnexB(bytes)
    .filter(isPicture)
    .map((nal) => Buffer.from(nal).toString('base64'));
}

test.each([
  [
    'h264',
    'plain.mp4',
    ['-c:v', 'copy', '-bsf:v', 'h264_mp4toannexb'],
    (nal: Uint8Array) => [1, 5].includes(nal[0]! & 31),
  ],
  ['hevc', 'hevc-open.mkv', ['-c:v', 'copy', '-bsf:v', 'hevc_mp4toannexb'], (nal: Uint8Array) => nal[0]! >> 1 < 32],
] as const)('what ffmpeg sends of %s comes out as it is in the file', async (codec, clip, copy, isPicture) => {
  const { carriage, packets } = await sentByFfmpeg(fixture(clip), ['-map', '0:v', '-c', 'copy']);
  if (carriage.kind !== 'video') throw new Error('no video');
  expect(carriage.codec).toBe(codec);
  const got: string[] = [];
  const depacketizer = carriage.depacketizer(
    (nals) => got.push(...nals.filter(isPicture).map((nal) => Buffer.from(nal).toString('base64'))),
    () => expect.unreachable(),
  );
  feed(depacketizer, packets);
  const bytes = await ffmpeg('-i', fixture(clip), '-map', '0:v', ...copy, '-t', '2', '-f', codec, '-');
  const expected = picturesOf(bytes, isPicture);
  expect(got.length).toBeGreaterThan(40);
  expect(got).toEqual(expected.slice(0, got.length));
});

test.each([
  ['aac', ['-c:a', 'aac'], ['-f', 'adts']],
  ['aac as LATM', ['-c:a', 'aac', 'latm'], ['-f', 'adts']],
  ['mp3', ['-c:a', 'libmp3lame', '-reservoir', '0'], ['-write_xing', '0', '-id3v2_version', '0', '-f', 'mp3']],
  ['opus', ['-c:a', 'libopus'], ['-f', 'ogg']],
  ['pcm_alaw', ['-c:a', 'pcm_alaw', '-ar', '8000', '-ac', '1'], ['-f', 'alaw']],
  ['pcm_mulaw', ['-c:a', 'pcm_mulaw', '-ar', '8000', '-ac', '1'], ['-f', 'mulaw']],
] as [string, string[], string[]][])(
  'what ffmpeg sends of %s comes out as it is in a file',
  async (name, encode, muxer) => {
    const args = ['-map', '0:a', '-bitexact', '-flags', '+bitexact', ...encode.filter((one) => one !== 'latm')];
    const latm = encode.includes('latm') ? ['-rtpflags', 'latm'] : [];
    const { carriage, packets } = await sentByFfmpeg(fixture('plain.mp4'), [...args, ...latm]);
    if (carriage.kind !== 'audio') throw new Error('no sound');
    expect(carriage.codec).toBe(name.split(' ')[0]);
    const got: Buffer[] = [];
    const times: number[] = [];
    const depacketizer = carriage.depacketizer(
      (frame, timestamp) => {
        got.push(Buffer.from(frame));
        times.push(timestamp);
      },
      () => expect.unreachable(),
    );
    feed(depacketizer, packets);
    const file = await ffmpeg('-i', fixture('plain.mp4'), ...args, '-t', '2', ...muxer, '-');
    expect(got.length).toBeGreaterThan(10);
    // Whatever surrounds frames in a file, they lie there in their order.
    let at = 0;
    for (const [i, frame] of got.entries()) {
      const found = file.indexOf(frame, at);
      expect(found, `frame ${String(i)} of ${String(got.length)}`).toBeGreaterThanOrEqual(0);
      at = found + frame.byteLength;
    }
    const steps = times.slice(1).map((time, i) => (time - times[i]! + 2 ** 32) % 2 ** 32);
    // A byte of G.711 is a sample.
    if (name.startsWith('pcm_')) expect(steps).toEqual(got.slice(0, -1).map(({ byteLength }) => byteLength));
    else expect([...new Set(steps)].sort((a, b) => a - b)).toEqual(STEPS[name]);
  },
);

/** Ticks from one frame to the next; those of MP3 are rounded. */
const STEPS: Readonly<Record<string, number[]>> = {
  aac: [1024],
  'aac as LATM': [1024],
  mp3: [2351, 2352],
  opus: [960],
};
