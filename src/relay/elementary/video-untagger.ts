// The way back: pictures of H.264 and HEVC out of tags, with their parameter sets, for carriers that have no headers apart.
import { videoBody } from '../flv/body.js';
import { splitLengths } from './annex-b.js';
import { NAL_CODECS, type NalCodecName } from './nal-codecs.js';

/** One picture as NAL units. */
export interface AccessUnit {
  readonly codec: NalCodecName;
  readonly keyframe: boolean;
  /** Milliseconds from decoding to showing. */
  readonly composition: number;
  /** Without start codes and delimiters, parameter sets ahead of keyframes; views of the tag and of its header. */
  readonly nals: readonly Uint8Array[];
}

/** Takes the video tags of one stream, in their order. */
export class VideoUntagger {
  #codec: NalCodecName | undefined;
  #sets: readonly Uint8Array[] = [];
  #lengthBytes = 4;

  /** What the last sequence header was of; undefined where none came, or of a codec that has no NAL units. */
  get codec(): NalCodecName | undefined {
    return this.#codec;
  }

  /** Takes a tag: a picture, or undefined for headers, and for what cannot be decoded. */
  read(payload: Buffer): AccessUnit | undefined {
    const found = videoBody(payload);
    if (found === undefined) return undefined;
    if (found.packet === 'header') {
      this.#setUp(found.codec, found.data);
      return undefined;
    }
    const name = this.#codec;
    if (name === undefined || found.codec !== name) return undefined;
    const codec = NAL_CODECS[name];
    const { keyframe, composition, data } = found;
    const nals = splitLengths(data, this.#lengthBytes).filter((nal) => codec.role(nal) !== 'delimiter');
    if (nals.length === 0) return undefined;
    // Who brings sets of its own has newer ones.
    const own = nals.some((nal) => codec.role(nal) === 'parameters');
    return { codec: name, keyframe, composition, nals: keyframe && !own ? [...this.#sets, ...nals] : nals };
  }

  #setUp(codec: string, record: Uint8Array): void {
    this.#codec = codec === 'h264' || codec === 'hevc' ? codec : undefined;
    const known = this.#codec && NAL_CODECS[this.#codec].readRecord(Buffer.from(record));
    this.#sets = known?.sets ?? [];
    this.#lengthBytes = known?.lengthBytes ?? 4;
  }
}
