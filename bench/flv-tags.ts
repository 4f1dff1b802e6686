// Takes a FLV file apart into what comes before the first frame and one piece for each frame (Adobe's FLV, annex E).

/** One frame's tag with what follows it. */
export interface FlvFrame {
  readonly bytes: Buffer;
  /** Milliseconds. */
  readonly time: number;
}

const HEADER_BYTES = 13;
const TAG_BYTES = 11;
const VIDEO = 9;
const SEQUENCE_HEADER = 0;

/** The tags of a file with H.264 alone. */
export function flvTags(file: Buffer): { head: Buffer; frames: FlvFrame[] } {
  const frames: FlvFrame[] = [];
  let head = HEADER_BYTES;
  for (let at = HEADER_BYTES; at + TAG_BYTES < file.byteLength;) {
    const size = TAG_BYTES + file.readUIntBE(at + 1, 3) + 4;
    const isFrame = file[at] === VIDEO && file[at + TAG_BYTES + 1] !== SEQUENCE_HEADER;
    if (isFrame) frames.push({ bytes: file.subarray(at, at + size), time: file.readUIntBE(at + 4, 3) });
    else if (frames.length === 0) head = at + size;
    at += size;
  }
  return { head: file.subarray(0, head), frames };
}
