// An MP4 with a hole in its media that is larger than any disk of a test: its bytes are made as they are asked for.
import type { Content } from './remote-server.js';

/** Boxes on the way to the tables of chunks. */
const AROUND = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);
/** The head of a box whose size has 64 bits. */
const LARGE_HEAD = 16;

interface Box {
  readonly type: string;
  readonly content: Buffer;
  /** Where the content lies. */
  readonly at: number;
}

function boxesOf(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const end = at + bytes.readUInt32BE(at);
    if (end < at + 8) throw new Error('Boxes without a size of their own are not read here');
    const type = bytes.toString('latin1', at + 4, at + 8);
    boxes.push({ type, content: bytes.subarray(at + 8, end), at: at + 8 });
    at = end;
  }
  return boxes;
}

function box(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.byteLength);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

/** The same box, with chunks that lie further behind and are told in 64 bits. */
function moved({ type, content }: Box, shift: number): Buffer {
  if (AROUND.has(type)) return box(type, Buffer.concat(boxesOf(content).map((inner) => moved(inner, shift))));
  if (type !== 'stco') return box(type, content);
  const count = content.readUInt32BE(4);
  const table = Buffer.alloc(8 + 8 * count);
  content.copy(table, 0, 0, 8);
  for (let i = 0; i < count; i++) table.writeBigUInt64BE(BigInt(content.readUInt32BE(8 + 4 * i) + shift), 8 + 8 * i);
  return box('co64', table);
}

/**
 * A clip whose index lies at its end, and its media behind a hole.
 * @param bytes - an MP4 with its index at the end
 * @param hole - bytes of zeros ahead of the media, in the same box
 */
export function farMp4(bytes: Buffer, hole: number): Content {
  const boxes = boxesOf(bytes);
  const [media, index] = ['mdat', 'moov'].map((type) => boxes.find((one) => one.type === type));
  if (media === undefined || index === undefined || index.at < media.at) throw new Error('The index is not at the end');
  const front = bytes.subarray(0, media.at - 8);
  const head = Buffer.alloc(LARGE_HEAD);
  head.writeUInt32BE(1);
  head.write('mdat', 4, 'latin1');
  head.writeBigUInt64BE(BigInt(LARGE_HEAD + hole + media.content.byteLength), 8);
  const start = front.byteLength + LARGE_HEAD + hole;
  const end = start + media.content.byteLength;
  const pieces = [
    { at: 0, bytes: Buffer.concat([front, head]) },
    { at: start, bytes: media.content },
    { at: end, bytes: moved(index, start - media.at) },
  ];
  return {
    size: pieces.reduce((last, piece) => Math.max(last, piece.at + piece.bytes.byteLength), 0),
    etag: '"far"',
    slice: (from, to) => {
      const made = Buffer.alloc(to - from);
      for (const piece of pieces)
        if (piece.at < to && piece.at + piece.bytes.byteLength > from)
          piece.bytes.copy(made, Math.max(0, piece.at - from), Math.max(0, from - piece.at));
      return made;
    },
  };
}
