// AMF0: what is written is read again, and what a peer may send instead ends in one typed error.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAmf, encodeAmf, encodeEcmaArray, isAmfObject, type AmfValue } from '#dist/relay/amf0.js';
import { thrownCode } from '../support/pieces.js';

const PROTOCOL = 'FR_RELAY_PROTOCOL';

/** Values as AMF0 gives them back: objects without a prototype. */
const { value } = fc.letrec<{ value: AmfValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.double(),
    fc.boolean(),
    fc.string({ unit: 'grapheme' }),
    fc.constant(null),
    fc.constant(undefined),
    fc.date({ noInvalidDate: true }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', '0', '')),
      tie('value').filter((one) => one !== undefined),
      { maxKeys: 4 },
    ),
  ),
}));

/** Nested no deeper than is read. */
function depth(one: AmfValue): number {
  if (typeof one !== 'object' || one === null || one instanceof Date) return 0;
  return 1 + Math.max(0, ...Object.values(one as Record<string, AmfValue>).map(depth));
}

test('what is written is read again', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 5 }), (values) => {
      fc.pre(values.every((one) => depth(one) < 16));
      expect(decodeAmf(encodeAmf(...values))).toEqual(values);
    }),
    { numRuns: 500 },
  );
});

test('an ECMA array is read as the object that it was, in the same order', () => {
  const object = { b: 1, a: 'two', __proto: true, list: [1, { deep: null }] };
  const [read] = decodeAmf(encodeEcmaArray(object));
  expect(read).toEqual(object);
  expect(Object.keys(read as object)).toEqual(Object.keys(object));
});

test('every cut of a valid message is read as far as it goes or refused, and never anything else', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 3 }), (values) => {
      const bytes = encodeAmf(...values);
      for (let to = 0; to < bytes.byteLength; to += Math.max(1, Math.floor(bytes.byteLength / 64)))
        expect([undefined, PROTOCOL]).toContain(thrownCode(() => decodeAmf(bytes.subarray(0, to))));
    }),
  );
});

test('random bytes are read or refused', () => {
  const marker = fc.constantFrom(0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 13, 15, 16, 17);
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.array(marker, { maxLength: 300 }));
  fc.assert(
    fc.property(bytes, (list) => {
      expect([undefined, PROTOCOL]).toContain(thrownCode(() => decodeAmf(Buffer.from(list))));
    }),
    { numRuns: 3000 },
  );
});

test('valid messages with a byte changed are read or refused', () => {
  fc.assert(
    fc.property(value, fc.nat(), fc.integer({ min: 0, max: 255 }), (one, at, byte) => {
      const bytes = encodeAmf('onMetaData', one);
      bytes[at % bytes.byteLength] = byte;
      expect([undefined, PROTOCOL]).toContain(thrownCode(() => decodeAmf(bytes)));
    }),
    { numRuns: 2000 },
  );
});

test('what is nested sixteen deep is read, and deeper is refused', () => {
  const nested = (levels: number): AmfValue => {
    let one: AmfValue = 1;
    for (let i = 0; i < levels; i += 1) one = i % 2 === 0 ? [one] : { one };
    return one;
  };
  expect(decodeAmf(encodeAmf(nested(16)))).toEqual([nested(16)]);
  expect(thrownCode(() => decodeAmf(encodeAmf(nested(17))))).toBe(PROTOCOL);
});

test.each([
  ['lists', Buffer.from([0x0a, 0, 0, 0, 1])],
  ['objects', Buffer.from([0x03, 0, 1, 0x61])],
  ['ECMA arrays', Buffer.from([0x08, 0, 0, 0, 1, 0, 1, 0x61])],
])('a bomb of nested %s is refused long before the stack ends', (_name, level) => {
  const bomb = Buffer.concat(Array.from({ length: 100_000 }, () => level));
  expect(thrownCode(() => decodeAmf(bomb))).toBe(PROTOCOL);
});

test('a list that claims more values than there are bytes is refused', () => {
  expect(thrownCode(() => decodeAmf(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 5])))).toBe(PROTOCOL);
});

test('lists take memory for what they hold, and not for what each of them claims', () => {
  // Each of sixteen lists within each other claims as many values as bytes are left.
  const bytes = Buffer.alloc(8 * 1024 * 1024, 0xff);
  for (let i = 0; i < 16; i += 1) {
    bytes[5 * i] = 0x0a;
    bytes.writeUInt32BE(bytes.byteLength - 5 * (i + 1), 5 * i + 1);
  }
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  expect(thrownCode(() => decodeAmf(bytes))).toBe(PROTOCOL);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
});

test('no name reaches the prototype of anything', () => {
  const name = (text: string): Buffer => Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
  const end = Buffer.from([0, 0, 9]);
  const bytes = Buffer.concat([
    ...[Buffer.from([3]), name('__proto__'), Buffer.from([3]), name('polluted'), Buffer.from([1, 1]), end],
    ...[name('constructor'), Buffer.from([5]), end],
  ]);
  const [object] = decodeAmf(bytes);
  if (object === undefined || !isAmfObject(object)) throw new Error('It is an object.');
  expect(Object.getPrototypeOf(object)).toBeNull();
  expect(Object.keys(object)).toEqual(['__proto__', 'constructor']);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(encodeAmf(object)).toEqual(bytes);
});

test('long strings have a marker of their own, from the first byte that needs it', () => {
  for (const length of [0xfffe, 0xffff, 0x10000, 0x20001]) {
    const text = 'x'.repeat(length);
    const bytes = encodeAmf(text);
    expect(bytes[0]).toBe(length > 0xffff ? 0x0c : 0x02);
    expect(decodeAmf(bytes)).toEqual([text]);
  }
});

test('a name that is too long to be written is left out', () => {
  const bytes = encodeAmf({ ['x'.repeat(0x10000)]: 1, kept: 2 });
  expect(decodeAmf(bytes)).toEqual([{ kept: 2 }]);
  // Broken text grows: each byte that is no UTF-8 becomes three.
  const broken = Buffer.concat([Buffer.from([3, 0x60, 0]), Buffer.alloc(0x6000, 0xff), Buffer.from([5, 0, 0, 9])]);
  expect(() => encodeEcmaArray(decodeAmf(broken)[0] as Record<string, AmfValue>)).not.toThrow();
});

test('dates carry a time zone that is not used', () => {
  const bytes = Buffer.alloc(11);
  bytes[0] = 0x0b;
  bytes.writeDoubleBE(1_700_000_000_000, 1);
  bytes.writeInt16BE(-120, 9);
  expect(decodeAmf(bytes)).toEqual([new Date(1_700_000_000_000)]);
  expect(thrownCode(() => decodeAmf(bytes.subarray(0, 10)))).toBe(PROTOCOL);
});

test('an ECMA array may lie about its count and end with its message', () => {
  for (const count of [0, 1, 0xffffffff]) {
    const head = Buffer.from([8, 0, 0, 0, 0]);
    head.writeUInt32BE(count, 1);
    const body = Buffer.concat([Buffer.from([0, 1, 0x61]), encodeAmf(5), Buffer.from([0, 1, 0x62]), encodeAmf('x')]);
    expect(decodeAmf(Buffer.concat([head, body]))).toEqual([{ a: 5, b: 'x' }]);
    expect(decodeAmf(Buffer.concat([head, body, Buffer.from([0, 0, 9])]))).toEqual([{ a: 5, b: 'x' }]);
  }
});

test('rare types are read as what they are nearest to', () => {
  const text = Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.from('ab')]);
  expect(decodeAmf(Buffer.concat([Buffer.from([0x0f]), text]))).toEqual(['ab']);
  expect(decodeAmf(Buffer.from([0x0d]))).toEqual([undefined]);
  const typed = Buffer.concat([Buffer.from([0x10, 0, 1, 0x43, 0, 1, 0x61, 1, 1, 0, 0, 9])]);
  expect(decodeAmf(typed)).toEqual([{ a: true }]);
  // Movie clips, references, record sets and AMF3 are refused.
  for (const marker of [0x04, 0x07, 0x0e, 0x11, 0xff])
    expect(thrownCode(() => decodeAmf(Buffer.from([marker, 0, 0, 0, 0])))).toBe(PROTOCOL);
});

test('only as many values are read as are asked for', () => {
  const bytes = Buffer.concat([encodeAmf('onMetaData', { a: 1 }), Buffer.from([0, 0, 9])]);
  expect(thrownCode(() => decodeAmf(bytes))).toBe(PROTOCOL);
  expect(decodeAmf(bytes, 2)).toEqual(['onMetaData', { a: 1 }]);
});
