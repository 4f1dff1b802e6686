// The orientation that cameras write into pictures (EXIF 2.32, tag 0x0112).
import { crc32 } from '../relay/crc32.js';

function exif(orientation: number): Buffer {
  const bytes = Buffer.from('49492a000800000001001201030001000000000000000000000000', 'hex');
  bytes.writeUInt16LE(orientation, 18);
  return bytes;
}

/** A JPEG with an orientation. */
export function jpegWithOrientation(jpeg: Buffer, orientation: number): Buffer {
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exif(orientation)]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
}

/** Bytes of a PNG before its second chunk: the signature and the header. */
const PNG_HEAD = 33;

/** A PNG with an orientation. */
export function pngWithOrientation(png: Buffer, orientation: number): Buffer {
  const body = Buffer.concat([Buffer.from('eXIf', 'latin1'), exif(orientation)]);
  const ends = [Buffer.alloc(4), Buffer.alloc(4)] as const;
  ends[0].writeUInt32BE(body.length - 4);
  ends[1].writeUInt32BE(crc32(body));
  return Buffer.concat([png.subarray(0, PNG_HEAD), ends[0], body, ends[1], png.subarray(PNG_HEAD)]);
}
