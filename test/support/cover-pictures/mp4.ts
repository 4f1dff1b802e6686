// Changes in MP4 files that ffmpeg does not make.

/** The body of a box: where it begins and ends. */
interface Box {
  readonly start: number;
  readonly end: number;
}

/** Fields of a sample description before the boxes in it, by the names of their boxes. */
const FIELDS: Readonly<Record<string, number>> = { stsd: 8, hvc1: 78 };

function find(bytes: Buffer, path: readonly string[], within: Box = { start: 0, end: bytes.length }): Box[] {
  const [name, ...rest] = path;
  for (let at = within.start; at + 8 <= within.end;) {
    const size = bytes.readUInt32BE(at);
    const box = { start: at, end: at + size };
    if (bytes.toString('latin1', at + 4, at + 8) === name) {
      if (rest.length === 0) return [box];
      const body = { start: at + 8 + (FIELDS[name] ?? 0), end: box.end };
      return [box, ...find(bytes, rest, body)];
    }
    at += size;
  }
  throw new Error(`There is no box ${String(name)}.`);
}

/** Gives the video the upper left of a display matrix (ISO/IEC 14496-12, section 8.3.2): a and b, c and d. */
export function withMatrix(file: Buffer, [a, b, c, d]: readonly [number, number, number, number]): Buffer {
  const bytes = Buffer.from(file);
  const { start } = find(bytes, ['moov', 'trak', 'tkhd']).at(-1)!;
  // 8 of the box, 4 of version and flags, 20 of times and numbers, 8 reserved, 8 of layer and volume.
  for (const [i, value] of [a, b, 0, c, d, 0].entries()) bytes.writeInt32BE(value * 65_536, start + 48 + 4 * i);
  return bytes;
}

/** Puts a box into the description of HEVC pictures. The index must lie behind the media, which stays where it is. */
export function withHevcBox(file: Buffer, name: string, body: Buffer): Buffer {
  const path = find(file, ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'hvc1']);
  const box = Buffer.concat([Buffer.alloc(4), Buffer.from(name, 'latin1'), body]);
  box.writeUInt32BE(box.length, 0);
  const { end } = path.at(-1)!;
  const bytes = Buffer.concat([file.subarray(0, end), box, file.subarray(end)]);
  for (const { start } of path) bytes.writeUInt32BE(bytes.readUInt32BE(start) + box.length, start);
  return bytes;
}
