// Streams that decoders take: encoded by ffmpeg once for each kind, as tags.
import { ffmpeg } from '../ffmpeg.js';
import { onceEach } from '../once.js';
import { flvTags, isSetup, readTs } from './ts.js';
import { type AUDIO, DATA, VIDEO, type Tag } from './tags.js';

/** What is encoded. */
export interface RealOptions {
  /** Seconds. */
  readonly seconds: number;
  /** FFmpeg's arguments for video, or none. */
  readonly video?: 'h264' | 'hevc' | 'none';
  readonly size?: string;
  /** Pictures from one keyframe to the next; 25 of them are a second. */
  readonly gop?: number;
  readonly bFrames?: number;
  readonly audio?: 'aac' | 'mp3' | 'ac3' | 'opus' | 'none';
  /** Samples a second. */
  readonly rate?: number;
  /** The tone, in hertz: two streams with another one differ in each packet. */
  readonly tone?: number;
}

/** An encoded stream. */
export interface RealStream {
  /** Sequence headers. */
  readonly headers: readonly Tag[];
  /** Everything else, by timestamps. */
  readonly media: readonly Tag[];
}

const VIDEO_ARGS = {
  h264: ['-c:v', 'libx264', '-preset', 'veryfast'],
  hevc: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none'],
} as const;
const AUDIO_ARGS = {
  aac: ['-c:a', 'aac', '-b:a', '64k'],
  mp3: ['-c:a', 'libmp3lame', '-b:a', '64k'],
  ac3: ['-c:a', 'ac3', '-b:a', '96k'],
  opus: ['-c:a', 'libopus', '-b:a', '64k'],
} as const;

/** Encodes a stream, which begins at zero. */
export const realStream = onceEach(async (options: RealOptions): Promise<RealStream> => {
  const { seconds, video = 'h264', size = '160x120', gop = 25, bFrames = 0, audio = 'aac', rate = 44_100 } = options;
  const { tone = 440 } = options;
  const keyframes = ['-g', String(gop), '-keyint_min', String(gop), '-sc_threshold', '0', '-bf', String(bFrames)];
  const bytes = await ffmpeg(
    ...(video === 'none' ? [] : ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=25`]),
    ...(audio === 'none' ? [] : ['-f', 'lavfi', '-i', `sine=f=${String(tone)}:r=${String(rate)}`]),
    ...(video === 'none' ? [] : [...VIDEO_ARGS[video], '-pix_fmt', 'yuv420p', ...keyframes]),
    ...(audio === 'none' ? [] : AUDIO_ARGS[audio]),
    ...['-t', String(seconds)],
    // What FLV of this FFmpeg does not hold comes by the transport stream, whose tests are elsewhere.
    ...(video === 'hevc' || audio === 'ac3' || audio === 'opus' ? ['-f', 'mpegts', '-'] : ['-f', 'flv', '-']),
  );
  const tags = bytes[0] === 0x47 ? readTs(bytes).tags : flvTags(bytes);
  const known = tags.filter(({ type, payload }) => type !== DATA && payload.byteLength > 5);
  // A relay begins with the first picture.
  const begins = known.filter((tag) => !isSetup(tag) && (video === 'none' || tag.type === VIDEO));
  const first = Math.min(...begins.map(({ timestamp }) => timestamp));
  const moved = known
    .map((tag) => ({ ...tag, timestamp: tag.timestamp - first }))
    .filter((tag) => isSetup(tag) || tag.timestamp >= 0);
  // Encoders end AVC with a tag of its own, which is no picture.
  const media = moved.filter((tag) => !isSetup(tag) && !(tag.type === VIDEO && tag.payload[1] === 2));
  return {
    headers: moved.filter(isSetup),
    media: media.toSorted((a, b) => a.timestamp - b.timestamp || b.type - a.type),
  };
});

/** The same stream at another time. */
export function later(tags: readonly Tag[], milliseconds: number): Tag[] {
  return tags.map((tag) => ({ ...tag, timestamp: tag.timestamp + milliseconds }));
}

/** Tags of sound, or of video. */
export function only(tags: readonly Tag[], type: typeof AUDIO | typeof VIDEO): Tag[] {
  return tags.filter((tag) => tag.type === type);
}
