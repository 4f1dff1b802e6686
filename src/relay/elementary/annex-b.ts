// NAL units as byte streams have them (Annex B of H.264 and HEVC): behind start codes, and escaped.

/** Bytes of a start code that is written here. */
const START_CODE = [0, 0, 0, 1] as const;

/** The NAL units of a byte stream, as views of it; what lies ahead of the first start code belongs to nobody. */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let begin = -1;
  for (let at = nextStart(bytes, 0); at >= 0; at = nextStart(bytes, at + 3)) {
    if (begin >= 0) addUnit(units, bytes, begin, at);
    begin = at + 3;
  }
  if (begin >= 0) addUnit(units, bytes, begin, bytes.byteLength);
  return units;
}

/** Where the next `00 00 01` begins; -1 when there is none. */
function nextStart(bytes: Uint8Array, from: number): number {
  // The one is looked for, and what lies ahead of it: that is one search of native code for each candidate.
  for (let one = bytes.indexOf(1, from + 2); one >= 0; one = bytes.indexOf(1, one + 1))
    if (bytes[one - 1] === 0 && bytes[one - 2] === 0 && one - 2 >= from) return one - 2;
  return -1;
}

/** Zeros behind a unit belong to the next start code, or are padding: a unit never ends with one. */
function addUnit(units: Uint8Array[], bytes: Uint8Array, begin: number, end: number): void {
  let last = end;
  while (last > begin && bytes[last - 1] === 0) last -= 1;
  if (last > begin) units.push(bytes.subarray(begin, last));
}

/** NAL units as a byte stream. */
export function joinAnnexB(units: readonly Uint8Array[]): Buffer {
  return joined(units, (bytes, at) => {
    bytes.set(START_CODE, at);
  });
}

/** NAL units behind their lengths of four bytes, as FLV and MP4 have them. */
export function joinLengths(units: readonly Uint8Array[], headroom = 0): Buffer {
  return joined(
    units,
    (bytes, at, unit) => {
      bytes.writeUInt32BE(unit.byteLength, at);
    },
    headroom,
  );
}

function joined(
  units: readonly Uint8Array[],
  prefix: (bytes: Buffer, at: number, unit: Uint8Array) => void,
  headroom = 0,
): Buffer {
  let length = headroom;
  for (const unit of units) length += 4 + unit.byteLength;
  const bytes = Buffer.allocUnsafe(length);
  let at = headroom;
  for (const unit of units) {
    prefix(bytes, at, unit);
    bytes.set(unit, at + 4);
    at += 4 + unit.byteLength;
  }
  return bytes;
}

/** NAL units that lie behind lengths of so many bytes, as views; what is cut off at the end is left out. */
export function splitLengths(bytes: Uint8Array, lengthBytes: number): Uint8Array[] {
  const units: Uint8Array[] = [];
  let at = 0;
  while (at + lengthBytes <= bytes.byteLength) {
    let length = 0;
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + (bytes[at + i] ?? 0);
    at += lengthBytes;
    if (length > bytes.byteLength - at) break;
    if (length > 0) units.push(bytes.subarray(at, at + length));
    at += length;
  }
  return units;
}

/** A NAL unit without the bytes that keep start codes out of it (H.264 7.4.1: 00 00 03 stands for 00 00). */
export function unescapeNal(nal: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(nal.byteLength);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}
