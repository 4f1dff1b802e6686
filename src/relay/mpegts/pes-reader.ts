// PES packets out of the payloads of transport packets (ISO/IEC 13818-1, 2.4.3.6), handed on as they come.

/** Who hears of the PES packets of one stream. */
export interface PesHandlers {
  /** One begins; times are ticks of 90 kHz as they stand there, modulo 2^33. */
  readonly onStart: (pts: number | undefined, dts: number | undefined) => void;
  /** More of its payload, from one place to another. */
  readonly onBytes: (bytes: Buffer, from: number, to: number) => void;
  /** All of its payload is here. */
  readonly onWhole: () => void;
  /** What came of it is of no use. */
  readonly onDamage: () => void;
  readonly onScrambled: () => void;
}

const HEAD = 9;
const LONGEST_HEAD = HEAD + 255;
/** Streams whose PES packets have no header of times (2.4.3.7): maps, padding, private_stream_2, ECM, EMM, DSM-CC, H.222.1 E, directory. */
const WITHOUT_TIMES = new Set([0xbc, 0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff]);
/** PES packets that must have ended where they seemed to, until the next ones are believed to do so, too. */
const ENOUGH_PROOF = 2;

/** What is done with payload. */
type State = 'waiting' | 'header' | 'body' | 'done';

/**
 * Reads the PES packets of one stream. The end of one is known from its length. Video mostly has none: there a packet that
 * was filled up ends it, as only there is "insufficient PES packet data" (2.4.3.5), so that nobody waits for the next
 * picture. A stream that shows that its lengths or its stuffing mean something else is not believed again.
 */
export class PesReader {
  readonly #handlers: PesHandlers;
  /** Whether lengths may be wrong: encoders cut those of large pictures to 16 bits. */
  readonly #doubtful: boolean;
  readonly #head = Buffer.alloc(LONGEST_HEAD);
  #headHave = 0;
  #state: State = 'waiting';
  /** Bytes of payload that are to come; undefined where that is not known. */
  #left: number | undefined;
  #believesLengths = true;
  /** PES packets that were as long as they said. */
  #exact = 0;
  /** PES packets that ended with stuffing; undefined once one went on behind it. */
  #proof: number | undefined = 0;
  /** Whether the last packet was filled up. */
  #stuffed = false;

  /** @param video - whether lengths may be missing or wrong */
  constructor(handlers: PesHandlers, video: boolean) {
    this.#handlers = handlers;
    this.#doubtful = video;
  }

  /**
   * Takes the payload of a transport packet.
   * @param starts - whether a PES packet begins with it
   * @param stuffed - whether the transport packet was filled up
   */
  push(bytes: Buffer, from: number, to: number, starts: boolean, stuffed: boolean): void {
    if (starts) this.#begin();
    else this.#proceed();
    let at = from;
    if (this.#state === 'header') at = this.#header(bytes, at, to);
    if (this.#state === 'body') this.#body(bytes, at, to, stuffed);
  }

  /** Packets were lost, or hold what they should not. */
  damage(): void {
    this.#state = 'waiting';
    this.#stuffed = false;
    this.#handlers.onDamage();
  }

  /** Nothing comes behind what is here: what has no length ends, what is cut off is of no use. */
  flush(): void {
    if (this.#state === 'body') {
      if (this.#left === undefined) this.#handlers.onWhole();
      else this.#handlers.onDamage();
    }
    this.#state = 'waiting';
    this.#stuffed = false;
  }

  #begin(): void {
    if (this.#state === 'body' && this.#left !== undefined) this.#endedShort();
    if (this.#stuffed && this.#proof !== undefined) this.#proof += 1;
    this.#stuffed = false;
    this.#state = 'header';
    this.#headHave = 0;
  }

  /** A PES packet was shorter than it said: where lengths are right, sixteen packets were lost, which counters do not show. */
  #endedShort(): void {
    if (this.#exact >= ENOUGH_PROOF) this.#handlers.onDamage();
    else this.#believesLengths = false;
  }

  /** Goes on with a PES packet. */
  #proceed(): void {
    if (this.#stuffed) this.#proof = undefined;
    this.#stuffed = false;
    if (this.#state !== 'done' || !this.#doubtful) return;
    // It was taken for whole, and is not.
    if (this.#left !== undefined) this.#believesLengths = false;
    this.damage();
  }

  /** Collects the header; gives where the payload begins. */
  #header(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (this.#state === 'header') {
      // How long it is lies in its first bytes.
      const wanted = this.#headHave < HEAD ? HEAD : HEAD + (this.#head[HEAD - 1] ?? 0);
      const count = Math.min(wanted - this.#headHave, to - at);
      bytes.copy(this.#head, this.#headHave, at, at + count);
      this.#headHave += count;
      at += count;
      if (this.#headHave < wanted) break;
      if (this.#headHave >= HEAD + (this.#head[HEAD - 1] ?? 0) || !hasTimes(this.#head)) this.#open();
    }
    return at;
  }

  #open(): void {
    const head = this.#head;
    const length = head.readUInt16BE(4);
    const left = length - this.#headHave + 6;
    if (this.#doubtful && length > 0 && left < 0) this.#believesLengths = false;
    const known = length > 0 && this.#believesLengths;
    this.#state = 'waiting';
    if (head.readUIntBE(0, 3) !== 1 || (known && left < 0)) this.#handlers.onDamage();
    else if (!hasTimes(head)) return;
    else if (((head[6] ?? 0) & 0x30) !== 0) this.#handlers.onScrambled();
    else {
      this.#state = 'body';
      this.#left = known ? left : undefined;
      const which = this.#headHave < HEAD + 5 ? 0 : (head[7] ?? 0) >> 6;
      const pts = which >= 2 ? readTime(head, HEAD) : undefined;
      const dts = which === 3 && this.#headHave >= HEAD + 10 ? readTime(head, HEAD + 5) : undefined;
      this.#handlers.onStart(pts, dts);
    }
  }

  #body(bytes: Buffer, from: number, to: number, stuffed: boolean): void {
    let end = to;
    if (this.#left !== undefined && to - from > this.#left) {
      if (this.#doubtful) {
        this.#believesLengths = false;
        this.#left = undefined;
      } else end = from + this.#left;
    }
    this.#handlers.onBytes(bytes, from, end);
    if (this.#left !== undefined) this.#left -= end - from;
    else if (stuffed) this.#stuffed = true;
    if (this.#left === 0) this.#exact = Math.min(ENOUGH_PROOF, this.#exact + 1);
    if (this.#left !== 0 && !(this.#stuffed && (this.#proof ?? 0) >= ENOUGH_PROOF)) return;
    this.#state = 'done';
    this.#handlers.onWhole();
  }
}

function hasTimes(head: Buffer): boolean {
  return !WITHOUT_TIMES.has(head[3] ?? 0);
}

/** A time of 33 bits between its marker bits; undefined where one of them is missing. */
function readTime(head: Buffer, at: number): number | undefined {
  const first = head[at] ?? 0;
  const middle = head.readUInt16BE(at + 1);
  const last = head.readUInt16BE(at + 3);
  if ((first & middle & last & 1) === 0) return undefined;
  return ((first >> 1) & 7) * 2 ** 30 + (middle >> 1) * 2 ** 15 + (last >> 1);
}
