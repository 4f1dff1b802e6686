// Changes in Matroska files that ffmpeg does not make.

const SEGMENT = 0x18538067;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const VIDEO = 0xe0;

interface Element {
  readonly id: number;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** A number of variable length, as it stands or without the bit that tells its length. */
function readNumber(bytes: Buffer, at: number, marked: boolean): { readonly value: number; readonly length: number } {
  const first = bytes[at]!;
  const length = Math.clz32(first) - 23;
  let value = marked ? first : first & (0xff >> length);
  let ones = (first & (0xff >> length)) === 0xff >> length;
  for (let i = 1; i < length; i++) {
    value = value * 256 + bytes[at + i]!;
    ones &&= bytes[at + i] === 0xff;
  }
  return { value: ones && !marked ? Number.POSITIVE_INFINITY : value, length };
}

function find(bytes: Buffer, id: number, from: number, to: number): Element {
  for (let at = from; at < to;) {
    const head = readNumber(bytes, at, true);
    const size = readNumber(bytes, at + head.length, false);
    const body = at + head.length + size.length;
    const end = Math.min(bytes.length, body + size.value);
    if (head.value === id) return { id, start: at, body, end };
    at = end;
  }
  throw new Error(`There is no element ${id.toString(16)}.`);
}

function element(id: number, body: Buffer): Buffer {
  const name = Buffer.from(id.toString(16).padStart(2, '0'), 'hex');
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(body.length) | (1n << 56n));
  return Buffer.concat([name, size, body]);
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return bytes;
}

function uint(value: number): Buffer {
  return Buffer.from([value]);
}

/** What is put into the description of a picture: its projection (RFC 9559). */
export const projection = {
  /** A turn in degrees, counter-clockwise. */
  roll: (degrees: number): Buffer =>
    element(0x7670, Buffer.concat([element(0x7671, uint(0)), element(0x7675, float(degrees))])),
};

/** Adds to the description of the pictures. The file must come from a pipe: its sizes are left open, and nothing is indexed. */
export function withVideoElement(file: Buffer, added: Buffer): Buffer {
  const segment = find(file, SEGMENT, 0, file.length);
  const tracks = find(file, TRACKS, segment.body, segment.end);
  const entry = find(file, TRACK_ENTRY, tracks.body, tracks.end);
  const video = find(file, VIDEO, entry.body, entry.end);
  const [before, after] = [file.subarray(entry.body, video.start), file.subarray(video.end, entry.end)];
  const changed = element(VIDEO, Buffer.concat([file.subarray(video.body, video.end), added]));
  const newEntry = element(TRACK_ENTRY, Buffer.concat([before, changed, after]));
  const [first, last] = [file.subarray(tracks.body, entry.start), file.subarray(entry.end, tracks.end)];
  const newTracks = element(TRACKS, Buffer.concat([first, newEntry, last]));
  return Buffer.concat([file.subarray(0, tracks.start), newTracks, file.subarray(tracks.end)]);
}
