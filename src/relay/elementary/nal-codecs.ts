// The codecs whose pictures are NAL units, by name.
import {
  beginsH264Picture,
  h264Record,
  h264Role,
  h264SetName,
  isH264Keyframe,
  readH264Parameters,
  readH264Record,
} from './h264.js';
import {
  beginsHevcPicture,
  hevcRecord,
  hevcRole,
  hevcSetName,
  isHevcKeyframe,
  readHevcParameters,
  readHevcRecord,
} from './hevc.js';
import type { NalCodec, VideoParameters } from './video-codec.js';

/** A codec whose pictures are NAL units. */
export type NalCodecName = 'h264' | 'hevc';

/** What is known of each. */
export const NAL_CODECS: Readonly<Record<NalCodecName, NalCodec>> = {
  h264: {
    role: h264Role,
    setName: h264SetName,
    isKeyframe: isH264Keyframe,
    beginsPicture: beginsH264Picture,
    parameters: (sets) => firstKnown(sets, h264SetName, readH264Parameters),
    record: h264Record,
    readRecord: readH264Record,
  },
  hevc: {
    role: hevcRole,
    setName: hevcSetName,
    isKeyframe: isHevcKeyframe,
    beginsPicture: beginsHevcPicture,
    parameters: (sets) => firstKnown(sets, hevcSetName, readHevcParameters),
    record: hevcRecord,
    readRecord: readHevcRecord,
  },
};

function firstKnown(
  sets: readonly Uint8Array[],
  nameOf: (nal: Uint8Array) => string | undefined,
  read: (nal: Uint8Array) => VideoParameters | undefined,
): VideoParameters | undefined {
  const sequence = sets.find((nal) => nameOf(nal)?.startsWith('sps') === true);
  return sequence && read(sequence);
}
