// Which bytes of an MP4 are one sample: against ffprobe for real files, and for broken ones nothing but an answer.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Mp4Layout, type View } from '#dist/net/remote/mp4/layout.js';
import { ReadPlan } from '#dist/net/remote/read-plan.js';
import { Extents } from '#dist/net/remote/extents.js';
import { ffmpeg, ffprobe } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const viewOf =
  (bytes: Buffer): View =>
  (start, end) =>
    bytes.subarray(start, end);

function layoutOf(bytes: Buffer): Mp4Layout {
  const layout = new Mp4Layout(bytes.byteLength);
  layout.advance(viewOf(bytes));
  return layout;
}

/** Where ffprobe finds packets. */
async function packetsOf(path: string): Promise<{ start: number; end: number }[]> {
  const { packets } = (await ffprobe('-show_packets', '-show_entries', 'packet=pos,size', path)) as {
    packets: { pos: string; size: string }[];
  };
  return packets.map(({ pos, size }) => ({ start: Number(pos), end: Number(pos) + Number(size) }));
}

describe('each sample is found from its first and from its last byte', () => {
  test.each<[string, string, string[]]>([
    ['an index at the end', 'a.mp4', ['-c', 'copy']],
    ['an index at the beginning', 'a.mp4', ['-c', 'copy', '-movflags', '+faststart']],
    ['fragments', 'a.mp4', ['-c', 'copy', '-movflags', '+frag_keyframe+empty_moov']],
    ['fragments for DASH', 'a.mp4', ['-c', 'copy', '-movflags', '+dash', '-frag_duration', '500000']],
    [
      'fragments whose places are counted from the file',
      'a.mp4',
      ['-c', 'copy', '-movflags', '+frag_keyframe-default_base_moof'],
    ],
    ['QuickTime', 'a.mov', ['-c', 'copy']],
    ['pictures alone', 'a.mp4', ['-an', '-c', 'copy']],
  ])('%s', async (_, name, args) => {
    const path = `${temporaryFolder()}/${name}`;
    await ffmpeg('-i', fixture('plain.mp4'), ...args, path);
    const layout = layoutOf(readFileSync(path));
    for (const span of await packetsOf(path)) {
      expect(layout.sampleAt(span.start)).toEqual(span);
      expect(layout.sampleAt(span.end - 1)).toEqual(span);
    }
    expect(layout.hasIndex).toBe(true);
    expect(layout.sampleAt(0)).toBeUndefined();
  });

  test('uncompressed sound is found by the chunk', async () => {
    const path = `${temporaryFolder()}/a.mov`;
    await ffmpeg('-i', fixture('plain.mp4'), '-vn', '-c:a', 'pcm_s16le', path);
    const layout = layoutOf(readFileSync(path));
    for (const { start } of await packetsOf(path)) {
      const span = layout.sampleAt(start);
      expect(span?.start).toBeLessThanOrEqual(start);
      expect(span?.end).toBeGreaterThan(start);
    }
  });

  test('chunks in no order', () => {
    const tables = box(
      'stbl',
      full('stsz', u32(0), u32(4), ...[10, 20, 30, 40].map((value) => u32(value))),
      full('stsc', u32(1), u32(1), u32(2), u32(1)),
      full('stco', u32(2), u32(1000), u32(100)),
    );
    const layout = layoutOf(
      Buffer.concat([box('ftyp'), box('moov', box('trak', box('mdia', box('minf', tables)))), Buffer.alloc(2000)]),
    );
    expect([1000, 1010, 1029, 1030, 100, 130, 169, 170, 99].map((at) => layout.sampleAt(at))).toEqual([
      { start: 1000, end: 1010 },
      { start: 1010, end: 1030 },
      { start: 1010, end: 1030 },
      undefined,
      { start: 100, end: 130 },
      { start: 130, end: 170 },
      { start: 130, end: 170 },
      undefined,
      undefined,
    ]);
  });

  test.each([
    ['of four bits', 4, Buffer.from([0x12, 0x30])],
    ['of eight bits', 8, Buffer.from([1, 2, 3])],
    ['of sixteen bits', 16, Buffer.from([0, 1, 0, 2, 0, 3])],
  ])('sizes %s, and places beyond 4 GiB', (_, bits, sizes) => {
    const far = 100 * 2 ** 30;
    const offset = Buffer.alloc(8);
    offset.writeBigUInt64BE(BigInt(far));
    const tables = box(
      'stbl',
      full('stz2', u32(bits), u32(3), sizes),
      full('stsc', u32(1), u32(1), u32(3), u32(1)),
      full('co64', u32(1), offset),
    );
    const moov = box('moov', box('trak', box('mdia', box('minf', tables))));
    const layout = new Mp4Layout(far * 2);
    layout.advance((start, end) => (end <= moov.byteLength ? moov.subarray(start, end) : undefined));
    expect([0, 1, 3, 6].map((at) => layout.sampleAt(far + at))).toEqual([
      { start: far, end: far + 1 },
      { start: far + 1, end: far + 3 },
      { start: far + 3, end: far + 6 },
      undefined,
    ]);
  });
});

describe('whatever the bytes are', () => {
  const files = ['plain.mp4', 'front-index.mp4', 'fragmented.mp4'].map((name) => readFileSync(fixture(name)));
  /** Changes that keep enough of a file for it to be read on. */
  const mutated = fc
    .tuple(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 7, 0x7f, 0x80, 0xff)), { minLength: 1, maxLength: 40 }),
    )
    .map(([file, changes]) => {
      const bytes = Buffer.from(file);
      const moov = bytes.lastIndexOf('moov');
      // Most of it is media, where nothing is read: changes go to the beginning and into the index.
      for (const [i, [at, value]] of changes.entries())
        bytes[i % 2 === 0 ? at % 200 : (moov + (at % 4000)) % bytes.byteLength] = value;
      return bytes;
    });

  test('a layout answers, and soon', () => {
    fc.assert(
      fc.property(mutated, fc.array(fc.nat(), { maxLength: 20 }), (bytes, places) => {
        const started = performance.now();
        const layout = layoutOf(bytes);
        for (const place of places.map((at) => at % bytes.byteLength)) {
          const span = layout.sampleAt(place);
          if (span === undefined) continue;
          expect(span.start).toBeLessThanOrEqual(place);
          expect(span.end).toBeGreaterThan(place);
        }
        expect(performance.now() - started).toBeLessThan(2000);
      }),
      { numRuns: 200 },
    );
  });

  test('a plan fetches the byte that is wanted, never beyond the end, and ends', () => {
    fc.assert(
      fc.property(mutated, fc.array(fc.nat(), { maxLength: 20 }), (bytes, places) => {
        const plan = new ReadPlan(bytes.byteLength);
        const extents = new Extents(1024 * 1024);
        for (const offset of [0, ...places.map((at) => at % bytes.byteLength)]) {
          if (extents.read(offset, 1) !== undefined) continue;
          const { end, kind } = plan.next(offset);
          expect(end).toBeGreaterThan(offset);
          expect(end).toBeLessThanOrEqual(bytes.byteLength);
          extents.add(offset, bytes.subarray(offset, Math.min(end, extents.nextStart(offset))), kind);
          plan.learn(extents);
        }
      }),
      { numRuns: 200 },
    );
  });

  test.each<[string, Buffer]>([
    [
      'a million chunks of nothing',
      index(
        full('stsz', u32(0), u32(0)),
        full('stsc', u32(1), u32(1), u32(0xffffffff), u32(1)),
        full('stco', u32(1_000_000), Buffer.alloc(4_000_000)),
      ),
    ],
    [
      'more samples than there are sizes',
      index(
        full('stsz', u32(1), u32(0xffffffff)),
        full('stsc', u32(1), u32(1), u32(0xffffffff), u32(1)),
        full('stco', u32(1), u32(0)),
      ),
    ],
    [
      'runs that go backwards',
      index(
        full('stsz', u32(0), u32(2), u32(5), u32(5)),
        full('stsc', u32(3), ...[9, 1, 1, 0, 1, 1, 4, 7, 1].map((value) => u32(value))),
        full('stco', u32(2), u32(0), u32(50)),
      ),
    ],
    ['empty tables', index(full('stsz'), full('stsc'), full('stco'))],
    ['boxes in boxes', Array.from({ length: 2000 }).reduce<Buffer>((inner) => box('moov', inner), Buffer.alloc(0))],
    ['a thousand boxes of no size', Buffer.concat(Array.from({ length: 1000 }, () => u32(8, 'free')))],
    ['a box that is smaller than its head', Buffer.concat([box('ftyp'), u32(4, 'moov'), Buffer.alloc(100)])],
  ])('%s', (_, bytes) => {
    const started = performance.now();
    const layout = layoutOf(bytes);
    for (let at = 0; at < 200; at++) layout.sampleAt(at * 7);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

function u32(value: number, type = ''): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return Buffer.concat([bytes, Buffer.from(type, 'latin1')]);
}

function box(type: string, ...content: Buffer[]): Buffer {
  const inner = Buffer.concat(content);
  return Buffer.concat([u32(inner.byteLength + 8, type), inner]);
}

/** A box with a version and flags. */
function full(type: string, ...content: Buffer[]): Buffer {
  return box(type, u32(0), ...content);
}

function index(...tables: Buffer[]): Buffer {
  return box('moov', box('trak', box('mdia', box('minf', box('stbl', ...tables)))));
}
