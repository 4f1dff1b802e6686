// Transport streams that change on their way: streams that come late, go, or become others; times that wrap; clocks that jump.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { audioBody } from '#dist/relay/flv/body.js';
import { TAG } from '#dist/relay/flv/tag.js';
import { PAT_PID, writePat } from '#dist/relay/mpegts/psi.js';
import { ffmpeg } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { sums } from '../../support/relay/compare.js';
import type { Tag } from '../../support/relay/tags.js';
import { flvTags, isSetup, mediaOf, packetsOf, PACKET, readTs, tsReader, writeTs } from '../../support/relay/ts.js';
import { TsBuilder } from '../../support/relay/ts-builder.js';
import { unitsOf } from '../../support/relay/units.js';

const clip = fixture('plain.mp4');
/** A clip as a transport stream whose times begin somewhere. */
const part = (offset: number, ...args: string[]): Promise<Buffer> =>
  ffmpeg('-i', clip, '-c', 'copy', ...args, '-muxdelay', '0', '-output_ts_offset', String(offset), '-f', 'mpegts', '-');

/** Packets of several streams one behind the other, with counters that go on as those of one muxer would. */
function spliced(...parts: readonly Buffer[]): Buffer {
  const counters = new Map<number, number>();
  const all = parts.flatMap((bytes) => packetsOf(bytes));
  for (const { pid, bytes, hasPayload } of all) {
    const last = counters.get(pid) ?? 15;
    const next = hasPayload ? (last + 1) & 15 : last;
    counters.set(pid, next);
    bytes[3] = ((bytes[3] ?? 0) & 0xf0) | next;
  }
  return Buffer.concat(all.map(({ bytes }) => bytes));
}

/** A stream of ffmpeg with another version of its table, so that it differs from one with the same streams. */
const kinds = (tags: readonly Tag[]): string[] => [
  ...new Set(tags.map(({ type, payload }) => (type === TAG.audio ? (audioBody(payload)?.codec ?? '') : 'video'))),
];

describe('two outputs of ffmpeg, one behind the other', () => {
  test('sound comes late', async () => {
    const [alone, both] = [await part(10, '-an'), await part(14)];
    const { tags, hints, warnings } = readTs(spliced(alone, both));
    expect(hints).toEqual([
      { audio: false, video: true },
      { audio: true, video: true },
    ]);
    expect(warnings).toEqual([]);
    expect(mediaOf(tags, TAG.video)).toHaveLength(200);
    expect(sums(mediaOf(tags, TAG.audio))).toEqual(sums(mediaOf(readTs(both).tags, TAG.audio)));
    // The picture goes on as the same stream: its header is not told twice.
    expect(tags.filter((tag) => isSetup(tag) && tag.type === TAG.video)).toHaveLength(1);
  });

  test('video comes late, on a number of its own or on that of the sound', async () => {
    for (const pids of [[], ['-streamid', '0:0x101', '-streamid', '1:0x100']]) {
      const [alone, both] = [await part(10, '-vn'), await part(14, ...pids)];
      const { tags, hints } = readTs(spliced(alone, both));
      expect(hints).toEqual([
        { audio: true, video: false },
        { audio: true, video: true },
      ]);
      expect(sums(mediaOf(tags, TAG.video))).toEqual(sums(mediaOf(readTs(both).tags, TAG.video)));
      expect(mediaOf(tags, TAG.audio).length).toBeGreaterThan(340);
    }
  });

  test('video goes, and sound goes on', async () => {
    const [both, alone] = [await part(10), await part(14, '-vn', '-streamid', '0:0x101')];
    const { tags, hints, warnings } = readTs(spliced(both, alone));
    expect(hints.at(-1)).toEqual({ audio: true, video: false });
    expect(warnings).toEqual([]);
    // The last picture was whole when its stream went.
    expect(mediaOf(tags, TAG.video)).toHaveLength(100);
    expect(mediaOf(tags, TAG.audio).length).toBeGreaterThan(340);
  });

  test('the same number holds another codec', async () => {
    const [aac, ac3] = [await part(10, '-vn'), await part(14, '-vn', '-c:a', 'ac3')];
    const { tags } = readTs(spliced(aac, ac3, aac));
    expect(kinds(tags)).toEqual(['aac', 'ac3']);
    expect(audioBody(tags.at(-1)!.payload)?.codec).toBe('aac');
    expect(tags.filter(isSetup)).toHaveLength(2);
  });

  test('a group that is cut by another stream leaves nothing of it behind', async () => {
    const [first, second] = [await part(10), await part(20, '-c:v', 'libx264', '-g', '25', '-bf', '0')];
    const cut = first.subarray(0, 401 * PACKET);
    const { tags } = readTs(spliced(cut, second));
    const came = sums(mediaOf(tags, TAG.video)).slice(-100);
    expect(came).toEqual(sums(mediaOf(readTs(second).tags, TAG.video)));
  });
});

describe('tables', () => {
  const VIDEO = { type: 0x1b, pid: 0x100 };
  const SOUND = { type: 0x03, pid: 0x101 };
  const units = unitsOf(20);
  const picture = (built: TsBuilder, i: number): TsBuilder =>
    built.pes(VIDEO.pid, units[i]!.bytes, { pts: 90_000 + i * 3600 });

  test('that say the same in a new version change nothing', () => {
    const built = new TsBuilder();
    for (let i = 0; i < 20; i++) picture(built.tables(i, [VIDEO]), i);
    const { tags, hints } = readTs(built.bytes);
    expect(mediaOf(tags, TAG.video)).toHaveLength(20);
    expect(tags.filter(isSetup)).toHaveLength(1);
    expect(new Set(hints.map((hint) => JSON.stringify(hint)))).toEqual(new Set(['{"audio":false,"video":true}']));
  });

  test('that change without a new version are heard, too', () => {
    const built = picture(new TsBuilder().tables(3, [VIDEO]), 0);
    const { hints } = readTs(picture(built.tables(3, [VIDEO, SOUND]), 1).bytes);
    expect(hints.at(-1)).toEqual({ audio: true, video: true });
  });

  test('that are broken, of another program, or not yet valid are not heard', () => {
    const built = picture(new TsBuilder().tables(0, [VIDEO]), 0);
    const wrong = new TsBuilder().tables(1, [SOUND]).packets[1]!;
    wrong[20] = (wrong[20] ?? 0) ^ 1;
    built.packets.push(wrong);
    built.packets.push(new TsBuilder().tables(1, [SOUND], 9).packets[1]!);
    const { hints, tags } = readTs(picture(built, 1).bytes);
    expect(hints).toEqual([{ audio: false, video: true }]);
    expect(mediaOf(tags, TAG.video)).toHaveLength(2);
  });

  test('of more streams than fit into one packet', () => {
    const many = Array.from({ length: 60 }, (_, i) => ({ type: 0x05, pid: 0x200 + i }));
    const { hints, warnings } = readTs(picture(new TsBuilder().tables(0, [...many, VIDEO]), 0).bytes);
    expect(hints).toEqual([{ audio: false, video: true }]);
    expect(warnings).toHaveLength(60);
    expect(warnings[0]).toBe('Stream 0x200 of the transport stream is left out: it is private sections.');
  });

  test('that lead to themselves lead nowhere', () => {
    const built = new TsBuilder().tables(0, [
      { type: 0x1b, pid: 0 },
      { type: 0x1b, pid: 0x30 },
      { type: 0x0f, pid: 0x30 },
    ]);
    built.section(PAT_PID, writePat(1, { number: 1, pid: PAT_PID }));
    const { tags, hints } = readTs(picture(built.tables(1, [VIDEO]), 0).bytes);
    expect(hints.at(-1)).toEqual({ audio: false, video: true });
    expect(mediaOf(tags, TAG.video)).toHaveLength(1);
  });
});

test('scrambled streams are left out with one sentence each, until they are not', () => {
  const units = unitsOf(30);
  const built = new TsBuilder().tables(0, [
    { type: 0x1b, pid: 0x100 },
    { type: 0x0f, pid: 0x101 },
  ]);
  for (const [i, { bytes }] of units.entries())
    built.pes(0x100, bytes, { pts: 90_000 + i * 3600, scrambling: i < 10 ? 2 : 0 });
  const { tags, warnings } = readTs(built.bytes);
  expect(warnings).toEqual(['The video is scrambled and left out.']);
  expect(mediaOf(tags, TAG.video)).toHaveLength(20);
});

describe('losses', () => {
  const ts = readFileSync(fixture('plain.ts'));
  const all = readTs(ts).tags;

  test('a packet of a picture costs its group, one of sound its frames', () => {
    const packets = packetsOf(ts);
    const keys = mediaOf(all, TAG.video).map(({ payload }) => (payload[0] ?? 0) >> 4 === 1);
    const second = keys.indexOf(true, 1);
    // A packet amid the fifth picture.
    const starts = packets.flatMap(({ pid, starts: begins }, i) => (pid === 0x100 && begins ? [i] : []));
    const lost = packets.findIndex(({ pid }, i) => i > starts[4]! && pid === 0x100);
    const { tags, warnings } = readTs(Buffer.concat(packets.filter((_, i) => i !== lost).map(({ bytes }) => bytes)));
    const came = sums(mediaOf(tags, TAG.video));
    const wanted = sums(mediaOf(all, TAG.video));
    expect(came).toEqual([...wanted.slice(0, 4), ...wanted.slice(second)]);
    expect(sums(mediaOf(tags, TAG.audio))).toEqual(sums(mediaOf(all, TAG.audio)));
    expect(warnings).toEqual(['Packets of the video were lost once: pictures are left out up to the next keyframe.']);

    const heard = packets.findIndex(({ pid, starts: begins }, i) => i > 500 && pid === 0x101 && !begins);
    const other = readTs(Buffer.concat(packets.filter((_, i) => i !== heard).map(({ bytes }) => bytes)));
    expect(mediaOf(other.tags, TAG.video)).toHaveLength(100);
    const missing = mediaOf(all, TAG.audio).length - mediaOf(other.tags, TAG.audio).length;
    expect(missing).toBeGreaterThan(0);
    expect(missing).toBeLessThan(20);
    expect(other.warnings).toEqual(['Packets of the sound were lost once.']);
  });

  test('sixteen packets in a row, which counters do not show, are seen where lengths are told', () => {
    const ours = packetsOf(writeTs(flvTags(readFileSync(fixture('plain.flv')))));
    const pictures = ours.flatMap(({ pid }, i) => (pid === 0x100 ? [i] : []));
    // Amid the first picture of the second group, which is large.
    const begin = pictures.findIndex((at, i) => i > 40 && ours[at]!.keyframe) + 3;
    const gone = new Set(pictures.slice(begin, begin + 16));
    expect(pictures.slice(begin, begin + 17).some((at) => ours[at]!.starts)).toBe(false);
    const { tags } = readTs(Buffer.concat(ours.filter((_, i) => !gone.has(i)).map(({ bytes }) => bytes)));
    const wanted = sums(mediaOf(all, TAG.video));
    expect(sums(mediaOf(tags, TAG.video))).toEqual([...wanted.slice(0, 25), ...wanted.slice(50)]);
  });

  test('packets that come twice come once', () => {
    const twice = Buffer.concat(packetsOf(ts).flatMap(({ bytes }) => [bytes, bytes]));
    const { tags, warnings } = readTs(twice);
    expect(tags).toEqual(all);
    expect(warnings).toEqual([]);
  });

  test('what goes on and on is told each time it is ten times as much', () => {
    const { demuxer, warnings } = tsReader();
    const packets = packetsOf(Buffer.concat([ts, ts, ts, ts]));
    for (const [i, { bytes }] of packets.entries()) if (i % 19 !== 0) demuxer.push(bytes);
    expect(demuxer.lost).toBeGreaterThan(100);
    expect(warnings.filter((one) => one.includes('video'))).toHaveLength(3);
  });

  test('a stream without keyframes goes on after a while', () => {
    const [first, ...others] = unitsOf(25);
    const inter = others.filter(({ nals }) => nals.every((nal) => (nal[0]! & 31) === 1));
    const built = new TsBuilder().tables(0, [{ type: 0x1b, pid: 0x100 }]);
    built.pes(0x100, first!.bytes, { pts: 0 });
    for (let i = 1; i < 1000; i++) built.pes(0x100, inter[i % inter.length]!.bytes, { pts: i * 3600 });
    const packets = built.packets.filter((_, i) => i !== 60);
    const came = mediaOf(readTs(Buffer.concat(packets)).tags, TAG.video);
    expect(came.at(-1)!.timestamp).toBe(999 * 40);
    expect(came.length).toBeGreaterThan(600);
    expect(came.length).toBeLessThan(720);
  });

  test('a discontinuity that is announced is none', () => {
    const second = packetsOf(Buffer.from(ts));
    const seen = new Set<number>();
    for (const one of second) {
      if (seen.has(one.pid) || one.pid < 0x100 || one.pid >= 0x1000) continue;
      seen.add(one.pid);
      expect((one.bytes[3] ?? 0) & 0x20).toBe(0x20);
      one.bytes[5] = (one.bytes[5] ?? 0) | 0x80;
    }
    expect(seen.size).toBe(2);
    const { tags, warnings } = readTs(
      Buffer.concat([ts.subarray(0, ts.byteLength), ...second.map(({ bytes }) => bytes)]),
    );
    expect(warnings).toEqual([]);
    expect(mediaOf(tags, TAG.video)).toHaveLength(200);
    expect(sums(tags).slice(-100)).toEqual(sums(all).slice(-100));
  });
});

test('segments that are files of their own count anew, and time goes on', () => {
  const ts = readFileSync(fixture('plain.ts'));
  const { demuxer, tags, warnings } = tsReader();
  for (let i = 0; i < 3; i++) {
    demuxer.push(ts);
    demuxer.flush();
  }
  expect(warnings).toEqual([]);
  expect(mediaOf(tags, TAG.video)).toHaveLength(300);
  expect(tags.filter(isSetup)).toHaveLength(2);
});

test('times that wrap twice, over more than two days, are one line', async () => {
  const wrap = 2 ** 33;
  const units = unitsOf(25);
  const built = new TsBuilder().tables(0, [
    { type: 0x1b, pid: 0x100 },
    { type: 0x0f, pid: 0x101 },
  ]);
  const sound = await ffmpeg('-f', 'lavfi', '-i', 'sine=duration=0.1', '-c:a', 'aac', '-f', 'adts', '-');
  const length = ((sound[3]! & 3) << 11) | (sound[4]! << 3) | (sound[5]! >> 5);
  const frame = sound.subarray(0, length);
  const expected: number[] = [];
  // A picture and a sound each five hours, so that the two wrap one behind the other.
  for (let hour = 0; hour < 58; hour += 5) {
    const at = hour * 3600 * 90_000;
    expected.push(hour * 3_600_000);
    built.pes(0x100, units[0]!.bytes, { pts: (at + 9000) % wrap, dts: at % wrap });
    built.pes(0x101, frame, { pts: (at + wrap - 900) % wrap, streamId: 0xc0 });
  }
  expect(58 * 3600 * 90_000).toBeGreaterThan(2 * wrap);
  const { tags } = readTs(built.bytes);
  expect(mediaOf(tags, TAG.video).map(({ timestamp }) => timestamp)).toEqual(expected);
  const heard = mediaOf(tags, TAG.audio).map(({ timestamp }) => timestamp);
  // The first one is a little earlier than the beginning of time.
  expect(heard).toEqual(expected.map((time) => (time - 10 + 2 ** 32) % 2 ** 32));
});
