// What the body of an HTTP answer is, by its first bytes: paths and content types say what they like.
import { FramerailError } from '../base/index.js';
import { describedTags } from './described-origin.js';
import { FlvReader } from './flv/reader.js';
import { TsDemuxer, type TsDemuxerOptions } from './mpegts/demuxer.js';
import { findPackets } from './mpegts/packet-finder.js';
import type { OriginHandlers } from './origin.js';

/** What a body may be. */
export type ContentKind = 'flv' | 'mpegts' | 'playlist';

/** Who hears of a body. */
export interface ContentHandlers extends Pick<OriginHandlers, 'onHints' | 'onTag' | 'onWarning'> {
  /** It is a playlist, and no media. */
  readonly onPlaylist: () => void;
}

const FLV = 'FLV';
const PLAYLIST = '#EXTM3U';
/** What editors put ahead of text. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf';
/** Bytes in which packets must be found: more than eleven of the largest, of which the first may be cut. */
const MOST_LOOKED_AT = 4096;
/** Bytes of something else that are shown. */
const MOST_SHOWN = 24;

/**
 * Says what begins with these bytes.
 * @param final - whether nothing comes behind them
 * @returns undefined while more bytes are needed, and 'unknown' for everything else
 */
export function recognise(bytes: Buffer, final: boolean): ContentKind | 'unknown' | undefined {
  const text = bytes.toString('latin1', 0, BYTE_ORDER_MARK.length + PLAYLIST.length);
  const bare = text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
  if (bare.startsWith(FLV)) return 'flv';
  if (bare.startsWith(PLAYLIST)) return 'playlist';
  const short = FLV.startsWith(bare) || PLAYLIST.startsWith(bare) || BYTE_ORDER_MARK.startsWith(text);
  if (!short && findPackets(bytes).stride !== undefined) return 'mpegts';
  return final || bytes.byteLength >= MOST_LOOKED_AT ? 'unknown' : undefined;
}

/** Reads one body, whichever it is. */
export class ContentReader {
  readonly #handlers: ContentHandlers;
  readonly #options: TsDemuxerOptions;
  /** What came while nobody knew what it is. */
  #begin: Buffer = Buffer.alloc(0);
  #flv: FlvReader | undefined;
  #ts: TsDemuxer | undefined;
  #isPlaylist = false;

  constructor(handlers: ContentHandlers, options: TsDemuxerOptions = {}) {
    this.#handlers = handlers;
    this.#options = options;
  }

  /** Takes the next bytes; throws FR_RELAY_PROTOCOL for what is neither FLV nor MPEG-TS. */
  push(bytes: Buffer): void {
    if (this.#isPlaylist) return;
    if (this.#flv !== undefined) this.#flv.push(bytes);
    else if (this.#ts !== undefined) this.#ts.push(bytes);
    else this.#look(bytes, false);
  }

  /**
   * The body is over; throws like `push`.
   * @returns whether it broke off amid a tag, or held nothing at all
   */
  end(): boolean {
    if (this.#begin.byteLength > 0) this.#look(Buffer.alloc(0), true);
    this.#ts?.flush();
    if (this.#flv !== undefined) return this.#flv.pending;
    return this.#ts === undefined && !this.#isPlaylist;
  }

  #look(bytes: Buffer, final: boolean): void {
    this.#begin = Buffer.concat([this.#begin, bytes]);
    const kind = recognise(this.#begin, final);
    if (kind === undefined) return;
    const begin = this.#begin;
    this.#begin = Buffer.alloc(0);
    if (kind === 'unknown') throw unknownContent(begin);
    const { onHints, onTag, onWarning, onPlaylist } = this.#handlers;
    if (kind === 'playlist') {
      this.#isPlaylist = true;
      onPlaylist();
    } else if (kind === 'flv') {
      this.#flv = new FlvReader({ onHeader: onHints, onTag });
      this.#flv.push(begin);
    } else {
      this.#ts = new TsDemuxer({ onHints, onTag: describedTags(onTag), onWarning }, this.#options);
      this.#ts.push(begin);
    }
  }
}

function unknownContent(begin: Buffer): FramerailError {
  const text = begin.toString('latin1', 0, MOST_SHOWN).replace(/[^\x20-\x7e]/g, '.');
  const what = `The origin sent neither FLV nor MPEG-TS, but what begins with "${text}".`;
  return new FramerailError('FR_RELAY_PROTOCOL', what);
}
