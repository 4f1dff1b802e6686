// Fragmented MP4 as it comes over the network: samples are handed over as soon as their last byte is here.
import type { TagSink } from '../../elementary/video-tagger.js';
import { FramerailError } from '../../../base/index.js';
import type { OriginHints } from '../../origin.js';
import {
  boxHead,
  FragmentReader,
  MalformedBoxes,
  shownType,
  type BoxHead,
  type Sample,
} from '../../../sources/index.js';
import { malformed } from './malformed.js';
import { ENCRYPTED } from './sample-entry.js';
import { trackWriter, type TrackWriter } from './track-writer.js';
import { readTracks, type Track } from './tracks.js';

/** Who hears of a file. */
export interface Mp4Handlers {
  readonly onHints: (hints: OriginHints) => void;
  readonly onTag: TagSink;
  /** Something is left out: one sentence, once for each thing. */
  readonly onWarning: (message: string) => void;
}

/** Bytes of a `moov` or a `moof` at most: those of hours in one fragment. */
const MOST_WHOLE = 16 * 1024 * 1024;
/** Bytes of the largest sample that a tag has room for. */
const MOST_SAMPLE = 0xff_f000;
/** Bytes of a head at most. */
const MOST_HEAD = 16;
/** Boxes that must be here as a whole; of others only the data of samples matters. */
const WHOLE = new Set(['moov', 'moof']);

/** Reads initialization sections and fragments of one stream. */
export class Mp4Demuxer {
  readonly #handlers: Mp4Handlers;
  readonly #fragments = new FragmentReader<Track>();
  readonly #said = new Set<string>();
  readonly #writers = new Map<string, TrackWriter>();
  #tracks: ReadonlyMap<number, Track> = new Map();
  /** Which writer a track has, by its number. */
  #chosen: ReadonlyMap<number, TrackWriter> = new Map();
  /** The box that is being collected, once its head is here. */
  #box: BoxHead | undefined;
  /** What is here of it. */
  #pieces: Buffer[] = [];
  #have = 0;
  /** Bytes of the box that is being passed through. */
  #through = 0;
  /** Whether that box holds data of samples. */
  #isData = false;
  /** Where in its resource the next byte lies. */
  #position = 0;
  /** Samples whose data is still to come, in its order. */
  #samples: Sample<Track>[] = [];
  #next = 0;
  /** Ticks by which samples of a track are decoded earlier than they say. */
  readonly #leads = new Map<number, number>();
  /** The next sample as far as it is here. */
  #part: Buffer[] = [];
  #partBytes = 0;

  constructor(handlers: Mp4Handlers) {
    this.#handlers = handlers;
  }

  /**
   * A resource begins, of which all bytes from here on follow.
   * @param offset - of the first byte that comes
   */
  begin(offset: number): void {
    this.flush();
    this.#position = offset;
  }

  /** Takes the next bytes; throws FR_RELAY_PROTOCOL for what is no MP4. */
  push(bytes: Buffer): void {
    let at = 0;
    try {
      while (at < bytes.byteLength) {
        if (this.#through > 0) at += this.#pass(bytes, at);
        else at += this.#collect(bytes, at);
      }
    } catch (error) {
      throw error instanceof MalformedBoxes ? malformed(error.message) : error;
    }
  }

  /** The resource is over: what is here of a box or a sample is worth nothing. */
  flush(): void {
    this.#forget();
    this.#through = 0;
    this.#drop();
  }

  /** Passes through a box, of which only samples are kept. */
  #pass(bytes: Buffer, at: number): number {
    const count = Math.min(this.#through, bytes.byteLength - at);
    if (this.#isData) this.#data(bytes.subarray(at, at + count));
    this.#position += count;
    this.#through -= count;
    return count;
  }

  /** Collects the head of a box, and all of it where it must be here as a whole. */
  #collect(bytes: Buffer, at: number): number {
    const left = bytes.byteLength - at;
    this.#box ??= this.#head(bytes, at);
    const box = this.#box;
    if (box !== undefined && !WHOLE.has(box.type)) return this.#enter(box);
    if (box !== undefined && this.#have + left >= box.size) return this.#whole(box, bytes, at);
    const count = Math.min(left, (box?.size ?? MOST_HEAD) - this.#have);
    // A copy, as bytes belong to who gave them.
    this.#pieces.push(Buffer.from(bytes.subarray(at, at + count)));
    this.#have += count;
    return count;
  }

  /** The head of the box that is being collected; undefined while too little of it is here. */
  #head(bytes: Buffer, at: number): BoxHead | undefined {
    const more = bytes.subarray(at, at + MOST_HEAD);
    const known = this.#have === 0 ? more : Buffer.concat([...this.#pieces, more]);
    const head = boxHead(known, 0, known.byteLength);
    if (head !== undefined && WHOLE.has(head.type) && (head.size === 0 || head.size > MOST_WHOLE))
      throw malformed(`a box of type ${shownType(head.type)} is too large`);
    return head;
  }

  /** Goes into a box that is passed through. */
  #enter({ type, size, header }: BoxHead): number {
    const count = header - this.#have;
    this.#forget();
    this.#position += header;
    this.#through = size === 0 ? Infinity : size - header;
    this.#isData = type === 'mdat';
    return count;
  }

  #whole({ type, size, header }: BoxHead, bytes: Buffer, at: number): number {
    const count = size - this.#have;
    const data = Buffer.concat([...this.#pieces, bytes.subarray(at, at + count)]).subarray(header);
    this.#forget();
    const position = this.#position;
    this.#position += size;
    if (type === 'moov') this.#initialize(data);
    else {
      this.#drop();
      this.#samples = this.#fragments.read(data, position, this.#tracks);
      if (this.#samples.some((sample) => sample.size > MOST_SAMPLE))
        throw malformed('a sample is larger than any that can be carried');
      this.#lead();
    }
    return count;
  }

  /** Pictures that are shown ahead of their decoding time are decoded earlier: few readers of tags expect them. */
  #lead(): void {
    for (const { track, composition } of this.#samples)
      if (-composition > (this.#leads.get(track.id) ?? 0)) this.#leads.set(track.id, -composition);
  }

  #forget(): void {
    this.#box = undefined;
    this.#pieces = [];
    this.#have = 0;
  }

  #initialize(moov: Buffer): void {
    const tracks = readTracks(moov);
    if (tracks.some(({ content }) => content.kind === 'left out' && content.why === ENCRYPTED))
      throw new FramerailError(
        'FR_RELAY_REFUSED',
        'The stream cannot be relayed: its segments are encrypted by Common Encryption, which needs a licence.',
      );
    const chosen = new Map<number, TrackWriter>();
    const kinds = new Set<string>();
    for (const { id, content } of tracks) {
      if (content.kind === 'left out') this.#warn(`A track ${content.why} is left out.`);
      else if (kinds.has(content.kind)) this.#warn(`A second track of ${content.kind} is left out.`);
      else {
        kinds.add(content.kind);
        const name = `${content.kind} ${content.codec}`;
        const writer = this.#writers.get(name) ?? trackWriter(content, this.#handlers.onTag);
        this.#writers.set(name, writer);
        writer.configure(content);
        chosen.set(id, writer);
      }
    }
    if (kinds.size === 0) throw malformed('it has neither sound nor pictures');
    this.#tracks = new Map(tracks.filter(({ id }) => chosen.has(id)).map((track) => [track.id, track]));
    this.#chosen = chosen;
    this.#handlers.onHints({ audio: kinds.has('audio'), video: kinds.has('video') });
  }

  /** Takes data of samples. */
  #data(bytes: Buffer): void {
    const end = this.#position + bytes.byteLength;
    for (let sample = this.#samples[this.#next]; sample !== undefined; sample = this.#samples[this.#next]) {
      const begin = sample.offset + this.#partBytes;
      if (begin < this.#position) {
        // It lies where nobody looks any more.
        this.#warn('A sample lies outside of its segment and is left out.');
        this.#advance();
        continue;
      }
      if (begin >= end) return;
      const from = begin - this.#position;
      const missing = sample.size - this.#partBytes;
      const part = bytes.subarray(from, Math.min(bytes.byteLength, from + missing));
      if (part.byteLength < missing) {
        this.#part.push(Buffer.from(part));
        this.#partBytes += part.byteLength;
        return;
      }
      const whole = this.#partBytes === 0 ? part : Buffer.concat([...this.#part, part]);
      this.#advance();
      this.#give(sample, whole);
    }
  }

  #give({ track, dts, composition, sync }: Sample<Track>, data: Buffer): void {
    const { timescale, shift } = track;
    const decoded = ((dts - (this.#leads.get(track.id) ?? 0)) / timescale) * 1000 + shift;
    const presented = ((dts + composition) / timescale) * 1000 + shift;
    this.#chosen.get(track.id)?.push(data, decoded, presented, sync);
  }

  #advance(): void {
    this.#next += 1;
    this.#part = [];
    this.#partBytes = 0;
  }

  #drop(): void {
    this.#samples = [];
    this.#next = 0;
    this.#part = [];
    this.#partBytes = 0;
  }

  #warn(message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#handlers.onWarning(message);
  }
}
