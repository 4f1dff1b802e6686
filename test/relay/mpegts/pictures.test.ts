// Pictures in transport streams that are packed in every way there is: each comes once, whole, in time, and at once.
import { describe, expect, test } from 'vitest';
import { splitLengths } from '#dist/relay/elementary/annex-b.js';
import { videoBody } from '#dist/relay/flv/body.js';
import { TAG } from '#dist/relay/flv/tag.js';
import { inFile } from '../../support/relay/in-file.js';
import type { Tag } from '../../support/relay/tags.js';
import { kindOf, mediaOf, PACKET, packetsOf, readTs, tsReader, writeTs, flvTags } from '../../support/relay/ts.js';
import { TsBuilder, type PesOptions } from '../../support/relay/ts-builder.js';
import { DELIMITER, unitsOf, type Unit } from '../../support/relay/units.js';
import { ffmpeg } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { readFileSync } from 'node:fs';

const VIDEO = { type: 0x1b, pid: 0x100 };
const STEP = 3600;
const units = unitsOf(60);

/** The slices of each picture, in their order. */
function slicesOf(tags: readonly Tag[]): string[] {
  return mediaOf(tags, TAG.video).map((tag) =>
    splitLengths(videoBody(tag.payload)!.data, 4)
      .filter((nal) => [1, 5].includes((nal[0] ?? 0) & 31))
      .map((nal) => Buffer.from(nal).toString('hex'))
      .join(),
  );
}

function wanted(list: readonly Unit[] = units): string[] {
  return list.map(({ nals }) =>
    nals
      .filter((nal) => [1, 5].includes((nal[0] ?? 0) & 31))
      .map((nal) => nal.toString('hex'))
      .join(),
  );
}

/** All units, each in a PES packet of its own. */
function each(options: (unit: Unit, i: number) => PesOptions, ahead: Buffer = DELIMITER): TsBuilder {
  const built = new TsBuilder().tables(0, [VIDEO]);
  for (const [i, unit] of units.entries())
    built.pes(VIDEO.pid, Buffer.concat([ahead, unit.bytes]), { pts: 90_000 + i * STEP, ...options(unit, i) });
  return built;
}

/** With a slice for each quarter of a picture. */
async function slicedTags(): Promise<{ ts: Buffer; flv: Tag[] }> {
  const args = [
    '-i',
    fixture('plain.mp4'),
    '-t',
    '2',
    '-an',
    '-c:v',
    'libx264',
    '-g',
    '10',
    '-x264-params',
    'slices=4',
  ];
  const ts = await ffmpeg(...args, '-f', 'mpegts', '-');
  return {
    ts,
    flv: flvTags(await ffmpeg('-f', 'mpegts', '-i', inFile(ts), '-c', 'copy', '-f', 'flv', '-')),
  };
}

describe('a PES packet for each picture', () => {
  test.each<[string, (unit: Unit, i: number) => PesOptions, Buffer]>([
    ['with its length', () => ({}), DELIMITER],
    ['without a length', () => ({ length: 0 }), DELIMITER],
    ['without delimiters', () => ({ length: 0 }), Buffer.from('')],
    ['with zeros ahead', () => ({ length: 0 }), Buffer.alloc(2)],
    ['of packets that are filled up anywhere', () => ({ length: 0, portion: 150 }), DELIMITER],
    ['whose length is cut', ({ bytes }) => ({ length: bytes.byteLength & 0xff }), DELIMITER],
    ['whose length is too long', ({ bytes }) => ({ length: bytes.byteLength + 100 }), DELIMITER],
    ['with a header of its own', () => ({ length: 0, portion: 14 }), DELIMITER],
    ['with a header that is cut', () => ({ portion: 7 }), DELIMITER],
    ['with a header that is cut amid its times', () => ({ portion: 12, length: 0 }), DELIMITER],
  ])('%s', (_, options, ahead) => {
    const { tags, warnings } = readTs(each(options, ahead).bytes);
    expect(slicesOf(tags)).toEqual(wanted());
    expect(warnings).toEqual([]);
    expect(mediaOf(tags, TAG.video).map(({ timestamp }) => timestamp)).toEqual(units.map((__, i) => 1000 + 40 * i));
  });
});

describe('a picture is handed over with its last packet', () => {
  /** For each picture, how many packets of its number came behind its own last one before it was handed over. */
  function delays(ts: Buffer, pid: number): number[] {
    const { demuxer, tags } = tsReader();
    const packets = packetsOf(ts);
    const ends: number[] = [];
    for (const [i, one] of packets.entries())
      if (one.pid === pid && one.starts) {
        const last = packets.slice(0, i).findLastIndex((before) => before.pid === pid);
        if (last >= 0) ends.push(last);
      }
    const found: number[] = [];
    let seen = 0;
    for (const [i, { bytes }] of packets.entries()) {
      demuxer.push(bytes);
      const count = mediaOf(tags, TAG.video).length;
      for (; seen < count; seen++)
        found.push(packets.slice((ends[seen] ?? i) + 1, i + 1).filter((one) => one.pid === pid).length);
    }
    return found;
  }

  test('where its length is told, from the first one on', () => {
    const ours = writeTs(flvTags(readFileSync(fixture('plain.flv'))));
    const found = delays(ours, 0x100);
    expect(found).toHaveLength(100);
    expect(new Set(found)).toEqual(new Set([0]));
  });

  test('where it is not, as soon as two have shown that stuffing ends them', () => {
    const found = delays(readFileSync(fixture('plain.ts')), 0x100);
    expect(found.length).toBeGreaterThanOrEqual(99);
    // One that fills its last packet to the brim is known with the first packet of the next, and so are the first ones.
    expect(Math.max(...found)).toBe(1);
    expect(found.filter((one) => one === 1).length).toBeLessThanOrEqual(5);
  });
});

describe('pictures and PES packets that do not go together', () => {
  test('several pictures in one, with times by the rate of frames', () => {
    const built = new TsBuilder().tables(0, [VIDEO]);
    for (let i = 0; i < units.length; i += 3) {
      const bytes = Buffer.concat(units.slice(i, i + 3).flatMap((unit) => [DELIMITER, unit.bytes]));
      built.pes(VIDEO.pid, bytes, { pts: 90_000 + i * STEP, length: i % 2 === 0 ? 0 : undefined });
    }
    const { tags } = readTs(built.bytes);
    expect(slicesOf(tags)).toEqual(wanted());
    expect(mediaOf(tags, TAG.video).map(({ timestamp }) => timestamp)).toEqual(units.map((_, i) => 1000 + 40 * i));
  });

  test('several pictures without delimiters', () => {
    const built = new TsBuilder().tables(0, [VIDEO]);
    for (let i = 0; i < units.length; i += 4)
      built.pes(VIDEO.pid, Buffer.concat(units.slice(i, i + 4).map(({ bytes }) => bytes)), { pts: i * STEP });
    expect(slicesOf(readTs(built.bytes).tags)).toEqual(wanted());
  });

  test('one PES packet without an end for all pictures: each comes when the next begins', () => {
    const built = new TsBuilder().tables(0, [VIDEO]);
    built.pes(VIDEO.pid, Buffer.concat(units.flatMap(({ bytes }) => [DELIMITER, bytes])), { pts: 0, length: 0 });
    const { demuxer, tags } = tsReader();
    demuxer.push(built.bytes);
    expect(slicesOf(tags)).toEqual(wanted().slice(0, -1));
    demuxer.flush();
    expect(slicesOf(tags)).toEqual(wanted());
  });

  test('a slice in each: the first pictures are torn, and no more once that is known', async () => {
    const { ts, flv } = await slicedTags();
    const whole = readTs(ts);
    expect(slicesOf(whole.tags)).toEqual(slicesOf(flv));
    const built = new TsBuilder().tables(0, [VIDEO]);
    for (const [i, tag] of mediaOf(whole.tags, TAG.video).entries()) {
      const nals = splitLengths(videoBody(tag.payload)!.data, 4);
      const sets = i === 0 ? setsOf(whole.tags) : [];
      let first = true;
      for (const nal of [...sets, ...nals]) {
        const picture = [1, 5].includes((nal[0] ?? 0) & 31);
        const bytes = Buffer.concat([Buffer.from([0, 0, 0, 1]), nal]);
        built.pes(VIDEO.pid, bytes, first ? { pts: 90_000 + i * STEP } : {});
        first &&= !picture && false;
      }
    }
    const { tags } = readTs(built.bytes);
    const came = slicesOf(tags);
    const all = slicesOf(flv);
    // What came are pictures as they were made, but for the very first one.
    const at = all.indexOf(came[1]!);
    expect(at).toBeGreaterThan(0);
    expect(at).toBeLessThanOrEqual(10);
    expect(came.slice(1)).toEqual(all.slice(at));
  });

  test('pictures that go on in the next one', () => {
    const bytes = Buffer.concat(units.flatMap((unit) => [DELIMITER, unit.bytes]));
    const built = new TsBuilder().tables(0, [VIDEO]);
    for (let at = 0, i = 0; at < bytes.byteLength; at += 3000, i++)
      built.pes(VIDEO.pid, bytes.subarray(at, at + 3000), { pts: 90_000 + i * STEP });
    const came = slicesOf(readTs(built.bytes).tags);
    const all = wanted();
    expect(came.length).toBeGreaterThan(20);
    expect(came.slice(-20)).toEqual(all.slice(-20));
  });

  test('packets that are filled up amid pictures, in a stream that did so only at their ends', () => {
    const built = new TsBuilder().tables(0, [VIDEO]);
    for (const [i, unit] of units.entries())
      built.pes(VIDEO.pid, Buffer.concat([DELIMITER, unit.bytes]), {
        pts: 90_000 + i * STEP,
        length: 0,
        // From the seventh on; the second group begins with the 25th.
        portion: i < 7 ? undefined! : 170,
      });
    const came = slicesOf(readTs(built.bytes).tags);
    const all = wanted();
    expect(came.slice(0, 7)).toEqual(all.slice(0, 7));
    // One is torn; what refers to it is left out; from the next keyframe on all is well.
    expect(came.slice(8)).toEqual(all.slice(25));
  });
});

/** The parameter sets of the first header. */
function setsOf(tags: readonly Tag[]): Buffer[] {
  const record = videoBody(tags.find((tag) => kindOf(tag) === 1)!.payload)!.data;
  const spsLength = record.readUInt16BE(6);
  const sps = record.subarray(8, 8 + spsLength);
  const pps = record.subarray(8 + spsLength + 3, 8 + spsLength + 3 + record.readUInt16BE(8 + spsLength + 1));
  return [sps, pps];
}

describe('times', () => {
  test('that are missing for all are counted on; those of decoding are those of showing where some are told', () => {
    const order = [0, 3, 1, 2];
    const built = new TsBuilder().tables(0, [VIDEO]);
    for (const [i, unit] of units.slice(0, 40).entries()) {
      const pts = 90_000 + (Math.floor(i / 4) * 4 + order[i % 4]! + 2) * STEP;
      const dts = 90_000 + i * STEP;
      built.pes(VIDEO.pid, unit.bytes, pts === dts ? { pts } : { pts, dts });
    }
    const { tags } = readTs(built.bytes);
    const came = mediaOf(tags, TAG.video);
    expect(came.map(({ timestamp }) => timestamp)).toEqual(came.map((_, i) => 1000 + 40 * i));
    expect(came.map(({ payload }) => videoBody(payload)!.composition)).toEqual(
      came.map((_, i) => (order[i % 4]! + 2 - (i % 4)) * 40),
    );
  });

  test('of decoding that are never told are worked out', () => {
    const { tags } = readTs(
      each((_, i) => ({ pts: 90_000 + (Math.floor(i / 3) * 3 + [0, 2, 1][i % 3]!) * STEP })).bytes,
    );
    const came = mediaOf(tags, TAG.video);
    expect(came).toHaveLength(units.length);
    for (const [i, { timestamp, payload }] of came.entries()) {
      expect(timestamp + videoBody(payload)!.composition).toBe(1000 + (Math.floor(i / 3) * 3 + [0, 2, 1][i % 3]!) * 40);
      if (i > 3) expect(timestamp).toBeGreaterThanOrEqual(came[i - 1]!.timestamp);
    }
  });

  test('that wrap at 33 bits go on', () => {
    const begin = 2 ** 33 - 10 * STEP;
    const { tags } = readTs(
      each((_, i) => ({ pts: (begin + (i + 2) * STEP) % 2 ** 33, dts: (begin + i * STEP) % 2 ** 33 })).bytes,
    );
    const first = Math.round(begin / 90);
    for (const [i, { timestamp, payload }] of mediaOf(tags, TAG.video).entries()) {
      expect(Math.abs(timestamp - ((first + 40 * i) % 2 ** 32))).toBeLessThanOrEqual(1);
      expect(videoBody(payload)!.composition).toBe(80);
    }
  });
});

test('a picture that is too large is left out, and costs no more than its budget', () => {
  const built = new TsBuilder().tables(0, [VIDEO]);
  const good = (i: number): void => {
    built.pes(VIDEO.pid, units[0]!.bytes, { pts: 90_000 + i * STEP });
  };
  good(0);
  built.pes(VIDEO.pid, Buffer.concat([Buffer.from([0, 0, 1, 0x65, 0x88]), Buffer.alloc(17 << 20, 0x55)]), {
    pts: 93_600,
    length: 0,
  });
  good(2);
  const { demuxer, tags, warnings } = tsReader();
  const { bytes } = built;
  globalThis.gc?.();
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let at = 0; at < bytes.byteLength; at += 100 * PACKET) {
    demuxer.push(bytes.subarray(at, at + 100 * PACKET));
    if (at % (10_000 * PACKET) === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(64 << 20);
  expect(warnings).toContain('A picture that is larger than 16 MiB is left out.');
  expect(slicesOf(tags)).toEqual([wanted()[0], wanted()[0]]);
});
