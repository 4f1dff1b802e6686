// The beginning of every stream of a recording, wherever in the file it lies: who must name all streams reads this first.
import { open } from 'node:fs/promises';
import { flvHeader, flvTag } from '../flv/bytes.js';
import { FlvReader } from '../flv/reader.js';
import { audioKind, audioTrack, KIND, TAG, videoKind, videoTrack } from '../flv/tag.js';

/** What was found. */
export interface FlvHead {
  /** FLV of its own: for each stream its headers and its first tags; empty where there is no media at all. */
  readonly bytes: Buffer;
  /** How many streams there are. */
  readonly streams: number;
  /** The earliest timestamp of a stream's first tag, in milliseconds. */
  readonly origin: number;
}

/** Tags of each stream that are kept: enough to know the order of pictures. */
const MOST_TAGS = 24;
/** Bytes of each stream that are kept; a first picture may be large. */
const MOST_BYTES = 16 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

/** What is known of one stream. */
interface Beginning {
  /** By what they are about: the last one ahead of media counts. */
  readonly setups: Map<number, Buffer>;
  readonly media: Buffer[];
  bytes: number;
  first: number | undefined;
}

/**
 * Reads a whole recording, without decoding anything. Its last tag may be broken off.
 * @param breathe - is called between reads
 */
export async function readFlvHead(path: string, breathe: () => undefined | Promise<void>): Promise<FlvHead> {
  const streams = new Map<string, Beginning>();
  const reader = new FlvReader({
    onHeader: () => undefined,
    onTag: (type, timestamp, payload) => {
      note(streams, type, timestamp, payload);
    },
  });
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, null);
      if (bytesRead === 0) break;
      reader.push(buffer.subarray(0, bytesRead));
      await breathe();
    }
  } finally {
    await file.close();
  }
  const known = [...streams.values()].filter(({ first }) => first !== undefined);
  if (known.length === 0) return { bytes: Buffer.alloc(0), streams: 0, origin: 0 };
  const tags = known.flatMap(({ setups, media }) => [...setups.values(), ...media]);
  return {
    bytes: Buffer.concat([flvHeader({ audio: true, video: true }), ...tags]),
    streams: known.length,
    origin: Math.min(...known.map(({ first }) => first ?? 0)),
  };
}

function note(streams: Map<string, Beginning>, type: number, timestamp: number, payload: Buffer): void {
  if (type !== TAG.audio && type !== TAG.video) return;
  const video = type === TAG.video;
  const kind = video ? videoKind(payload) : audioKind(payload);
  const name = `${String(type)}/${String(video ? videoTrack(payload) : audioTrack(payload))}`;
  let stream = streams.get(name);
  if (stream === undefined) {
    stream = { setups: new Map(), media: [], bytes: 0, first: undefined };
    streams.set(name, stream);
  }
  if ((kind & KIND.media) === 0) {
    if (kind !== 0 && stream.first === undefined) stream.setups.set(kind, flvTag(type, timestamp, payload));
    return;
  }
  stream.first ??= timestamp;
  if (stream.media.length >= MOST_TAGS || stream.bytes + payload.byteLength > MOST_BYTES) return;
  stream.bytes += payload.byteLength;
  stream.media.push(flvTag(type, timestamp, payload));
}
