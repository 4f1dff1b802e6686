// What the first bytes of a tag say (Adobe, "Video File Format Specification 10.1", Annex E; Veovera, "Enhanced RTMP v2").

/** Types of tags; messages of RTMP have the same numbers. */
export const TAG = { audio: 8, video: 9, data: 18 } as const;

/** What a tag is to a relay, as bits. */
export const KIND = {
  /** Parameters of a decoder: its sequence header. */
  header: 1,
  /** A picture that can be decoded by itself, or any piece of sound. */
  key: 2,
  /** Pictures or sound at all. */
  media: 4,
  /** Something about them that decoders want to know: colours of HDR, the places of channels. */
  about: 8,
} as const;

const VIDEO_CODECS: Readonly<Record<number, string>> = {
  2: 'h263',
  3: 'screen',
  4: 'vp6',
  5: 'vp6a',
  6: 'screen2',
  7: 'h264',
  12: 'hevc',
  13: 'av1',
};
const AUDIO_CODECS: Readonly<Record<number, string>> = {
  0: 'pcm',
  1: 'adpcm',
  2: 'mp3',
  3: 'pcm',
  4: 'nellymoser',
  5: 'nellymoser',
  6: 'nellymoser',
  7: 'pcm_alaw',
  8: 'pcm_mulaw',
  10: 'aac',
  11: 'speex',
  13: 'opus',
  14: 'mp3',
};
/** FourCCs of Enhanced RTMP. */
const FOURCC: Readonly<Record<string, string>> = {
  avc1: 'h264',
  hvc1: 'hevc',
  av01: 'av1',
  vp08: 'vp8',
  vp09: 'vp9',
  vvc1: 'vvc',
  mp4a: 'aac',
  Opus: 'opus',
  fLaC: 'flac',
  'ac-3': 'ac3',
  'ec-3': 'eac3',
  '.mp3': 'mp3',
};
/** What people call them, where FFmpeg's name is not it. */
const TITLES: Readonly<Record<string, string>> = { pcm_alaw: 'G.711 A-law', pcm_mulaw: 'G.711 µ-law' };
const FOURCC_BYTES = 4;
const LEGACY_AAC = 10;
const ENHANCED_AUDIO = 9;
/** Legacy codecs that have sequence headers: a second byte says which packet it is. */
const WITH_HEADER = new Set([7, 12, 13]);
/** Codecs that cannot be decoded without one. */
const NEEDS_HEADER = new Set(['h264', 'hevc', 'vvc', 'av1', 'aac', 'flac']);

/** Bytes ahead of a legacy codec's own: frame and codec, packet, and for video three of composition time. */
const VIDEO_HEADER = 5;
const AAC_HEADER = 2;

/** Packets of Enhanced RTMP. */
const PACKET = {
  sequenceStart: 0,
  codedFrames: 1,
  codedFramesX: 3,
  about: 4,
  mpeg2ts: 5,
  multitrackVideo: 6,
  modEx: 7,
} as const;
const MULTITRACK_AUDIO = 5;
const KEYFRAME = 1;
/** What streams without numbers count as. */
export const FIRST_TRACK = 0;
/** A video tag that holds a command for the player instead of a picture. */
const COMMAND_FRAME = 5;

/** What a video tag is. */
export function videoKind(payload: Uint8Array): number {
  const first = payload[0];
  if (first === undefined) return 0;
  const frame = (first >> 4) & 7;
  const enhanced = (first & 0x80) !== 0;
  if (frame === COMMAND_FRAME) return 0;
  const key = frame === KEYFRAME ? KIND.key : 0;
  if (enhanced) {
    const packet = innerPacket(payload, first & 0x0f, PACKET.multitrackVideo);
    if (packet === PACKET.sequenceStart || packet === PACKET.mpeg2ts) return KIND.header;
    if (packet === PACKET.about) return KIND.about;
    if (packet !== PACKET.codedFrames && packet !== PACKET.codedFramesX) return 0;
    // Who begins, begins with a picture of the first track; the others have keyframes of their own.
    return videoTrack(payload) === FIRST_TRACK ? KIND.media | key : KIND.media;
  }
  if (!WITH_HEADER.has(first & 0x0f)) return KIND.media | key;
  const packet = payload[1];
  // Empty ones are written by encoders that did not know their own parameters.
  if (packet === 0) return payload.byteLength > VIDEO_HEADER ? KIND.header : 0;
  return packet === 1 ? KIND.media | key : 0;
}

/** What an audio tag is. */
export function audioKind(payload: Uint8Array): number {
  const first = payload[0];
  if (first === undefined) return 0;
  const format = first >> 4;
  if (format === ENHANCED_AUDIO) {
    const packet = innerPacket(payload, first & 0x0f, MULTITRACK_AUDIO);
    if (packet === PACKET.sequenceStart) return KIND.header;
    if (packet === PACKET.about) return KIND.about;
    return packet === PACKET.codedFrames ? KIND.media | KIND.key : 0;
  }
  if (format === LEGACY_AAC && payload[1] === 0) return payload.byteLength > AAC_HEADER ? KIND.header : 0;
  return KIND.media | KIND.key;
}

/** The name of a video codec as FFmpeg has it; undefined for one that nobody knows. */
export function videoCodec(payload: Uint8Array): string | undefined {
  const first = payload[0] ?? 0;
  if ((first & 0x80) === 0) return VIDEO_CODECS[first & 0x0f];
  return fourCc(payload, first & 0x0f, PACKET.multitrackVideo);
}

/** A codec as a sentence for people has it. */
export function codecTitle(codec: string): string {
  return TITLES[codec] ?? codec;
}

/** The name of an audio codec as FFmpeg has it; undefined for one that nobody knows. */
export function audioCodec(payload: Uint8Array): string | undefined {
  const first = payload[0] ?? 0;
  if (first >> 4 !== ENHANCED_AUDIO) return AUDIO_CODECS[first >> 4];
  return fourCc(payload, first & 0x0f, MULTITRACK_AUDIO);
}

/** The track of a video tag; several in one count as the first one. */
export function videoTrack(payload: Uint8Array): number {
  const first = payload[0] ?? 0;
  return (first & 0x80) === 0 ? FIRST_TRACK : trackOf(payload, first & 0x0f, PACKET.multitrackVideo);
}

/** The track of an audio tag; several in one count as the first one. */
export function audioTrack(payload: Uint8Array): number {
  const first = payload[0] ?? 0;
  return first >> 4 === ENHANCED_AUDIO ? trackOf(payload, first & 0x0f, MULTITRACK_AUDIO) : FIRST_TRACK;
}

/** Whether pictures or sound of a codec mean nothing without its sequence header. */
export function needsHeader(codec: string | undefined): boolean {
  return codec === undefined || NEEDS_HEADER.has(codec);
}

/** Which packet lies behind modifiers and track numbers; undefined where it ends before its FourCC. */
function innerPacket(payload: Uint8Array, packet: number, multitrack: number): number | undefined {
  const { type, at } = skipModifiers(payload, packet);
  const many = type === multitrack;
  if (payload.byteLength < at + (many ? 1 : 0) + FOURCC_BYTES) return undefined;
  // A multitrack packet says in the lower half of its next byte what each of its tracks holds.
  return many ? (payload[at] ?? 0) & 0x0f : type;
}

/** Which enhanced packet a tag holds and where its FourCC begins; undefined for tags that hold several tracks. */
export function enhancedPacket(
  payload: Uint8Array,
  kind: 'audio' | 'video',
): { readonly type: number; readonly at: number } | undefined {
  const { type, at } = skipModifiers(payload, (payload[0] ?? 0) & 0x0f);
  const many = type === (kind === 'video' ? PACKET.multitrackVideo : MULTITRACK_AUDIO);
  return many || payload.byteLength < at + FOURCC_BYTES ? undefined : { type, at };
}

/** Modifiers lie ahead of the packet: a length, as many bytes, and what comes next. */
function skipModifiers(payload: Uint8Array, packet: number): { type: number; at: number } {
  let type = packet;
  let at = 1;
  while (type === PACKET.modEx && at < payload.byteLength) {
    let length = (payload[at++] ?? 0) + 1;
    if (length === 256) {
      length = (payload[at] ?? 0) * 256 + (payload[at + 1] ?? 0) + 1;
      at += 2;
    }
    at += length;
    type = (payload[at++] ?? 0) & 0x0f;
  }
  return { type, at };
}

function trackOf(payload: Uint8Array, packet: number, multitrack: number): number {
  const { type, at } = skipModifiers(payload, packet);
  // The upper half of the byte says whether it holds one track; its number lies behind the FourCC.
  const one = type === multitrack && (payload[at] ?? 0) >> 4 === 0;
  return one ? (payload[at + 1 + FOURCC_BYTES] ?? FIRST_TRACK) : FIRST_TRACK;
}

function fourCc(payload: Uint8Array, packet: number, multitrack: number): string | undefined {
  const { type, at } = skipModifiers(payload, packet);
  const from = type === multitrack ? at + 1 : at;
  return FOURCC[String.fromCharCode(...payload.subarray(from, from + FOURCC_BYTES))];
}
