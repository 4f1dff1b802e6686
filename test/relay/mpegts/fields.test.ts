// Interlaced H.264 whose pictures are fields: both of a frame are one tag, however they were packed.
import { describe, expect, test } from 'vitest';
import { splitLengths } from '#dist/relay/elementary/annex-b.js';
import { videoBody } from '#dist/relay/flv/body.js';
import { TAG } from '#dist/relay/flv/tag.js';
import type { Tag } from '../../support/relay/tags.js';
import { mediaOf, readTs, tsReader } from '../../support/relay/ts.js';
import { TsBuilder, type PesOptions } from '../../support/relay/ts-builder.js';
import { DELIMITER } from '../../support/relay/units.js';

const VIDEO = { type: 0x1b, pid: 0x100 };
const START = Buffer.from([0, 0, 0, 1]);
/** Bits of the number of a frame. */
const NUMBER_BITS = 4;

/** Bits as a NAL unit: a number in Exp-Golomb code, or bits as they are. */
function nal(first: number, ...parts: readonly (number | string)[]): Buffer {
  const bits = parts
    .map((part) =>
      typeof part === 'string' ? part : '0'.repeat((part + 1).toString(2).length - 1) + (part + 1).toString(2),
    )
    .join('');
  const padded = `${bits}1`.padEnd(Math.ceil((bits.length + 1) / 8) * 8, '0');
  return Buffer.from([first, ...(padded.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2))]);
}

/** A sequence parameter set of Main profile (H.264 7.3.2.1.1); with fields unless told. */
function sequence(fields = true): Buffer {
  const body = [0, NUMBER_BITS - 4, 0, 0, 1, '0', 19, 8];
  return nal(0x67, '01001101', '00000000', '00011110', ...body, ...(fields ? ['0', '0'] : ['1']), '1', '0', '0');
}

const PICTURE_SET = nal(0x68, 0, 0, '0', '0', 0, 0, 0, '0', '00', 0, 0, 0, '0', '0', '0');

/** The only slice of a field, or of a frame where `bottom` is undefined, with bytes that tell it from others. */
function slice(number: number, bottom: boolean | undefined, key: boolean, mark: number): Buffer {
  const field = bottom === undefined ? '0' : bottom ? '11' : '10';
  const head = nal(key ? 0x65 : 0x41, 0, key ? 7 : 5, 0, number.toString(2).padStart(NUMBER_BITS, '0'), field);
  return Buffer.concat([head, Buffer.alloc(300, 0x11 + (mark % 200))]);
}

interface Field {
  readonly nals: readonly Buffer[];
  readonly frame: number;
}

/** Fields of frames; each tenth frame begins a group. */
function fieldsOf(frames: number): Field[] {
  return Array.from({ length: frames }, (_, frame) => {
    const key = frame % 10 === 0;
    const number = frame % 10;
    const sets = key ? [sequence(), PICTURE_SET] : [];
    return [
      { frame, nals: [...sets, slice(number, false, key, 2 * frame)] },
      { frame, nals: [slice(number, true, false, 2 * frame + 1)] },
    ];
  }).flat();
}

const bytesOf = ({ nals }: Field, ahead: Buffer = DELIMITER): Buffer =>
  Buffer.concat([ahead, ...nals.flatMap((one) => [START, one])]);

const slicesOf = (tags: readonly Tag[]): number[][] =>
  mediaOf(tags, TAG.video).map(({ payload }) =>
    splitLengths(videoBody(payload)!.data, 4)
      .filter((one) => (one[0]! & 31) < 6)
      .map((one) => one.at(-1)! - 0x11),
  );

const fields = fieldsOf(30);
const wanted = Array.from({ length: 30 }, (_, i) => [2 * i, 2 * i + 1]);
const times = wanted.map((_, i) => 1000 + 40 * i);

describe('both fields of a frame are one tag', () => {
  test.each<[string, PesOptions, Buffer]>([
    ['with lengths', {}, DELIMITER],
    ['without lengths', { length: 0 }, DELIMITER],
    ['without delimiters', { length: 0 }, Buffer.from('')],
  ])('a PES packet for each field, %s', (_, options, ahead) => {
    const built = new TsBuilder().tables(0, [VIDEO]);
    for (const [i, field] of fields.entries())
      built.pes(VIDEO.pid, bytesOf(field, ahead), { pts: 90_000 + i * 1800, ...options });
    const { tags, warnings } = readTs(built.bytes);
    expect(slicesOf(tags)).toEqual(wanted);
    expect(mediaOf(tags, TAG.video).map(({ timestamp }) => timestamp)).toEqual(times);
    expect(warnings).toEqual([]);
  });

  test('a PES packet for each frame, which comes with its last byte', () => {
    const built = new TsBuilder().tables(0, [VIDEO]);
    for (let i = 0; i < fields.length; i += 2)
      built.pes(VIDEO.pid, Buffer.concat([bytesOf(fields[i]!), bytesOf(fields[i + 1]!)]), { pts: 90_000 + i * 1800 });
    const { demuxer, tags } = tsReader();
    demuxer.push(built.bytes);
    expect(slicesOf(tags)).toEqual(wanted);
    expect(mediaOf(tags, TAG.video).map(({ timestamp }) => timestamp)).toEqual(times);
  });

  test('a time for each frame alone', () => {
    const built = new TsBuilder().tables(0, [VIDEO]);
    for (const [i, field] of fields.entries())
      built.pes(VIDEO.pid, bytesOf(field), i % 2 === 0 ? { pts: 90_000 + i * 1800 } : {});
    expect(mediaOf(readTs(built.bytes).tags, TAG.video).map(({ timestamp }) => timestamp)).toEqual(times);
  });
});

test('frames and fields in turns, and fields whose other one is missing', () => {
  const sets = [sequence(), PICTURE_SET];
  const pictures = [
    [...sets, slice(0, undefined, true, 0)],
    [slice(1, false, false, 1)],
    [slice(1, true, false, 2)],
    [slice(2, undefined, false, 3)],
    // A top field without its bottom one, a frame, and a pair that begins with the bottom.
    [slice(3, false, false, 4)],
    [slice(4, undefined, false, 5)],
    [slice(5, true, false, 6)],
    [slice(5, false, false, 7)],
    [slice(6, false, false, 8)],
    [slice(7, true, false, 9)],
  ];
  const built = new TsBuilder().tables(0, [VIDEO]);
  for (const [i, nals] of pictures.entries())
    built.pes(VIDEO.pid, bytesOf({ nals, frame: i }), { pts: 90_000 + i * 1800 });
  expect(slicesOf(readTs(built.bytes).tags)).toEqual([[0], [1, 2], [3], [4], [5], [6, 7], [8], [9]]);
});

test('a stream without fields is not kept waiting by numbers that look like theirs', () => {
  const built = new TsBuilder().tables(0, [VIDEO]);
  const first = [sequence(false), PICTURE_SET, slice(0, undefined, true, 0)];
  built.pes(VIDEO.pid, bytesOf({ nals: first, frame: 0 }), { pts: 90_000 });
  for (let i = 1; i < 10; i++)
    built.pes(VIDEO.pid, bytesOf({ nals: [slice(3, i % 2 === 0, false, i)], frame: i }), { pts: 90_000 + i * 1800 });
  const { demuxer, tags } = tsReader();
  demuxer.push(built.bytes);
  expect(slicesOf(tags)).toEqual(Array.from({ length: 10 }, (_, i) => [i]));
});
