// A synthetic stream: pictures of 25 a second in groups, AAC beside them, in the order in which encoders send them.
import { picture, sound, VIDEO, type Tag, type VideoFormat } from './tags.js';

/** What a stream is made of. */
export interface StreamOptions {
  /** Milliseconds of media. */
  readonly length: number;
  /** The first timestamp in milliseconds. */
  readonly from?: number;
  /** Pictures from one keyframe to the next. */
  readonly gop?: number;
  readonly audio?: boolean;
  readonly video?: boolean;
  readonly format?: VideoFormat;
  /** The number of the first picture and of the first sound: payloads of two streams differ when these do. */
  readonly number?: number;
  /** Milliseconds by which pictures are shown later than they are decoded, in turns. */
  readonly cts?: readonly number[];
  /** Milliseconds from one picture to the next; 40 unless told. */
  readonly frame?: number;
  /** Bytes of each picture; small keyframes and large others unless told. */
  readonly bytes?: number;
}

const FRAME = 40;
/** 1,024 samples at 44,100 a second, in milliseconds. */
const SOUND = 1024 / 44.1;

/** Tags of media by their timestamps, beginning with a keyframe; sequence headers are the caller's. */
export function stream(options: StreamOptions): Tag[] {
  const { length, from = 0, gop = 10, audio = true, video = true, format = 'avc', number = 0, cts = [0] } = options;
  const { frame = FRAME } = options;
  const size = options.bytes === undefined ? {} : { bytes: options.bytes };
  const tags: Tag[] = [];
  if (video)
    for (let i = 0; i * frame < length; i++) {
      const more = { key: i % gop === 0, cts: cts[i % cts.length] ?? 0, format, ...size };
      tags.push(picture(from + i * frame, number + i, more));
    }
  if (audio)
    for (let i = 0; i * SOUND < length; i++) tags.push(sound(from + Math.round(i * SOUND), number + 0x10000 + i));
  return tags.sort((a, b) => a.timestamp - b.timestamp || b.type - a.type);
}

/** Whether a tag is a keyframe of what `stream` makes. */
export function isKeyframe({ type, payload }: Pick<Tag, 'type' | 'payload'>): boolean {
  return type === VIDEO && ((payload[0] ?? 0) & 0x70) === 0x10 && !isHeader({ type, payload });
}

/** Whether a tag is a sequence header. */
export function isHeader({ type, payload }: Pick<Tag, 'type' | 'payload'>): boolean {
  const [first = 0, second] = payload;
  if (type === VIDEO && (first & 0x80) !== 0) return (first & 0x0f) === 0;
  return type !== 18 && second === 0;
}
