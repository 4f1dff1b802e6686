// Tags into transport streams: ffmpeg reads them without complaint, and what went in comes out.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { audioBody, videoBody } from '#dist/relay/flv/body.js';
import { TAG } from '#dist/relay/flv/tag.js';
import { readPat, readPmt } from '#dist/relay/mpegts/psi.js';
import { SectionReader } from '#dist/relay/mpegts/sections.js';
import { ffmpeg } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { sums } from '../../support/relay/compare.js';
import { runFfmpeg } from '../../support/relay/ffmpeg-run.js';
import { inFile } from '../../support/relay/in-file.js';
import type { Tag } from '../../support/relay/tags.js';
import { flvTags, isSetup, kindOf, mediaOf, packetsOf, readTs, tsWriter, writeTs } from '../../support/relay/ts.js';

const plain = flvTags(readFileSync(fixture('plain.flv')));
const setups = plain.filter(isSetup);
const media = plain.filter((tag) => mediaOf([tag], tag.type).length === 1);

/** Sound alone of one codec, by way of the demuxer. */
async function tagsOf(...args: string[]): Promise<Tag[]> {
  return readTs(await ffmpeg(...args, '-f', 'mpegts', '-')).tags;
}

/** What ffmpeg says of a transport stream that it decodes whole; empty where it has nothing to complain of. */
async function complaints(ts: Buffer): Promise<string> {
  const { code, said } = await runFfmpeg('-xerror', '-i', inFile(ts), '-map', '0', '-f', 'null', '-').ended;
  return `${code === 0 ? '' : `exit ${String(code)} `}${said}`;
}

/** Every packet of a number counts on from the one before it. */
function expectCounted(ts: Buffer): void {
  const last = new Map<number, number>();
  for (const { pid, counter, hasPayload, bytes } of packetsOf(ts)) {
    expect(bytes[0]).toBe(0x47);
    const before = last.get(pid);
    if (before !== undefined) expect(counter).toBe(hasPayload ? (before + 1) & 15 : before);
    last.set(pid, counter);
  }
}

/** Tables of a transport stream, in their order. */
function tablesOf(ts: Buffer): { readonly at: number; readonly version: number; readonly streams: string[] }[] {
  const found: ReturnType<typeof tablesOf> = [];
  let at = 0;
  const reader = new SectionReader((section) => {
    const table = readPmt(section);
    const streams = table?.streams.map(({ type, pid }) => `${type.toString(16)}@${pid.toString(16)}`) ?? [];
    found.push({ at, version: ((section[5] ?? 0) >> 1) & 31, streams });
  });
  for (const { pid, bytes, starts } of packetsOf(ts)) {
    if (pid === 0x1000) reader.push(bytes.subarray(4), starts);
    at += 1;
  }
  return found;
}

describe('what went in comes out of our own demuxer and of ffmpeg', () => {
  test('H.264 and AAC', async () => {
    const ts = writeTs(plain);
    expectCounted(ts);
    const { tags, warnings } = readTs(ts);
    expect(warnings).toEqual([]);
    for (const type of [TAG.video, TAG.audio]) {
      expect(sums(mediaOf(tags, type))).toEqual(sums(mediaOf(plain, type)));
      // Sound is put where its samples are, which tags know to a millisecond.
      for (const [i, { timestamp }] of mediaOf(tags, type).entries())
        expect(Math.abs(timestamp - 1000 - mediaOf(plain, type)[i]!.timestamp)).toBeLessThanOrEqual(1);
    }
    expect(await complaints(ts)).toBe('');
  });

  test('to FLV again by ffmpeg: the same payloads at the same distances', async () => {
    const again = flvTags(await ffmpeg('-i', inFile(writeTs(plain)), '-c', 'copy', '-f', 'flv', '-'));
    // ffmpeg keeps parameter sets and delimiters within its pictures: those are left out on both sides.
    const bare = (tag: Tag): string => {
      const { data, composition } = videoBody(tag.payload)!;
      const nals: string[] = [];
      for (let at = 0; at < data.byteLength;) {
        const length = data.readUInt32BE(at);
        const type = (data[at + 4] ?? 0) & 31;
        if (![7, 8, 9].includes(type)) nals.push(data.toString('hex', at + 4, at + 4 + length));
        at += 4 + length;
      }
      return `${String(composition)} ${nals.join()}`;
    };
    expect(mediaOf(again, TAG.video).map(bare)).toEqual(mediaOf(plain, TAG.video).map(bare));
    expect(sums(mediaOf(again, TAG.audio))).toEqual(sums(mediaOf(plain, TAG.audio)));
    const distance = (tags: readonly Tag[]): number =>
      mediaOf(tags, TAG.audio)[20]!.timestamp - mediaOf(tags, TAG.video)[20]!.timestamp;
    expect(Math.abs(distance(again) - distance(plain))).toBeLessThanOrEqual(1);
  });

  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=2:sample_rate=48000'];
  test.each([
    ['HEVC', ['-i', fixture('hevc10.mp4'), '-c', 'copy'], ['24@100']],
    ['MP3', [...tone, '-ac', '2', '-c:a', 'libmp3lame'], ['3@100']],
    ['AC-3', [...tone, '-c:a', 'ac3'], ['81@100']],
    ['E-AC-3', [...tone, '-c:a', 'eac3'], ['87@100']],
    ['Opus', [...tone, '-ac', '2', '-c:a', 'libopus'], ['6@100']],
    ['Opus of six channels', [...tone, '-ac', '6', '-c:a', 'libopus', '-mapping_family', '1'], ['6@100']],
  ])('%s', async (_, args, streams) => {
    const tags = await tagsOf(...args);
    expect(tags.length).toBeGreaterThan(40);
    const ts = writeTs(tags);
    expectCounted(ts);
    const again = readTs(ts);
    expect(again.warnings).toEqual([]);
    expect(sums(again.tags)).toEqual(sums(tags));
    expect(new Set(tablesOf(ts).flatMap((table) => table.streams))).toEqual(new Set(streams));
    for (const [i, { timestamp }] of again.tags.entries()) {
      const apart = tags[i]!.timestamp - tags[0]!.timestamp;
      expect(Math.abs(timestamp - again.tags[0]!.timestamp - apart)).toBeLessThanOrEqual(1);
    }
    expect(await complaints(ts)).toBe('');
  });
});

describe('the clock', () => {
  /** The clock, and each time of decoding with the clock when it was written. */
  function clocked(ts: Buffer): { clocks: number[]; spare: number[]; first: number } {
    const clocks: number[] = [];
    const spare: number[] = [];
    for (const { pcr, starts, pid, bytes } of packetsOf(ts)) {
      if (pcr !== undefined) clocks.push(pcr);
      if (!starts || pid < 0x100 || pid >= 0x1000) continue;
      const field = ((bytes[3] ?? 0) & 0x20) === 0 ? 0 : 1 + (bytes[4] ?? 0);
      const at = 4 + field;
      const both = (bytes[at + 7] ?? 0) >> 6 === 3;
      const time = at + 9 + (both ? 5 : 0);
      const dts =
        (((bytes[time] ?? 0) >> 1) & 7) * 2 ** 30 +
        (bytes.readUInt16BE(time + 1) >> 1) * 2 ** 15 +
        (bytes.readUInt16BE(time + 3) >> 1);
      spare.push(dts - (clocks.at(-1) ?? dts));
    }
    return { clocks, spare, first: clocks[0] ?? NaN };
  }

  test('is told at least each 100 ms, never goes back, and never passes a time of decoding', () => {
    const { clocks, spare } = clocked(writeTs(plain));
    for (const [i, clock] of clocks.entries()) {
      const step = clock - (clocks[i - 1] ?? clock);
      expect(step).toBeGreaterThanOrEqual(0);
      expect(step).toBeLessThanOrEqual(100 * 90);
    }
    expect(Math.min(...spare)).toBeGreaterThanOrEqual(0);
    // Nobody waits longer than that for what is here already.
    expect(Math.max(...spare)).toBeLessThanOrEqual(200 * 90);
  });

  test('is told by packets of its own where pictures are rare, and by sound where there are none', () => {
    const slow = media.filter((tag, i) => tag.type === TAG.audio || i < 3);
    const { clocks } = clocked(writeTs([...setups, ...slow]));
    expect(clocks.length).toBeGreaterThan(30);
    const sound = [...setups, ...media].filter(({ type }) => type === TAG.audio);
    const alone = clocked(writeTs(sound));
    for (const [i, clock] of alone.clocks.entries())
      if (i > 0) expect(clock - alone.clocks[i - 1]!).toBeLessThanOrEqual(100 * 90);
    expect(Math.min(...alone.spare)).toBeGreaterThanOrEqual(0);
  });

  test('makes room for sound that comes late, once', () => {
    const late = [...setups, ...media]
      .map((tag, i) => ({ tag, at: tag.timestamp + (tag.type === TAG.audio && !isSetup(tag) ? 400 : 0), i }))
      .sort((a, b) => a.at - b.at || a.i - b.i)
      .map(({ tag }) => tag);
    const ts = writeTs(late);
    const { clocks, spare } = clocked(ts);
    expect([...clocks].sort((a, b) => a - b)).toEqual(clocks);
    // The clock cannot go back: what came before it stood still long enough is late, and nothing behind that.
    const behind = spare.flatMap((ticks, i) => (ticks < 0 ? [i] : []));
    expect(behind.length).toBeGreaterThan(0);
    expect(behind.length).toBeLessThan(10);
    expect(behind.at(-1)! - behind[0]!).toBeLessThan(30);
    expect(Math.max(...spare)).toBeLessThanOrEqual(600 * 90);
    expect(sums(readTs(ts).tags.filter((tag) => !isSetup(tag) && tag.type === TAG.audio))).toEqual(
      sums(mediaOf(plain, TAG.audio)),
    );
  });
});

describe('tables', () => {
  test('lie ahead of every keyframe, and no further apart than 150 ms', () => {
    const ts = writeTs(plain);
    const packets = packetsOf(ts);
    const keyframes = packets.flatMap(({ keyframe }, i) => (keyframe ? [i] : []));
    expect(keyframes).toHaveLength(4);
    for (const at of keyframes) {
      expect(packets[at - 1]).toMatchObject({ pid: 0x1000, starts: true });
      expect(packets[at - 2]).toMatchObject({ pid: 0, starts: true });
    }
    let clock = 0;
    let last: number | undefined;
    for (const { pcr, pid } of packets) {
      clock = pcr ?? clock;
      if (pid !== 0) continue;
      if (last !== undefined && last > 0) expect(clock - last).toBeLessThanOrEqual(150 * 90);
      last = clock;
    }
    const [first] = packets;
    const sections: Buffer[] = [];
    new SectionReader((section) => sections.push(Buffer.from(section))).push(first!.bytes.subarray(4), true);
    expect(readPat(sections[0]!)?.programs).toEqual([{ number: 1, pid: 0x1000 }]);
  });

  test('change their version when a stream comes late, on the same numbers', async () => {
    const [video, audio] = [TAG.video, TAG.audio].map((type) => setups.find((tag) => tag.type === type)!);
    const half = media[Math.floor(media.length / 2)]!.timestamp;
    const early = media.filter((tag) => tag.type === TAG.video && tag.timestamp < half);
    const rest = media.filter(({ timestamp }) => timestamp >= half);
    const ts = writeTs([video!, ...early, audio!, ...rest]);
    expectCounted(ts);
    const versions = tablesOf(ts).filter(({ version }, i, all) => version !== all[i - 1]?.version);
    expect(versions.map(({ version, streams }) => [version, ...streams])).toEqual([
      [0, '1b@100'],
      [1, '1b@100', 'f@101'],
    ]);
    const { tags, hints, warnings } = readTs(ts);
    expect(warnings).toEqual([]);
    expect(hints).toEqual([
      { audio: false, video: true },
      { audio: true, video: true },
    ]);
    expect(sums(mediaOf(tags, TAG.video))).toEqual(sums(mediaOf(plain, TAG.video)));
    expect(sums(mediaOf(tags, TAG.audio))).toEqual(sums(mediaOf(rest, TAG.audio)));
    expect(await complaints(ts)).toBe('');
  });

  test('give a new codec a number of its own', async () => {
    const opus = await tagsOf('-f', 'lavfi', '-i', 'sine=duration=1:sample_rate=48000', '-c:a', 'libopus');
    const begin = opus[0]!.timestamp - 4000;
    const later = opus.map((tag) => ({ ...tag, timestamp: tag.timestamp - begin }));
    const ts = writeTs([...plain, ...later]);
    expect(tablesOf(ts).at(-1)).toMatchObject({ version: 1, streams: ['1b@100', '6@102'] });
    const sound = readTs(ts).tags.filter(({ type }) => type === TAG.audio);
    expect(sums(sound).slice(-opus.length)).toEqual(sums(opus));
  });
});

test('sound travels several frames at a time, and none of them waits for long', () => {
  const { muxer, packets, push } = tsWriter();
  push(...setups);
  let waits: number | undefined;
  for (const tag of media) {
    const before = packets.length;
    push(tag);
    const sounds = packets
      .slice(before)
      .flatMap((some) => packetsOf(some))
      .some(({ pid }) => pid === 0x101);
    if (sounds) waits = undefined;
    else if (tag.type === TAG.audio) waits ??= tag.timestamp;
    if (waits !== undefined) expect(tag.timestamp - waits).toBeLessThanOrEqual(60);
  }
  muxer.flush();
  const pes = packetsOf(Buffer.concat(packets)).filter(({ pid, starts }) => pid === 0x101 && starts);
  const frames = mediaOf(plain, TAG.audio).length;
  expect(pes.length).toBeLessThan(frames / 2);
  expect(pes.length).toBeGreaterThan(frames / 5);
});

test('what cannot be carried is said once, and the rest goes on', () => {
  const { packets, warnings, push } = tsWriter();
  const av1 = { type: TAG.video, timestamp: 0, payload: Buffer.from([0x90, ...Buffer.from('av01'), 0x81, 0, 0, 0]) };
  const speex = { type: TAG.audio, timestamp: 0, payload: Buffer.from([0xb2, 1, 2, 3]) };
  push(av1, av1, speex, speex, ...plain);
  expect(warnings).toEqual([
    'MPEG-TS cannot carry the video and it is left out: av1.',
    'MPEG-TS cannot carry the sound and it is left out: speex.',
  ]);
  expect(sums(mediaOf(readTs(Buffer.concat(packets)).tags, TAG.video))).toEqual(sums(mediaOf(plain, TAG.video)));
});

test('AAC that ADTS cannot frame is left out, and said', () => {
  const { packets, warnings, push } = tsWriter();
  // Object type 42, as xHE-AAC has it.
  const config = Buffer.from([0xaf, 0, 0xf9, 0x46, 0x40]);
  const sound = mediaOf(plain, TAG.audio)[0]!;
  push({ type: TAG.audio, timestamp: 0, payload: config }, sound, sound);
  expect(warnings).toEqual(['This AAC cannot be framed for MPEG-TS and is left out.']);
  expect(packets).toEqual([]);
});

test('times go on beyond 33 bits, twice, and nobody notices', () => {
  const wrap = 2 ** 33 / 90;
  const long: Tag[] = [];
  // Four hours between groups: a step that stays below half of the range.
  for (let hour = 0; hour < 60; hour += 4)
    for (const tag of media.slice(0, 60))
      long.push({ ...tag, timestamp: Math.round(hour * 3_600_000 + tag.timestamp) });
  expect(long.at(-1)!.timestamp).toBeGreaterThan(2 * wrap);
  const { tags, warnings } = readTs(writeTs([...setups, ...long]));
  expect(warnings).toEqual([]);
  const [ours, theirs] = [tags.filter((tag) => !isSetup(tag)), long];
  expect(ours).toHaveLength(theirs.length);
  for (const type of [TAG.video, TAG.audio]) {
    const came = ours.filter((tag) => tag.type === type);
    const wanted = theirs.filter((tag) => tag.type === type);
    for (const [i, { timestamp, payload }] of came.entries()) {
      expect(Math.abs(timestamp - wanted[i]!.timestamp - 1000)).toBeLessThanOrEqual(1);
      expect(payload.equals(wanted[i]!.payload)).toBe(true);
    }
  }
});

test('pictures that claim to be shown before they are decoded are shown when they should be', () => {
  const early = media.slice(0, 20).map((tag) => {
    if (tag.type !== TAG.video) return tag;
    const payload = Buffer.from(tag.payload);
    payload.writeIntBE(-40, 2, 3);
    return { ...tag, payload };
  });
  const { tags } = readTs(writeTs([...setups, ...early]));
  const shown = (all: readonly Tag[]): number[] =>
    mediaOf(all, TAG.video).map(({ timestamp, payload }) => timestamp + videoBody(payload)!.composition);
  expect(shown(tags).map((time) => time - 1000)).toEqual(shown(early));
});

test('setups are told apart from media by their payloads, and empty tags are nobody’s', () => {
  const { packets, warnings, push, muxer } = tsWriter();
  for (const type of [TAG.video, TAG.audio, TAG.data]) push({ type, timestamp: 0, payload: Buffer.alloc(0) });
  muxer.setup(TAG.video, Buffer.alloc(0));
  muxer.media(TAG.audio, 4, 0, Buffer.of(0xaf));
  expect(packets).toEqual([]);
  expect(warnings.length).toBeLessThanOrEqual(2);
  expect(kindOf(setups[0]!)).toBeGreaterThan(0);
  expect(audioBody(mediaOf(plain, TAG.audio)[0]!.payload)?.codec).toBe('aac');
});
