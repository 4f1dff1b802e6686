// onMetaData: read as hints, and written again for destinations and files.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAmf, encodeAmf, encodeEcmaArray, type AmfObject } from '#dist/relay/amf0.js';
import { metadataMessage, metadataTag, readMetadata } from '#dist/relay/metadata.js';

const payload = (object: AmfObject, ...ahead: readonly string[]): Buffer =>
  Buffer.concat([encodeAmf(...ahead, 'onMetaData'), encodeEcmaArray(object)]);
const VALUES = { width: 1280, height: 720, framerate: 29.97, videocodecid: 7, audiocodecid: 10, encoder: 'x' };

test('size, rate and announced streams are read, from an array or an object, with the command ahead or without', () => {
  const expected = {
    hints: { audio: true, video: true },
    ...{ width: 1280, height: 720, frameRate: 29.97, values: VALUES },
  };
  expect(readMetadata(payload(VALUES))).toEqual(expected);
  expect(readMetadata(payload(VALUES, '@setDataFrame'))).toEqual(expected);
  expect(readMetadata(encodeAmf('onMetaData', VALUES))).toEqual(expected);
});

test('a zero announces that there is no stream, and nothing announces nothing', () => {
  const hints = (object: AmfObject): unknown => readMetadata(payload(object))?.hints;
  expect(hints({ audiocodecid: 0, videocodecid: 7 })).toEqual({ audio: false, video: true });
  expect(hints({ audiocodecid: 'mp4a', videocodecid: 'hvc1' })).toEqual({ audio: true, video: true });
  expect(hints({ videocodecid: 0x68766331 })).toEqual({ audio: undefined, video: true });
  expect(hints({ audiocodecid: '', videocodecid: null })).toEqual({ audio: undefined, video: undefined });
});

test('figures that make no sense are none', () => {
  const values = { width: -1, height: Number.NaN, framerate: Number.POSITIVE_INFINITY };
  expect(readMetadata(payload(values))).toMatchObject({ width: undefined, height: undefined, frameRate: undefined });
  expect(readMetadata(payload({ width: '1280' }))?.width).toBeUndefined();
});

test('an end too many behind the metadata, as some encoders write it, is passed over', () => {
  const bytes = Buffer.concat([payload(VALUES, '@setDataFrame'), Buffer.from([0, 0, 9])]);
  expect(readMetadata(bytes)?.width).toBe(1280);
  expect(readMetadata(Buffer.concat([payload(VALUES), Buffer.from([0, 0, 9])]))?.width).toBe(1280);
});

test('other data, broken data and large data are no metadata', () => {
  expect(readMetadata(encodeAmf('onTextData', { text: 'hello' }))).toBeUndefined();
  expect(readMetadata(encodeAmf('onMetaData'))).toBeUndefined();
  expect(readMetadata(encodeAmf('onMetaData', [1, 2]))).toBeUndefined();
  expect(readMetadata(encodeAmf('@setDataFrame'))).toBeUndefined();
  expect(readMetadata(Buffer.alloc(0))).toBeUndefined();
  expect(readMetadata(payload(VALUES).subarray(0, 30))).toBeUndefined();
  expect(readMetadata(payload({ text: 'x'.repeat(65_530) }))).toBeUndefined();
});

test('it is written as a command for destinations and without one for files, in its own order', () => {
  expect(decodeAmf(metadataMessage(VALUES))).toEqual(['@setDataFrame', 'onMetaData', VALUES]);
  expect(decodeAmf(metadataTag(VALUES))).toEqual(['onMetaData', VALUES]);
  const read = readMetadata(metadataMessage(VALUES));
  expect(Object.keys(read?.values ?? {})).toEqual(Object.keys(VALUES));
  expect(readMetadata(metadataTag(VALUES))).toEqual(read);
});

test('whatever the bytes are, nothing is thrown, and what was read can be written', () => {
  const name = encodeAmf('onMetaData');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const read = readMetadata(Buffer.concat([name, Buffer.from([8, 0, 0, 0, 0]), Buffer.from(bytes)]));
      if (read !== undefined) metadataMessage(read.values);
    }),
    { numRuns: 3000 },
  );
});
