// Transport streams of the tests: into tags and back, and what packets of them say.
import { FlvReader } from '#dist/relay/flv/reader.js';
import { audioKind, KIND, TAG, videoKind } from '#dist/relay/flv/tag.js';
import { TsDemuxer, type TsDemuxerOptions } from '#dist/relay/mpegts/demuxer.js';
import { TsMuxer } from '#dist/relay/mpegts/muxer.js';
import { inPieces } from '../pieces.js';
import type { Tag } from './tags.js';

export const PACKET = 188;

/** What a demuxer told. */
export interface Demuxed {
  readonly demuxer: TsDemuxer;
  readonly tags: Tag[];
  readonly hints: { readonly audio: boolean; readonly video: boolean }[];
  readonly warnings: string[];
}

/** A demuxer that keeps all that it is told. */
export function tsReader(options: TsDemuxerOptions = {}): Demuxed {
  const tags: Tag[] = [];
  const hints: Demuxed['hints'] = [];
  const warnings: string[] = [];
  const demuxer = new TsDemuxer(
    {
      onHints: (hint) => hints.push(hint),
      onTag: (type, timestamp, payload) => tags.push({ type, timestamp, payload: Buffer.from(payload) }),
      onWarning: (message) => warnings.push(message),
    },
    options,
  );
  return { demuxer, tags, hints, warnings };
}

/** Reads a whole transport stream, in pieces of these sizes. */
export function readTs(bytes: Buffer, sizes: readonly number[] = [1316], options: TsDemuxerOptions = {}): Demuxed {
  const all = tsReader(options);
  inPieces(bytes, sizes, (piece) => all.demuxer.push(piece));
  all.demuxer.flush();
  return all;
}

/** Bits of `KIND` of a tag. */
export function kindOf({ type, payload }: Pick<Tag, 'type' | 'payload'>): number {
  if (type === TAG.video) return videoKind(payload);
  return type === TAG.audio ? audioKind(payload) : 0;
}

/** Whether a tag is a sequence header. */
export function isSetup(tag: Tag): boolean {
  return (kindOf(tag) & KIND.header) !== 0;
}

/** Tags of one type that hold media. */
export function mediaOf(tags: readonly Tag[], type: number): Tag[] {
  return tags.filter((tag) => tag.type === type && (kindOf(tag) & KIND.media) !== 0);
}

/** A muxer that keeps its packets. */
export function tsWriter(): {
  readonly muxer: TsMuxer;
  readonly packets: Buffer[];
  readonly warnings: string[];
  readonly push: (...tags: readonly Tag[]) => void;
} {
  const packets: Buffer[] = [];
  const warnings: string[] = [];
  const muxer = new TsMuxer({
    onPackets: (some) => packets.push(some),
    onWarning: (message) => warnings.push(message),
  });
  const push = (...tags: readonly Tag[]): void => {
    for (const tag of tags) {
      if (isSetup(tag)) muxer.setup(tag.type, tag.payload);
      else muxer.media(tag.type, kindOf(tag), tag.timestamp, tag.payload);
    }
  };
  return { muxer, packets, warnings, push };
}

/** Tags as a whole transport stream. */
export function writeTs(tags: readonly Tag[]): Buffer {
  const { muxer, packets, push } = tsWriter();
  push(...tags);
  muxer.flush();
  return Buffer.concat(packets);
}

/** The tags of an FLV file. */
export function flvTags(bytes: Buffer): Tag[] {
  const tags: Tag[] = [];
  const reader = new FlvReader({
    onHeader: () => undefined,
    onTag: (type, timestamp, payload) => tags.push({ type, timestamp, payload: Buffer.from(payload) }),
  });
  reader.push(bytes);
  return tags;
}

/** One transport packet as it is looked at. */
export interface Packet {
  readonly bytes: Buffer;
  readonly pid: number;
  readonly starts: boolean;
  readonly counter: number;
  /** In ticks of 90 kHz. */
  readonly pcr: number | undefined;
  readonly keyframe: boolean;
  readonly hasPayload: boolean;
}

/** The packets of a transport stream. */
export function packetsOf(bytes: Buffer): Packet[] {
  const all: Packet[] = [];
  for (let at = 0; at + PACKET <= bytes.byteLength; at += PACKET) {
    const packet = bytes.subarray(at, at + PACKET);
    const flags = ((packet[3] ?? 0) & 0x20) !== 0 && (packet[4] ?? 0) > 0 ? (packet[5] ?? 0) : 0;
    all.push({
      bytes: packet,
      pid: packet.readUInt16BE(1) & 0x1fff,
      starts: ((packet[1] ?? 0) & 0x40) !== 0,
      counter: (packet[3] ?? 0) & 15,
      pcr: (flags & 0x10) === 0 ? undefined : packet.readUInt32BE(6) * 2 + ((packet[10] ?? 0) >> 7),
      keyframe: (flags & 0x40) !== 0,
      hasPayload: ((packet[3] ?? 0) & 0x10) !== 0,
    });
  }
  return all;
}
