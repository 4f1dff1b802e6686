// The segments of a playlist as their tags come: most tags hold for the next segment, some for all that follow.
import { FramerailError } from '../../base/index.js';
import { decimal, hexadecimal, parseAttributes, type Attributes } from './attributes.js';
import type { ByteRange, Segment, SegmentKey, SegmentMap } from './playlist.js';

const IV_BYTES = 16;
/** Segments of a playlist at most: half a week of two seconds each. */
const MOST_SEGMENTS = 150_000;
/** Seconds that no segment is longer than; a whole film may be one. */
const LONGEST = 86_400;

/** What is wrong with a playlist. */
export function malformed(why: string): FramerailError {
  return new FramerailError('FR_RELAY_PROTOCOL', `The origin sent a malformed playlist: ${why}.`);
}

/** Collects segments. */
export class SegmentList {
  readonly segments: Segment[] = [];
  mediaSequence = 0;
  #skipped = 0;
  #discontinuity = 0;
  #duration: number | undefined;
  #range: { readonly length: number; readonly offset: number | undefined } | undefined;
  #gap = false;
  #map: SegmentMap | undefined;
  #key: SegmentKey | undefined;
  /** Where the last range ended, and of which resource. */
  #lastRange: { readonly uri: string; readonly end: number } | undefined;

  /** Takes a tag; those of no concern are passed over. */
  tag(tag: string, value: string): void {
    if (tag === 'INF') this.#duration = durationOf(value);
    else if (tag === 'BYTERANGE') this.#range = rangeOf(value);
    else if (tag === 'DISCONTINUITY') this.#discontinuity += 1;
    else if (tag === 'GAP') this.#gap = true;
    else if (tag === 'MAP') this.#map = this.#mapOf(parseAttributes(value));
    else if (tag === 'KEY') this.#key = this.#keyOf(parseAttributes(value));
    else if (tag === 'MEDIA-SEQUENCE') this.mediaSequence = countOf(value);
    else if (tag === 'DISCONTINUITY-SEQUENCE') this.#discontinuity = countOf(value);
    else if (tag === 'SKIP') this.#skipped = countOf(parseAttributes(value).get('SKIPPED-SEGMENTS') ?? '');
  }

  /** Takes the address of a segment, to which the tags ahead of it belong. */
  add(uri: string): void {
    // Addresses without a duration are no segments; some playlists have them for hints.
    if (this.#duration === undefined) return;
    if (this.segments.length >= MOST_SEGMENTS) throw malformed('it lists too many segments');
    const sequence = this.mediaSequence + this.#skipped + this.segments.length;
    this.segments.push({
      uri,
      sequence,
      duration: this.#duration,
      discontinuity: this.#discontinuity,
      range: this.#rangeFor(uri),
      map: this.#map,
      key: this.#key,
      gap: this.#gap,
    });
    this.#duration = undefined;
    this.#range = undefined;
    this.#gap = false;
  }

  #rangeFor(uri: string): ByteRange | undefined {
    if (this.#range === undefined) {
      this.#lastRange = undefined;
      return undefined;
    }
    const { length, offset = this.#lastRange?.uri === uri ? this.#lastRange.end : undefined } = this.#range;
    if (offset === undefined) throw malformed('a range of bytes goes on where none ended');
    this.#lastRange = { uri, end: offset + length };
    return { offset, length };
  }

  #mapOf(attributes: Attributes): SegmentMap {
    const uri = attributes.get('URI');
    if (uri === undefined || uri === '') throw malformed('an initialization section has no address');
    const text = attributes.get('BYTERANGE');
    const range = text === undefined ? undefined : rangeOf(text);
    return {
      uri,
      range: range && { length: range.length, offset: range.offset ?? 0 },
      key: this.#key,
    };
  }

  #keyOf(attributes: Attributes): SegmentKey | undefined {
    const method = attributes.get('METHOD') ?? '';
    if (method === 'NONE') return undefined;
    const format = attributes.get('KEYFORMAT') ?? 'identity';
    // Several keys stand beside each other, one for each system of rights: the one that can be used stays.
    if (format !== 'identity' && this.#key?.format === 'identity') return this.#key;
    const [uri, iv] = [attributes.get('URI') ?? '', attributes.get('IV')];
    const bytes = hexadecimal(iv, IV_BYTES);
    if (iv !== undefined && bytes === undefined) throw malformed('an initialization vector has no 16 bytes');
    return { method, uri, iv: bytes, format };
  }
}

function durationOf(value: string): number {
  const comma = value.indexOf(',');
  const duration = decimal((comma < 0 ? value : value.slice(0, comma)).trim());
  if (duration === undefined || duration > LONGEST) throw malformed('a segment has no sensible duration');
  return duration;
}

function rangeOf(value: string): { length: number; offset: number | undefined } {
  const [, length, offset] = /^(\d{1,15})(?:@(\d{1,15}))?$/.exec(value.trim()) ?? [];
  if (length === undefined || Number(length) === 0) throw malformed('a range of bytes has no length');
  return { length: Number(length), offset: offset === undefined ? undefined : Number(offset) };
}

function countOf(value: string): number {
  if (!/^\d{1,15}$/.test(value.trim())) throw malformed('a sequence number is none');
  return Number(value);
}
