// Access units of H.264 and HEVC as tags: sequence headers made of their parameter sets, and times of decoding.
import { TAG } from '../flv/tag.js';
import { joinLengths } from './annex-b.js';
import { DecodeTimes } from './decode-times.js';
import { NAL_CODECS, type NalCodecName } from './nal-codecs.js';
import { videoFrameHead, videoHeaderTag } from './tag-payload.js';
import { tagTime } from './tag-time.js';
import type { NalCodec } from './video-codec.js';

/**
 * Takes a finished tag.
 * @param timestamp - when it is decoded, in milliseconds modulo 2^32
 * @param payload - the receiver's until it returns
 */
export type TagSink = (type: number, timestamp: number, payload: Buffer) => void;

/** Parameter sets that are kept at most: real streams have three. */
const MOST_SETS = 64;
/** Milliseconds from decoding to showing that fit into a tag. */
const MOST_COMPOSITION = 2 ** 23 - 1;

/** Turns one stream of pictures into tags. */
export class VideoTagger {
  readonly #name: NalCodecName;
  readonly #codec: NalCodec;
  readonly #emit: TagSink;
  readonly #sets = new Map<string, Buffer>();
  readonly #times = new DecodeTimes();
  /** Whether sets came that the last sequence header does not have. */
  #changed = false;
  #header: Buffer | undefined;
  #size: readonly [number, number] | undefined;

  constructor(codec: NalCodecName, emit: TagSink) {
    this.#name = codec;
    this.#codec = NAL_CODECS[codec];
    this.#emit = emit;
  }

  /** Columns and rows; undefined until parameter sets came. */
  get size(): readonly [number, number] | undefined {
    return this.#size;
  }

  /** Takes parameter sets that are known apart from pictures, as SDP has them; they are copied. */
  parameters(sets: readonly Uint8Array[]): void {
    for (const nal of sets) if (this.#codec.role(nal) === 'parameters') this.#keep(nal);
    this.#announce(0);
  }

  /**
   * Takes one access unit, whose bytes are copied.
   * @param nals - without start codes and lengths
   * @param pts - when it is shown, in milliseconds, not wrapped
   * @param dts - when it is decoded; undefined where the carrier does not tell
   */
  push(nals: readonly Uint8Array[], pts: number, dts?: number): void {
    const codec = this.#codec;
    const roles = nals.map((nal) => codec.role(nal));
    for (const [i, nal] of nals.entries()) if (roles[i] === 'parameters') this.#keep(nal);
    const pictured = roles.includes('picture');
    const keyframe = pictured && codec.isKeyframe(nals);
    // Sets that change between keyframes travel with their picture: a new header would end the group.
    const announces = keyframe || !pictured || this.#header === undefined;
    const at = Math.round(dts ?? pts);
    if (announces) this.#announce(at);
    if (!pictured) return;
    const wanted = nals.filter((_, i) => roles[i] !== 'delimiter' && (roles[i] !== 'parameters' || this.#changed));
    const decoded = Math.round(dts ?? this.#times.next(pts));
    const composition = Math.max(-MOST_COMPOSITION, Math.min(MOST_COMPOSITION, Math.round(pts) - decoded));
    const head = videoFrameHead(this.#name, keyframe, composition);
    const payload = joinLengths(wanted, head.byteLength);
    payload.set(head);
    this.#emit(TAG.video, tagTime(decoded), payload);
  }

  #keep(nal: Uint8Array): void {
    const name = this.#codec.setName(nal);
    if (name === undefined || this.#sets.get(name)?.equals(nal) === true) return;
    if (!this.#sets.has(name) && this.#sets.size >= MOST_SETS) return;
    this.#sets.set(name, Buffer.from(nal));
    this.#changed = true;
  }

  #announce(at: number): void {
    if (!this.#changed) return;
    const sets = [...this.#sets.values()];
    const record = this.#codec.record(sets);
    if (record === undefined) return;
    this.#changed = false;
    const known = this.#codec.parameters(sets);
    this.#size = known?.size;
    this.#times.describe(known?.reorder, known?.frameRate);
    this.#header = videoHeaderTag(this.#name, record);
    this.#emit(TAG.video, tagTime(at), this.#header);
  }
}
