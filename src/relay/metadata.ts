// onMetaData: what an origin says of its streams. Hints at most, but destinations read them, so they are passed on.
import { decodeAmf, encodeAmf, encodeEcmaArray, isAmfObject, type AmfObject, type AmfValue } from './amf0.js';
import type { PictureFacts, SoundFacts } from './elementary/describe.js';
import type { OriginHints } from './origin.js';

/** What of metadata a relay uses. */
export interface StreamMetadata {
  readonly hints: OriginHints;
  /** Frames per second, as the encoder says. */
  readonly frameRate: number | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly values: AmfObject;
}

/** The command that tells a server to keep what follows. */
const SET = '@setDataFrame';
/** More is no description. */
const LONGEST = 64 * 1024;

/** Reads a data message; undefined for one that is no metadata, or cannot be read. */
export function readMetadata(payload: Buffer): StreamMetadata | undefined {
  if (payload.byteLength > LONGEST) return undefined;
  let values: AmfValue[];
  try {
    // What lies behind the object is nothing, or broken: some encoders end it twice.
    const ahead = decodeAmf(payload, 1)[0] === SET ? 1 : 0;
    values = decodeAmf(payload, 2 + ahead).slice(ahead);
  } catch {
    // It is passed on as it is; nobody is lost over a description.
    return undefined;
  }
  const [name, object] = values;
  if (name !== 'onMetaData' || object === undefined || !isAmfObject(object)) return undefined;
  return {
    hints: { audio: announced(object, 'audiocodecid'), video: announced(object, 'videocodecid') },
    frameRate: positive(object['framerate']),
    width: positive(object['width']),
    height: positive(object['height']),
    values: object,
  };
}

/** The payload of a message that sets metadata at a destination. */
export function metadataMessage(values: AmfObject): Buffer {
  return Buffer.concat([encodeAmf(SET, 'onMetaData'), encodeEcmaArray(values)]);
}

/** When metadata is in FLV, wherever it lies: FFmpeg takes it for a stream of text at any other time (`flvdec.c`). */
export const METADATA_TIME = 0;

/** The same for FLV, whose files hold it without the command. */
export function metadataTag(values: AmfObject): Buffer {
  return Buffer.concat([encodeAmf('onMetaData'), encodeEcmaArray(values)]);
}

/** Numbers of codecs in metadata; those of Enhanced RTMP are named by their FourCC as a number, as OBS writes them. */
const CODEC_IDS: Readonly<Record<string, number>> = {
  h264: 7,
  aac: 10,
  mp3: 2,
  speex: 11,
  hevc: fourCc('hvc1'),
  av1: fourCc('av01'),
  vp9: fourCc('vp09'),
  vvc: fourCc('vvc1'),
  opus: fourCc('Opus'),
  flac: fourCc('fLaC'),
  ac3: fourCc('ac-3'),
  eac3: fourCc('ec-3'),
};

/** The number of a codec in metadata, by FFmpeg's name. */
export function codecId(codec: 'h264' | 'hevc' | 'aac'): number {
  return CODEC_IDS[codec] ?? 0;
}

/** Metadata of what sequence headers say. */
export function describedMetadata(pictures: PictureFacts | undefined, sound: SoundFacts | undefined): AmfObject {
  const [width, height] = pictures?.size ?? [];
  return {
    ...(width === undefined || height === undefined ? {} : { width, height }),
    ...(pictures?.frameRate === undefined ? {} : { framerate: pictures.frameRate }),
    ...(sound === undefined ? {} : { audiosamplerate: sound.sampleRate, stereo: sound.channels > 1 }),
  };
}

/** The same values, with the codecs of streams that they do not announce. */
export function completeMetadata(
  values: AmfObject,
  codecs: { readonly audio?: string | undefined; readonly video?: string | undefined },
): AmfObject {
  const missing: Record<string, number> = {};
  for (const kind of ['audio', 'video'] as const) {
    const id = CODEC_IDS[codecs[kind] ?? ''];
    if (id !== undefined && announced(values, `${kind}codecid`) !== true) missing[`${kind}codecid`] = id;
  }
  return Object.keys(missing).length === 0 ? values : { ...values, ...missing };
}

function fourCc(name: string): number {
  return Buffer.from(name, 'latin1').readUInt32BE(0);
}

/** A codec that is named is announced, a zero is what some servers write for none. */
function announced(object: AmfObject, name: string): boolean | undefined {
  const value = object[name];
  if (typeof value === 'number') return value !== 0;
  return typeof value === 'string' && value !== '' ? true : undefined;
}

function positive(value: AmfValue): number | undefined {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined;
}
