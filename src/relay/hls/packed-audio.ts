// Segments that hold sound alone, without any container: ADTS, MP3, AC-3 (RFC 8216 section 3.4).
import { AudioTagger } from '../elementary/audio-tagger.js';
import type { Unwrapper } from '../elementary/unwrapper.js';
import type { TagSink } from '../elementary/video-tagger.js';
import { AudioFrames } from '../mpegts/audio-frames.js';
import { FRAME_READERS } from '../mpegts/sound-headers.js';

type PackedCodec = 'aac' | 'mp3' | 'ac3' | 'eac3';

/** Who wrote the time into a tag of ID3. */
const OWNER = 'com.apple.streaming.transportStreamTimestamp\0';
const ID3_HEADER = 10;
/** Bytes of the tags of one segment at most; pictures in them are not unusual. */
const MOST_ID3 = 4 * 1024 * 1024;
const TICKS_PER_MS = 90;
/** Bytes that tell which codec it is. */
const TELLING = 6;

/** Which codec frames begin with; undefined where none does. */
export function packedCodec(bytes: Uint8Array): PackedCodec | undefined {
  const [first = 0, second = 0] = bytes;
  if (first === 0x0b && second === 0x77) return (bytes[5] ?? 0) >> 3 > 10 ? 'eac3' : 'ac3';
  if (first !== 0xff) return undefined;
  // A layer of zero is that of ADTS alone.
  if ((second & 0xf6) === 0xf0) return 'aac';
  return (second & 0xe0) === 0xe0 && (second & 0x06) !== 0 ? 'mp3' : undefined;
}

/** Reads such segments, one after the other. */
export class PackedAudio {
  readonly #clock: Unwrapper;
  readonly #emit: TagSink;
  #codec: PackedCodec | undefined;
  #frames: AudioFrames | undefined;
  /** What came ahead of the first frame. */
  #ahead: Buffer = Buffer.alloc(0);
  /** Bytes of a tag that are passed over. */
  #through = 0;
  /** When the first frame is heard, in ticks, unwrapped. */
  #begins: number | undefined;
  /** When what comes next is heard, as far as frames tell. */
  #next = 0;
  #begun = false;

  /** @param clock - of 33 bits, the same for all renditions */
  constructor(clock: Unwrapper, emit: TagSink) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** A segment begins. */
  begin(): void {
    this.#ahead = Buffer.alloc(0);
    this.#through = 0;
    this.#begins = undefined;
    this.#begun = false;
  }

  /** Takes the next bytes of the segment. */
  push(bytes: Buffer): void {
    if (this.#begun) {
      this.#frames?.push(bytes, 0, bytes.byteLength);
      return;
    }
    this.#ahead = Buffer.concat([this.#ahead, bytes]);
    while (this.#readTag());
    if (this.#through > 0 || this.#ahead.byteLength < TELLING || isId3(this.#ahead)) return;
    this.#start();
  }

  /** The segment is over. */
  flush(): void {
    this.#frames?.whole();
    this.#frames?.reset();
  }

  /** Reads a tag of ID3 in front; false where none is here as a whole. */
  #readTag(): boolean {
    const bytes = this.#ahead;
    if (this.#through > 0) {
      const count = Math.min(this.#through, bytes.byteLength);
      this.#through -= count;
      this.#ahead = bytes.subarray(count);
      return count > 0 && this.#through === 0;
    }
    if (bytes.byteLength < ID3_HEADER || !isId3(bytes)) return false;
    const size = ID3_HEADER + syncsafe(bytes, 6) + ((bytes[5] ?? 0) & 0x10 ? ID3_HEADER : 0);
    if (size > MOST_ID3) {
      this.#through = size;
      return true;
    }
    if (bytes.byteLength < size) return false;
    const ticks = timeIn(bytes.subarray(ID3_HEADER, size));
    if (ticks !== undefined) this.#begins ??= this.#clock.unwrap(ticks);
    this.#ahead = bytes.subarray(size);
    return true;
  }

  #start(): void {
    this.#begun = true;
    const codec = packedCodec(this.#ahead) ?? this.#codec ?? 'aac';
    if (codec !== this.#codec) {
      this.#codec = codec;
      this.#frames = this.#reader(codec);
    }
    this.#frames?.mark(this.#begins ?? this.#next);
    this.#frames?.push(this.#ahead, 0, this.#ahead.byteLength);
    this.#ahead = Buffer.alloc(0);
  }

  #reader(codec: PackedCodec): AudioFrames {
    const tagger = new AudioTagger(codec, this.#emit);
    return new AudioFrames(FRAME_READERS[codec], (frame, data, pts) => {
      this.#next = pts + (frame.samples * 1000 * TICKS_PER_MS) / frame.sampleRate;
      if (frame.refused !== undefined || data.byteLength === 0) return;
      if (frame.config !== undefined) tagger.configure(frame.config, pts / TICKS_PER_MS);
      tagger.push(data, pts / TICKS_PER_MS);
    });
  }
}

function isId3(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 3) === 'ID3';
}

/** A number of four bytes with seven bits each (ID3v2.4, 6.2). */
function syncsafe(bytes: Buffer, at: number): number {
  return [0, 1, 2, 3].reduce((sum, i) => sum * 128 + ((bytes[at + i] ?? 0) & 0x7f), 0);
}

/** The time in a PRIV frame: eight bytes, of which 33 bits count. */
function timeIn(frames: Buffer): number | undefined {
  const at = frames.indexOf(OWNER, 0, 'latin1');
  const from = at + OWNER.length;
  if (at < 0 || from + 8 > frames.byteLength) return undefined;
  return ((frames[from + 3] ?? 0) & 1) * 2 ** 32 + frames.readUInt32BE(from + 4);
}
