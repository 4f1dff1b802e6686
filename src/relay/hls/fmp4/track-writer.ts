// Samples of a track as tags.
import { splitLengths } from '../../elementary/annex-b.js';
import { AudioTagger } from '../../elementary/audio-tagger.js';
import { NAL_CODECS, type NalCodecName } from '../../elementary/nal-codecs.js';
import { videoFrameTag, videoHeaderTag, type VideoCodec } from '../../elementary/tag-payload.js';
import { tagTime } from '../../elementary/tag-time.js';
import { VideoTagger, type TagSink } from '../../elementary/video-tagger.js';
import { TAG } from '../../flv/tag.js';
import { malformed } from './malformed.js';
import type { TrackCodec } from './sample-entry.js';

/** Writes the samples of one track; initialization sections may change while it goes on. */
export interface TrackWriter {
  /** Takes what the decoder must be told, which is announced ahead of the next sample. */
  configure(content: TrackCodec): void;
  /**
   * Takes one sample, which is copied.
   * @param dts - and `pts`, in milliseconds, not wrapped
   */
  push(sample: Buffer, dts: number, pts: number, sync: boolean): void;
}

/** A writer for what a track holds. */
export function trackWriter(content: TrackCodec, emit: TagSink): TrackWriter {
  if (content.kind === 'audio') return new AudioWriter(content.codec, emit);
  const { codec } = content;
  return codec === 'h264' || codec === 'hevc' ? new NalWriter(codec, emit) : new RecordWriter(codec, emit);
}

/** H.264 and HEVC: parameters may lie in the record, in the samples, or in both. */
class NalWriter implements TrackWriter {
  readonly #codec: NalCodecName;
  readonly #tagger: VideoTagger;
  #sets: readonly Uint8Array[] = [];
  #lengthBytes = 4;

  constructor(codec: NalCodecName, emit: TagSink) {
    this.#codec = codec;
    this.#tagger = new VideoTagger(codec, emit);
  }

  configure(content: TrackCodec): void {
    if (content.kind !== 'video') return;
    const read = NAL_CODECS[this.#codec].readRecord(content.record);
    if (read === undefined) throw malformed('the record of a decoder is broken');
    this.#sets = read.sets.map((set) => Buffer.from(set));
    this.#lengthBytes = read.lengthBytes;
  }

  push(sample: Buffer, dts: number, pts: number): void {
    const nals = splitLengths(sample, this.#lengthBytes);
    // Those of the record count as if they stood ahead of the first sample behind it.
    this.#tagger.push(this.#sets.length === 0 ? nals : [...this.#sets, ...nals], pts, dts);
    this.#sets = [];
  }
}

/** AV1 and VP9: the record goes ahead as it is. */
class RecordWriter implements TrackWriter {
  readonly #codec: VideoCodec;
  readonly #emit: TagSink;
  #record: Buffer | undefined;
  #pending = false;

  constructor(codec: VideoCodec, emit: TagSink) {
    this.#codec = codec;
    this.#emit = emit;
  }

  configure(content: TrackCodec): void {
    if (content.kind !== 'video' || this.#record?.equals(content.record) === true) return;
    this.#record = Buffer.from(content.record);
    this.#pending = true;
  }

  push(sample: Buffer, dts: number, _pts: number, sync: boolean): void {
    if (this.#pending && this.#record !== undefined)
      this.#emit(TAG.video, tagTime(dts), videoHeaderTag(this.#codec, this.#record));
    this.#pending = false;
    this.#emit(TAG.video, tagTime(dts), videoFrameTag(this.#codec, sync, 0, sample));
  }
}

class AudioWriter implements TrackWriter {
  readonly #tagger: AudioTagger;
  #config: Buffer | undefined;

  constructor(codec: ConstructorParameters<typeof AudioTagger>[0], emit: TagSink) {
    this.#tagger = new AudioTagger(codec, emit);
  }

  configure(content: TrackCodec): void {
    if (content.kind === 'audio') this.#config = content.config && Buffer.from(content.config);
  }

  push(sample: Buffer, _dts: number, pts: number): void {
    if (this.#config !== undefined) this.#tagger.configure(this.#config, pts);
    this.#config = undefined;
    this.#tagger.push(sample, pts);
  }
}
