// What a playlist says: the streams that there are, or the segments of one (RFC 8216, rfc8216bis).
import type { Variables } from './attributes.js';

/** A part of a resource, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** What a segment is encrypted with. */
export interface SegmentKey {
  readonly method: string;
  readonly uri: string;
  /** Sixteen bytes; undefined where the number of the segment takes their place. */
  readonly iv: Buffer | undefined;
  /** `identity` where the key is what its address answers. */
  readonly format: string;
}

/** What decoders of a segment need ahead of it. */
export interface SegmentMap {
  readonly uri: string;
  readonly range: ByteRange | undefined;
  readonly key: SegmentKey | undefined;
}

/** One segment, or one part of a segment. */
export interface Segment {
  readonly uri: string;
  /** Its media sequence number. */
  readonly sequence: number;
  /** Seconds. */
  readonly duration: number;
  /** Its discontinuity sequence number: where it changes, times begin anew. */
  readonly discontinuity: number;
  readonly range: ByteRange | undefined;
  readonly map: SegmentMap | undefined;
  readonly key: SegmentKey | undefined;
  /** Whether it is said to be missing. */
  readonly gap: boolean;
}

/** A playlist of segments. */
export interface MediaPlaylist {
  readonly kind: 'media';
  /** Seconds that no segment is longer than. */
  readonly targetDuration: number;
  /** Number of the first segment that is listed, or that a delta update left out. */
  readonly mediaSequence: number;
  readonly segments: readonly Segment[];
  /** Whether nothing more will be listed. */
  readonly ended: boolean;
  /** Seconds from the beginning, or below zero from the end, where its author wants it to be begun. */
  readonly start: number | undefined;
  /** Seconds from the end that its server wants to be kept. */
  readonly holdBack: number | undefined;
  /** Whether its server answers when the next segment is there. */
  readonly canBlock: boolean;
}

/** A stream of a multivariant playlist. */
export interface Variant {
  readonly uri: string;
  /** Bits a second at most. */
  readonly bandwidth: number;
  /** Names of codecs as MP4 has them; empty where nothing is said. */
  readonly codecs: readonly string[];
  /** Columns and rows. */
  readonly resolution: string | undefined;
  /** The group of renditions that its sound is in. */
  readonly audio: string | undefined;
}

/** Sound, pictures or text beside a variant. */
export interface Rendition {
  readonly type: string;
  readonly group: string;
  readonly name: string;
  /** Undefined where it is within the variant itself. */
  readonly uri: string | undefined;
  readonly byDefault: boolean;
  readonly autoselect: boolean;
}

/** A playlist of playlists. */
export interface MultivariantPlaylist {
  readonly kind: 'multivariant';
  readonly variants: readonly Variant[];
  readonly renditions: readonly Rendition[];
  readonly variables: Variables;
}

export type Playlist = MediaPlaylist | MultivariantPlaylist;
