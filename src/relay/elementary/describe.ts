// What sequence headers say of their streams, which is more than what metadata claims.
import { audioBody, videoBody } from '../flv/body.js';
import { readAacConfig, withoutSbrNote } from './aac.js';
import { NAL_CODECS } from './nal-codecs.js';

/** What a sequence header says of pictures. */
export interface PictureFacts {
  /** Columns and rows. */
  readonly size: readonly [number, number];
  /** Frames a second; undefined where it does not say. */
  readonly frameRate: number | undefined;
}

/** What a sequence header says of sound. */
export interface SoundFacts {
  /** Samples a second. */
  readonly sampleRate: number;
  readonly channels: number;
}

/** Reads the payload of a video header; undefined for codecs that are not read, and for broken ones. */
export function describePictures(payload: Buffer): PictureFacts | undefined {
  const found = videoBody(payload);
  if (found === undefined || found.packet !== 'header' || (found.codec !== 'h264' && found.codec !== 'hevc'))
    return undefined;
  const codec = NAL_CODECS[found.codec];
  const sets = codec.readRecord(found.data)?.sets;
  return sets && codec.parameters(sets);
}

/** Reads the payload of an audio header; undefined for codecs that are not read, and for broken ones. */
export function describeSound(payload: Buffer): SoundFacts | undefined {
  const found = audioBody(payload);
  if (found?.codec !== 'aac' || found.packet !== 'header') return undefined;
  return readAacConfig(found.data);
}

/** Whether two headers of sound are the same for whoever decodes it. */
export function isSameSound(one: Buffer, other: Buffer): boolean {
  return one.equals(other) || plain(one).equals(plain(other));
}

function plain(header: Buffer): Buffer {
  const found = audioBody(header);
  if (found?.codec !== 'aac' || found.packet !== 'header') return header;
  return Buffer.concat([header.subarray(0, header.byteLength - found.data.byteLength), withoutSbrNote(found.data)]);
}
