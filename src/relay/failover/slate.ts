// A slate that is prepared: pictures and sound of one loop, as tags.
import { FramerailError } from '../../base/index.js';
import type { SoundFacts } from '../elementary/describe.js';
import { FlvReader } from '../flv/reader.js';
import { audioKind, KIND, TAG, videoKind } from '../flv/tag.js';

/** One tag of a loop. */
export interface SlateTag {
  readonly type: number;
  /** From the beginning of the loop, in milliseconds. */
  readonly time: number;
  readonly payload: Buffer;
}

/** The shape that a slate is made in, so that players go on as they are. */
export interface SlateShape {
  readonly width: number;
  readonly height: number;
  /** Frames a second. */
  readonly frameRate: number;
  /** What pictures are encoded as. */
  readonly codec: SlateCodec;
  /** What its own sound is encoded as, in AAC. */
  readonly sound: SoundFacts;
}

/** Codecs of live streams that there are encoders for in real time. */
export type SlateCodec = 'h264' | 'hevc';

/** A loop of pictures, the first of which is a keyframe. */
export interface Slate {
  readonly shape: SlateShape;
  readonly videoHeader: Buffer;
  readonly pictures: readonly SlateTag[];
  /** Its own sound; undefined where it has none. */
  readonly sound: { readonly header: Buffer; readonly frames: readonly SlateTag[] } | undefined;
  /** Milliseconds of one loop. */
  readonly length: number;
}

/** Reads a slate from FLV with sound of AAC; throws FR_INPUT_UNREADABLE for one without a picture. */
export function readSlate(flv: Buffer, shape: SlateShape): Slate {
  const pictures: SlateTag[] = [];
  const frames: SlateTag[] = [];
  let videoHeader: Buffer | undefined;
  let audioHeader: Buffer | undefined;
  new FlvReader({
    onHeader: () => undefined,
    onTag: (type, time, payload) => {
      const kind = type === TAG.video ? videoKind(payload) : type === TAG.audio ? audioKind(payload) : 0;
      const header = (kind & KIND.header) !== 0;
      if (header && type === TAG.video) videoHeader ??= Buffer.from(payload);
      else if (header) audioHeader ??= Buffer.from(payload);
      else if ((kind & KIND.media) !== 0)
        (type === TAG.video ? pictures : frames).push({ type, time, payload: Buffer.from(payload) });
    },
  }).push(flv);
  const first = pictures[0]?.time;
  if (videoHeader === undefined || first === undefined)
    throw new FramerailError('FR_INPUT_UNREADABLE', 'The slate has no picture.');
  const shift = (tag: SlateTag): SlateTag => ({ ...tag, time: tag.time - first });
  const length = (pictures.length * 1000) / shape.frameRate;
  const sound = frames.map(shift).filter(({ time }) => time >= 0 && time < length);
  return {
    ...{ shape, videoHeader, length },
    pictures: pictures.map(shift),
    sound: audioHeader === undefined || sound.length === 0 ? undefined : { header: audioHeader, frames: sound },
  };
}
