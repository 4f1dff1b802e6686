// The way back: frames of sound out of tags, framed for carriers that have no headers apart.
import { audioBody } from '../flv/body.js';
import { adtsHeader, readAacConfig, type AacParameters } from './aac.js';

/** One frame of sound. */
export interface SoundFrame {
  /** As FFmpeg calls it. */
  readonly codec: string;
  /** AAC has its ADTS header in front; everything else is as the codec has it. A view of the tag, or a copy. */
  readonly data: Uint8Array;
}

/** Takes the audio tags of one stream, in their order. */
export class AudioUntagger {
  #aac: AacParameters | undefined;
  #config: Buffer | undefined;
  #codec: string | undefined;

  /** Of the last header or frame; undefined before the first one. */
  get codec(): string | undefined {
    return this.#codec;
  }

  /** What the last header holds: for AAC the AudioSpecificConfig, for Opus the `OpusHead`. */
  get config(): Buffer | undefined {
    return this.#config;
  }

  /** What the configuration of AAC says. */
  get aac(): AacParameters | undefined {
    return this.#aac;
  }

  /** Takes a tag: a frame, or undefined for headers, and for what cannot be framed. */
  read(payload: Buffer): SoundFrame | undefined {
    const found = audioBody(payload);
    if (found === undefined) return undefined;
    const { codec, data } = found;
    this.#codec = codec;
    if (found.packet === 'header') {
      this.#config = Buffer.from(data);
      this.#aac = codec === 'aac' ? readAacConfig(data) : undefined;
      return undefined;
    }
    if (codec !== 'aac') return { codec, data };
    const header = this.#aac && adtsHeader(this.#aac, data.byteLength);
    return header && { codec, data: Buffer.concat([header, data]) };
  }
}
