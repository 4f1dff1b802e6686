// The bytes of segments as tags, whatever they are: each segment shows its format by its first bytes.
import { FramerailError } from '../../base/index.js';
import type { TagSink } from '../elementary/video-tagger.js';
import { TsDemuxer } from '../mpegts/demuxer.js';
import type { OriginHints } from '../origin.js';
import { Mp4Demuxer } from './fmp4/demuxer.js';
import { PackedAudio, packedCodec } from './packed-audio.js';
import type { Timeline } from './timeline.js';

/** Who hears of segments. */
export interface SegmentHandlers {
  readonly onHints: (hints: OriginHints) => void;
  readonly onTag: TagSink;
  readonly onWarning: (message: string) => void;
}

/** What is known of a segment ahead of its bytes. */
export interface SegmentStart {
  /** The stretch of time that it belongs to. */
  readonly stretch: string;
  /** What decoders need ahead of it; the same object as long as it is the same. */
  readonly map: Buffer | undefined;
  /** Bytes of its resource ahead of it. */
  readonly offset: number;
}

type Format = 'ts' | 'mp4' | 'audio';
/** What reads a format. */
interface Reader {
  begin(offset: number): void;
  push(bytes: Buffer): void;
  flush(): void;
}

/** Bytes of a packet of a transport stream. */
const PACKET = 188;
const SYNC = 0x47;
/** Bytes that are looked at until the format is known. */
const TELLING = 4 * PACKET;
/** Boxes that segments and initialization sections begin with (RFC 8216 section 3.3; ISO/IEC 14496-12, 8.16). */
const BOXES = new Set(['ftyp', 'styp', 'moov', 'moof', 'sidx', 'emsg', 'prft', 'mdat', 'free', 'skip', 'uuid', 'ssix']);

/** Reads the segments of one rendition, one after the other. */
export class SegmentDemuxer {
  readonly #timeline: Timeline;
  readonly #handlers: SegmentHandlers;
  readonly #readers = new Map<Format, Reader>();
  #stretch: string | undefined;
  #start: SegmentStart | undefined;
  /** The map that the reader has had. */
  #map: Buffer | undefined;
  #reader: Reader | undefined;
  /** The first bytes of a segment whose format is not known. */
  #ahead: Buffer = Buffer.alloc(0);

  constructor(timeline: Timeline, handlers: SegmentHandlers) {
    this.#timeline = timeline;
    this.#handlers = handlers;
  }

  /** A segment begins; in another stretch, nothing of what came before holds. */
  begin(start: SegmentStart): void {
    if (start.stretch !== this.#stretch) {
      this.#readers.clear();
      this.#map = undefined;
    }
    this.#stretch = start.stretch;
    this.#start = start;
    this.#reader = undefined;
    this.#ahead = Buffer.alloc(0);
  }

  /** Takes the next bytes of the segment; throws FR_RELAY_PROTOCOL for what is no media. */
  push(bytes: Buffer): void {
    if (this.#reader !== undefined) {
      this.#reader.push(bytes);
      return;
    }
    this.#ahead = Buffer.concat([this.#ahead, bytes]);
    const format = formatOf(this.#start?.map ?? this.#ahead);
    if (format !== undefined) this.#enter(format);
    else if (this.#ahead.byteLength >= TELLING) throw unknownFormat();
  }

  /** The segment is over, or nothing more of it will come. */
  end(): void {
    const { byteLength } = this.#ahead;
    this.#ahead = Buffer.alloc(0);
    this.#reader?.flush();
    if (this.#reader === undefined && byteLength > 0) throw unknownFormat();
  }

  #enter(format: Format): void {
    const { map, offset = 0, stretch = '' } = this.#start ?? {};
    const reader = this.#readers.get(format) ?? this.#make(format, stretch);
    this.#readers.set(format, reader);
    this.#reader = reader;
    if (map !== undefined && map !== this.#map) {
      reader.begin(0);
      reader.push(map);
    }
    this.#map = map;
    reader.begin(offset);
    reader.push(this.#ahead);
    this.#ahead = Buffer.alloc(0);
  }

  #make(format: Format, stretch: string): Reader {
    const handlers = this.#handlers;
    if (format === 'mp4') return new Mp4Demuxer(handlers);
    const clock = this.#timeline.clock(stretch);
    if (format === 'ts') {
      const demuxer = new TsDemuxer(handlers, { clock });
      return {
        begin: () => undefined,
        push: (bytes) => {
          demuxer.push(bytes);
        },
        flush: () => {
          demuxer.flush();
        },
      };
    }
    handlers.onHints({ audio: true, video: false });
    return new PackedAudio(clock, handlers.onTag);
  }
}

/** What the first bytes are; undefined where they do not tell, or are too few. */
function formatOf(bytes: Buffer): Format | undefined {
  if (bytes.byteLength < 8) return undefined;
  if (BOXES.has(bytes.toString('latin1', 4, 8))) return 'mp4';
  if (bytes.toString('latin1', 0, 3) === 'ID3' || packedCodec(bytes) !== undefined) return 'audio';
  // Some bytes may lie ahead of the first packet.
  for (let at = 0; at < Math.min(PACKET, bytes.byteLength); at++)
    if (bytes[at] === SYNC && (at === 0 || (bytes[at + PACKET] === SYNC && bytes[at + 2 * PACKET] === SYNC)))
      return 'ts';
  return undefined;
}

function unknownFormat(): FramerailError {
  const message = 'The origin sent a segment that is neither MPEG-TS nor MP4 nor sound.';
  return new FramerailError('FR_RELAY_PROTOCOL', message);
}
