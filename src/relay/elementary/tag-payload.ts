// Payloads of tags: what FLV and RTMP put ahead of pictures and sound (Adobe, Annex E.4; Veovera, "Enhanced RTMP v2").

/** Codecs of video that tags carry. */
export type VideoCodec = 'h264' | 'hevc' | 'av1' | 'vp9';
/** Codecs of sound that tags carry. */
export type AudioCodec = 'aac' | 'mp3' | 'opus' | 'ac3' | 'eac3' | 'flac' | 'pcm_alaw' | 'pcm_mulaw';

/** FourCCs of video; H.264 goes the old way, which every server reads. */
const VIDEO_FOURCC = { hevc: 'hvc1', av1: 'av01', vp9: 'vp09' } as const;
const AUDIO_FOURCC = { opus: 'Opus', ac3: 'ac-3', eac3: 'ec-3', flac: 'fLaC' } as const;
/** First bytes of the old way: the codec, and for all but AAC the rate, the size of samples and the channels. */
const LEGACY_AUDIO = { aac: 0xaf, mp3: 0x2f, pcm_alaw: 0x72, pcm_mulaw: 0x82 } as const;

const KEYFRAME = 1;
const INTER_FRAME = 2;
const LEGACY_H264 = 7;
/** Packets: the old way and the enhanced one number them alike. */
const PACKET = { header: 0, frame: 1 } as const;
const ENHANCED_VIDEO = 0x80;
const ENHANCED_AUDIO = 0x90;
/** Codecs whose frames tell their offset of composition. */
const WITH_COMPOSITION: ReadonlySet<VideoCodec> = new Set(['h264', 'hevc']);

/**
 * A sequence header.
 * @param record - what MP4 has in `avcC`, `hvcC`, `av1C` or `vpcC`; it is copied
 */
export function videoHeaderTag(codec: VideoCodec, record: Uint8Array): Buffer {
  return Buffer.concat([videoHead(codec, true, PACKET.header, codec === 'h264' ? 0 : undefined), record]);
}

/**
 * One picture.
 * @param composition - milliseconds from decoding to showing; only H.264 and HEVC tell it
 * @param data - NAL units behind lengths of four bytes, or what the codec has instead; it is copied
 */
export function videoFrameTag(codec: VideoCodec, keyframe: boolean, composition: number, data: Uint8Array): Buffer {
  return Buffer.concat([videoFrameHead(codec, keyframe, composition), data]);
}

/** What lies ahead of a picture's data. */
export function videoFrameHead(codec: VideoCodec, keyframe: boolean, composition: number): Buffer {
  return videoHead(codec, keyframe, PACKET.frame, WITH_COMPOSITION.has(codec) ? composition : undefined);
}

function videoHead(codec: VideoCodec, keyframe: boolean, packet: number, composition: number | undefined): Buffer {
  const frame = (keyframe ? KEYFRAME : INTER_FRAME) << 4;
  const head =
    codec === 'h264'
      ? [frame | LEGACY_H264, packet]
      : [ENHANCED_VIDEO | frame | packet, ...Buffer.from(VIDEO_FOURCC[codec], 'latin1')];
  // 24 bits in two's complement.
  if (composition !== undefined) head.push((composition >> 16) & 0xff, (composition >> 8) & 0xff, composition & 0xff);
  return Buffer.from(head);
}

/**
 * What a decoder of sound is told; undefined where the codec needs nothing.
 * @param config - for AAC the AudioSpecificConfig, for Opus the `OpusHead`, for FLAC its STREAMINFO; it is copied
 */
export function audioHeaderTag(codec: AudioCodec, config: Uint8Array): Buffer | undefined {
  if (codec === 'aac') return Buffer.concat([Uint8Array.of(LEGACY_AUDIO.aac, PACKET.header), config]);
  if (codec !== 'opus' && codec !== 'flac') return undefined;
  return Buffer.concat([audioHead(codec, PACKET.header), config]);
}

/** One frame of sound, which is copied. */
export function audioFrameTag(codec: AudioCodec, frame: Uint8Array): Buffer {
  return Buffer.concat([audioHead(codec, PACKET.frame), frame]);
}

function audioHead(codec: AudioCodec, packet: number): Buffer {
  if (codec === 'aac') return Buffer.from([LEGACY_AUDIO.aac, packet]);
  if (codec === 'mp3' || codec === 'pcm_alaw' || codec === 'pcm_mulaw') return Buffer.from([LEGACY_AUDIO[codec]]);
  return Buffer.concat([Uint8Array.of(ENHANCED_AUDIO | packet), Buffer.from(AUDIO_FOURCC[codec], 'latin1')]);
}
