// The bytes of FLV, one by one.
import { expect, test } from 'vitest';
import { flvHeader, flvTag } from '#dist/relay/flv/bytes.js';

test('the header says which streams there are', () => {
  const header = (audio: boolean, video: boolean): string => flvHeader({ audio, video }).toString('hex');
  expect(header(true, true)).toBe('464c56' + '01' + '05' + '00000009' + '00000000');
  expect(header(true, false)).toBe('464c56' + '01' + '04' + '00000009' + '00000000');
  expect(header(false, true)).toBe('464c56' + '01' + '01' + '00000009' + '00000000');
  expect(header(false, false)).toBe('464c56' + '01' + '00' + '00000009' + '00000000');
});

test('a tag has its upper eight bits of time behind the lower ones, and its length at its end', () => {
  const bytes = flvTag(9, 0x01020304, Buffer.from('abcd', 'hex'));
  expect(bytes.toString('hex')).toBe('09' + '000002' + '020304' + '01' + '000000' + 'abcd' + '0000000d');
  expect(flvTag(8, 2 ** 32 + 5, Buffer.alloc(0)).toString('hex')).toBe(
    '08' + '000000' + '000005' + '00' + '000000' + '0000000b',
  );
});
