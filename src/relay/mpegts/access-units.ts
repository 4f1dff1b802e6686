// Access units of H.264 and HEVC out of a byte stream that comes in pieces, each handed over as soon as it is known to be whole.
import { NAL_CODECS, type NalCodecName } from '../elementary/nal-codecs.js';
import type { NalCodec } from '../elementary/video-codec.js';
import { FieldPairs } from './field-pairs.js';

/** One access unit. */
export interface TimedUnit {
  /** Without start codes; views that are valid until the callback returns. */
  readonly nals: readonly Uint8Array[];
  /** What was said where it begins; undefined where nothing was. */
  readonly mark: UnitTimes | undefined;
}

/** Times as a PES header has them, in ticks. */
export interface UnitTimes {
  readonly pts: number;
  /** Undefined where it is not told. */
  readonly dts: number | undefined;
}

/** Who hears of access units. */
export interface UnitHandlers {
  readonly onUnit: (unit: TimedUnit) => void;
  /** What was taken for a whole unit was none; the rest of it is left out. */
  readonly onTorn: () => void;
  /** A unit is larger than any that can be carried, and left out. */
  readonly onTooLarge: () => void;
}

/** The most that a tag can hold is 24 bits long; nothing is kept beyond. */
const MOST_BYTES = 0xff_f000;
const FIRST_ROOM = 64 * 1024;
/** Room that is kept between units, in bytes. */
const KEPT_ROOM = 1024 * 1024;
/** Times of PES packets without a unit of their own that are kept. */
const MOST_MARKS = 64;
/** More NAL units than the slices that any level allows. */
const MOST_NALS = 8192;
/** The type of a sequence parameter set of H.264. */
const SEQUENCE = 7;
/** Bytes of a NAL unit that tell whether it is the first slice of a picture. */
const TELLING = 3;

/** Finds the access units of one stream. */
export class AccessUnits {
  readonly #name: NalCodecName;
  readonly #codec: NalCodec;
  readonly #handlers: UnitHandlers;
  #room = Buffer.allocUnsafe(FIRST_ROOM);
  #have = 0;
  /** Up to where start codes were looked for. */
  #scanned = 0;
  /** Where the NAL units of the open access unit begin, behind their start codes. */
  #nals: number[] = [];
  /** Whether the open access unit has a slice of a picture. */
  #pictured = false;
  /** Index of the first NAL unit behind the last slice that may open the next access unit. */
  #maybe: number | undefined;
  #marks: { readonly at: number; readonly times: UnitTimes }[] = [];
  /** Whether what is here is the rest of something that is left out. */
  #skipping = false;
  /** Whether the last unit was ended by what its carrier said, and what comes next must show that this was right. */
  #unproven = false;
  readonly #fields = new FieldPairs();
  /** Whether units go on from one PES packet into the next: then only the next unit ends one. */
  #spans = false;

  constructor(name: NalCodecName, handlers: UnitHandlers) {
    this.#name = name;
    this.#codec = NAL_CODECS[name];
    this.#handlers = handlers;
  }

  /** What comes next begins a PES packet; times are those of the first unit that begins in it. */
  mark(times: UnitTimes): void {
    if (this.#marks.length >= MOST_MARKS) this.#marks.shift();
    this.#marks.push({ at: this.#have, times });
  }

  /** Takes more bytes, which are copied. */
  push(bytes: Buffer, from: number, to: number): void {
    const wanted = this.#have + to - from;
    if (wanted > MOST_BYTES) {
      this.#skip();
      this.#handlers.onTooLarge();
      return;
    }
    if (wanted > this.#room.byteLength) {
      const room = Buffer.allocUnsafeSlow(Math.min(MOST_BYTES, Math.max(wanted, 2 * this.#room.byteLength)));
      this.#room.copy(room, 0, 0, this.#have);
      this.#room = room;
    }
    bytes.copy(this.#room, this.#have, from, to);
    this.#have = wanted;
    this.#scan(this.#fields.telling ?? TELLING);
  }

  /** A PES packet ended: so does the unit, unless this stream has shown that its units go on. */
  whole(): void {
    // One field alone is half a frame, and the other one is on its way.
    if (!this.#spans && !this.#skipping && !this.#fields.open) this.#end();
  }

  /** Nothing comes behind what is here. */
  flush(): void {
    if (!this.#skipping) this.#end();
    this.reset();
  }

  /** What is here is damaged; the next unit that begins with a PES packet is good again. */
  reset(): void {
    this.#skip();
    this.#unproven = false;
  }

  #skip(): void {
    this.#forget(this.#have);
    this.#marks = [];
    this.#fields.forget();
    this.#skipping = true;
    if (this.#room.byteLength > KEPT_ROOM) this.#room = Buffer.allocUnsafe(FIRST_ROOM);
  }

  #end(): void {
    this.#scan(1);
    if (this.#nals.length > 0) this.#cut(this.#nals.length, this.#have);
    this.#forget(this.#have);
    this.#unproven = true;
  }

  /**
   * Looks for start codes in what is new.
   * @param telling - bytes that must be here behind one
   */
  #scan(telling: number): void {
    const room = this.#room;
    let at = this.#scanned;
    while (at + 3 + telling <= this.#have) {
      // 00 00 01: where the third byte is larger than one, none of the three places can begin it.
      const third = room[at + 2] ?? 0;
      if (third > 1) at += 3;
      else if (third === 1 && room[at + 1] === 0 && room[at] === 0) at = this.#found(at) + 3;
      else at += 1;
    }
    this.#scanned = Math.min(at, this.#have);
    if (this.#skipping) this.#forget(this.#scanned);
  }

  /** A start code; gives where it lies now, as what was ahead of it may have been given away. */
  #found(code: number): number {
    const nal = this.#room.subarray(code + 3, Math.min(code + 3 + (this.#fields.telling ?? TELLING), this.#have));
    this.#readSequence(code);
    const role = this.#codec.role(nal);
    const first = this.#codec.beginsPicture(nal);
    // Zeros may lie between the beginning of the PES packet and the start code.
    const marked = this.#marks.some(({ at }) => code >= at && code - at < 4);
    if (this.#unproven && !this.#proves(code, role, first)) return this.#have;
    if (this.#skipping && (role === 'delimiter' || role === 'parameters' || marked || first)) this.#skipping = false;
    let at = code;
    if (role === 'picture') {
      const second = first && this.#fields.closes(nal);
      if (this.#pictured && first && !second) at = this.#cutAt(this.#maybe, code);
      this.#maybe = undefined;
      this.#pictured = !this.#skipping;
    } else if (opensUnit(this.#name, nal) && this.#pictured) {
      // A delimiter begins a unit wherever it is; others do where a PES packet begins, or a new picture follows.
      if ((role === 'delimiter' || marked) && !this.#fields.open) at = this.#cutAt(this.#maybe, code);
      else this.#maybe ??= this.#nals.length;
    }
    if (!this.#skipping) this.#nals.push(at + 3);
    if (this.#nals.length <= MOST_NALS) return at;
    this.#skip();
    this.#handlers.onTooLarge();
    return this.#have;
  }

  /** A start code ends the NAL unit ahead of it: a sequence parameter set says whether pictures may be fields. */
  #readSequence(end: number): void {
    const from = this.#nals.at(-1);
    if (this.#name !== 'h264' || from === undefined || ((this.#room[from] ?? 0) & 0x1f) !== SEQUENCE) return;
    this.#fields.describe(this.#codec.parameters([this.#room.subarray(from, end)])?.fieldBits);
  }

  /**
   * Whether what follows a unit that was ended by its PES packet is another unit. The rest of a NAL unit, and a slice that
   * goes on with a picture, show that it was ended too early.
   */
  #proves(code: number, role: string, first: boolean): boolean {
    const rest = this.#nals.length === 0 && this.#room.subarray(0, code).some((byte) => byte !== 0);
    if (!rest && role !== 'picture') return true;
    this.#unproven = false;
    if (!rest && first) return true;
    this.#spans = true;
    this.#skip();
    this.#handlers.onTorn();
    return false;
  }

  /** Gives away what lies ahead of the next unit, which begins with a NAL unit or at a start code. */
  #cutAt(nal: number | undefined, code: number): number {
    let begin = nal === undefined ? code : (this.#nals[nal] ?? code + 3) - 3;
    // The times of the next unit are those of the place where its zeros begin.
    while (begin > 0 && this.#room[begin - 1] === 0) begin -= 1;
    const moved = this.#nals.slice(nal ?? this.#nals.length);
    this.#cut(nal ?? this.#nals.length, begin);
    this.#forget(begin);
    this.#nals = moved.map((at) => at - begin);
    return code - begin;
  }

  /** Hands over the first NAL units that are here. */
  #cut(count: number, end: number): void {
    const nals: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const from = this.#nals[i] ?? 0;
      let to = i + 1 < this.#nals.length ? (this.#nals[i + 1] ?? end) - 3 : end;
      // Zeros behind a unit belong to the next start code, or are padding.
      while (to > from && this.#room[to - 1] === 0) to -= 1;
      if (to > from) nals.push(this.#room.subarray(from, to));
    }
    const begin = (this.#nals[0] ?? 0) - 3;
    let mark: UnitTimes | undefined;
    for (const { at, times } of this.#marks) if (at <= begin) mark = times;
    this.#marks = this.#marks.filter(({ at }) => at > begin);
    if (nals.length > 0) this.#handlers.onUnit({ nals, mark });
  }

  /** Drops what lies ahead of a place. */
  #forget(to: number): void {
    this.#room.copyWithin(0, to, this.#have);
    this.#have -= to;
    this.#scanned = 0;
    this.#marks = this.#marks.filter(({ at }) => at >= to).map(({ at, times }) => ({ at: at - to, times }));
    this.#nals = [];
    this.#pictured = false;
    this.#maybe = undefined;
  }
}

/** Whether a NAL unit behind a picture belongs to the next access unit (H.264 7.4.1.2.3, H.265 7.4.2.4.4). */
function opensUnit(name: NalCodecName, nal: Uint8Array): boolean {
  const first = nal[0] ?? 0;
  if (name === 'h264') {
    const type = first & 0x1f;
    return (type >= 6 && type <= 9) || (type >= 14 && type <= 18);
  }
  const type = (first >> 1) & 0x3f;
  return (type >= 32 && type <= 35) || type === 39 || (type >= 41 && type <= 44) || (type >= 48 && type <= 55);
}
