// Parameter sets: what they say, against ffprobe, and the records made of them, against those that ffmpeg writes.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { splitAnnexB } from '#dist/relay/elementary/annex-b.js';
import { DecodeTimes } from '#dist/relay/elementary/decode-times.js';
import { NAL_CODECS, type NalCodecName } from '#dist/relay/elementary/nal-codecs.js';
import { ffmpeg, ffprobe } from '../../support/ffmpeg.js';
import { some } from '../../support/long.js';

const X265 = ['-c:v', 'libx265', '-preset', 'superfast', '-x265-params'];
const CLIPS: readonly (readonly [name: string, codec: NalCodecName, args: readonly string[], size: string])[] = [
  ['three pictures out of order', 'h264', ['-bf', '3', '-b_strategy', '0'], '320x180'],
  ['a pyramid', 'h264', ['-bf', '5', '-x264-params', 'b-pyramid=normal:b-adapt=0'], '322x182'],
  ['fields', 'h264', ['-flags', '+ilme+ildct', '-x264-params', 'tff=1'], '320x180'],
  ['Baseline', 'h264', ['-profile:v', 'baseline'], '640x358'],
  ['4:4:4', 'h264', ['-pix_fmt', 'yuv444p'], '322x182'],
  ['ten bits', 'h264', ['-pix_fmt', 'yuv420p10le'], '322x182'],
  [
    'a bit rate that is kept, with messages of it',
    'h264',
    ['-x264-params', 'nal-hrd=cbr', '-b:v', '1M', '-maxrate', '1M', '-bufsize', '1M'],
    '320x180',
  ],
  ['wide pixels', 'h264', ['-vf', 'setsar=64/45'], '320x180'],
  ['matrices of its own', 'h264', ['-x264-params', 'cqm=jvt'], '320x180'],
  ['HEVC', 'hevc', [...X265, 'log-level=error'], '322x182'],
  ['HEVC, ten bits', 'hevc', ['-pix_fmt', 'yuv420p10le', ...X265, 'log-level=error:bframes=8'], '328x190'],
  ['HEVC in layers of time', 'hevc', [...X265, 'log-level=error:temporal-layers=3:bframes=7'], '320x180'],
];

test.each(some(2, CLIPS))('%s', async (_, name, args, size) => {
  const folder = await mkdtemp(join(tmpdir(), 'framerail-nal-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const bare = join(folder, `a.${name}`);
  const boxed = join(folder, 'a.mp4');
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=30000/1001`, '-frames:v', '24'];
  await ffmpeg(...picture, ...args, bare);
  await ffmpeg(...picture, ...args, boxed);
  const codec = NAL_CODECS[name];
  const nals = splitAnnexB(await readFile(bare));
  const sets = [
    ...new Map(nals.filter((nal) => codec.role(nal) === 'parameters').map((nal) => [codec.setName(nal), nal])).values(),
  ];
  expect(sets).toHaveLength(name === 'h264' ? 2 : 3);

  const { streams, packets } = await ffprobe('-show_streams', '-show_packets', boxed);
  const [stream] = streams as { width: number; height: number; has_b_frames: number; time_base: string }[];
  const facts = codec.parameters(sets);
  expect(facts?.size).toEqual([stream!.width, stream!.height]);
  expect(facts?.reorder).toBe(stream!.has_b_frames);
  if (name === 'h264') expect(facts?.frameRate).toBeCloseTo(30_000 / 1001, 6);

  // The record lies in the MP4 as it is; for HEVC, ours says of each kind of set that it is complete.
  const record = codec.record(sets)!;
  expect(recordOf(await readFile(boxed), name).toString('hex')).toBe(comparable(record, name).toString('hex'));
  expect(
    codec
      .readRecord(record)
      ?.sets.map((set) => Buffer.from(set).toString('hex'))
      .sort(),
  ).toEqual(sets.map((set) => Buffer.from(set).toString('hex')).sort());

  // Times of decoding, of nothing but the times of showing.
  const tick = Number(stream!.time_base.split('/')[1]) / 1000;
  const times = new DecodeTimes();
  times.describe(facts?.reorder, 30_000 / 1001);
  for (const { pts, dts, flags } of packets as { pts: number; dts: number; flags: string }[]) {
    expect(times.next(pts / tick)).toBeCloseTo(dts / tick, 0);
    expect(flags).toBeDefined();
  }
  const keyframes = (packets as { flags: string }[]).filter(({ flags }) => flags.startsWith('K')).length;
  expect(units(nals, name).filter((unit) => codec.isKeyframe(unit))).toHaveLength(keyframes);
  expect(units(nals, name)).toHaveLength(24);
});

/** The box that holds the record of an MP4. */
function recordOf(mp4: Buffer, name: NalCodecName): Buffer {
  const at = mp4.indexOf(name === 'h264' ? 'avcC' : 'hvcC');
  return comparable(Buffer.from(mp4.subarray(at + 4, at - 4 + mp4.readUInt32BE(at - 4))), name);
}

/** Without the bit that says whether sets are complete, and without the messages that x265 leaves beside the sets. */
function comparable(record: Buffer, name: NalCodecName): Buffer {
  if (name === 'h264') return record;
  const { sets } = NAL_CODECS.hevc.readRecord(record)!;
  return Buffer.concat([record.subarray(0, 22), ...sets]);
}

function units(nals: readonly Uint8Array[], name: NalCodecName): Uint8Array[][] {
  const all: Uint8Array[][] = [];
  let ahead: Uint8Array[] = [];
  for (const nal of nals) {
    const picture = NAL_CODECS[name].role(nal) === 'picture';
    if (picture && NAL_CODECS[name].beginsPicture(nal)) {
      // Fields of one frame are two pictures in one access unit; x264 writes frames with their fields interleaved.
      all.push([...ahead, nal]);
      ahead = [];
    } else if (picture) all.at(-1)!.push(nal);
    else ahead.push(nal);
  }
  return all;
}

test('damaged sets and records are read as far as they go, and never throw', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom('h264', 'hevc'),
      fc.constantFrom(0x67, 0x68, 0x42, 0x44, 0x06),
      (bytes, name, first) => {
        const codec = NAL_CODECS[name];
        const nal = Uint8Array.of(first, ...bytes);
        codec.role(nal);
        codec.setName(nal);
        codec.isKeyframe([nal]);
        codec.parameters([nal]);
        codec.record([nal, nal, nal]);
        codec.readRecord(nal);
      },
    ),
  );
});

test('times of decoding never go back and, once the depth is known, never lie behind those of showing', () => {
  const order = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 5, maxLength: 60 });
  fc.assert(
    fc.property(order, fc.boolean(), (groups, known) => {
      // Groups of one picture that is shown last and decoded first, and those that lie ahead of it.
      let shown = 0;
      const rest = groups.flatMap((between) => {
        const first = shown + (between + 1) * 40;
        const earlier = Array.from({ length: between }, (_, i) => shown + (i + 1) * 40);
        shown = first;
        return [first, ...earlier];
      });
      const pts = [0, ...rest];
      const times = new DecodeTimes();
      const depth = groups.some((between) => between > 0) ? 1 : 0;
      times.describe(known ? depth : undefined, 25);
      let last = Number.NEGATIVE_INFINITY;
      let learnt = known;
      for (const time of pts) {
        const dts = times.next(time);
        expect(dts).toBeGreaterThanOrEqual(last);
        if (learnt) expect(dts).toBeLessThanOrEqual(time);
        if (dts > time) learnt = false;
        last = dts;
      }
    }),
  );
});

test('a leap of time begins anew', () => {
  const times = new DecodeTimes();
  times.describe(1, 25);
  expect([0, 120, 40, 80].map((pts) => times.next(pts))).toEqual([-40, 0, 40, 80]);
  expect([50_000, 50_120, 50_040].map((pts) => times.next(pts))).toEqual([49_960, 50_000, 50_040]);
  expect([0, 80, 40].map((pts) => times.next(pts))).toEqual([-40, 0, 40]);
});
