// Frames of sound as tags.
import { TAG } from '../flv/tag.js';
import { audioFrameTag, audioHeaderTag, type AudioCodec } from './tag-payload.js';
import { tagTime } from './tag-time.js';
import type { TagSink } from './video-tagger.js';

/** Turns one stream of sound into tags. */
export class AudioTagger {
  readonly #codec: AudioCodec;
  readonly #emit: TagSink;
  #config: Buffer | undefined;

  constructor(codec: AudioCodec, emit: TagSink) {
    this.#codec = codec;
    this.#emit = emit;
  }

  /**
   * Takes what a decoder must be told, and copies it; it is announced once, and again when it changes.
   * @param config - for AAC the AudioSpecificConfig, for Opus the `OpusHead`
   * @param at - from when on, in milliseconds
   */
  configure(config: Uint8Array, at = 0): void {
    if (this.#config?.equals(config) === true) return;
    this.#config = Buffer.from(config);
    const header = audioHeaderTag(this.#codec, config);
    if (header !== undefined) this.#emit(TAG.audio, tagTime(at), header);
  }

  /**
   * Takes one frame without any framing; it is copied.
   * @param pts - when it is heard, in milliseconds, not wrapped
   */
  push(frame: Uint8Array, pts: number): void {
    this.#emit(TAG.audio, tagTime(pts), audioFrameTag(this.#codec, frame));
  }
}
