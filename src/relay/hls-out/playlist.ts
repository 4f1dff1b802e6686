// The playlist of a live stream that is written to a folder (RFC 8216): what may be in it, and what may change in it.

/** One segment of a playlist. */
export interface Segment {
  /** The name of its file, beside the playlist. */
  readonly name: string;
  /** Milliseconds. */
  readonly duration: number;
  /** Whether what comes does not join what came: other parameters, other streams, or a gap. */
  readonly discontinuity: boolean;
  /** When its first picture was, on the wall. */
  readonly date: Date | undefined;
}

/** A playlist as it was read. */
export interface ReadPlaylist {
  readonly target: number;
  /** The number of its first segment, and of the discontinuities before that. */
  readonly sequence: number;
  readonly discontinuitySequence: number;
  readonly segments: readonly Segment[];
  readonly ended: boolean;
}

/** A playlist may not get shorter than this many target durations (6.2.2). */
const LEAST_TARGETS = 3;
/** A playlist of ours has no more lines than this. */
const MOST_BYTES = 1024 * 1024;
const VERSION = 3;

/** A rolling playlist. */
export class Playlist {
  readonly #list: number;
  readonly #segments: Segment[] = [];
  #sequence = 0;
  #discontinuitySequence = 0;
  #target: number | undefined;
  #ended = false;

  /**
   * @param list - how many segments it has
   * @param before - what lies there of an earlier run: numbers go on, and what is in it rolls out in its time
   */
  constructor(list: number, before?: ReadPlaylist) {
    this.#list = list;
    if (before === undefined) return;
    this.#segments.push(...before.segments);
    this.#sequence = before.sequence;
    this.#discontinuitySequence = before.discontinuitySequence;
    // It must not change while somebody plays (6.2.1); whoever saw the end of the list does not any more.
    this.#target = before.ended ? undefined : before.target;
  }

  /** Seconds that no segment is longer than, when rounded (4.3.3.1); undefined until the first one decided it. */
  get target(): number | undefined {
    return this.#target;
  }

  /** The number of the next segment. */
  get next(): number {
    return this.#sequence + this.#segments.length;
  }

  /** Whether anything is in it. */
  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  /** Milliseconds of all that is in it. */
  get duration(): number {
    return this.#segments.reduce((sum, { duration }) => sum + duration, 0);
  }

  /**
   * Adds a segment.
   * @param least - seconds that the target duration has at least, where this segment decides it
   * @returns what it is rid of
   */
  add(segment: Segment, least: number): Segment[] {
    const longest = Math.max(segment.duration, ...this.#segments.map(({ duration }) => duration));
    this.#target ??= Math.max(Math.ceil(least), Math.round(longest / 1000), 1);
    // What is longer than was promised is never said: rounding would break the promise.
    const most = this.#target * 1000 + 499;
    this.#segments.push(segment.duration > most ? { ...segment, duration: most } : segment);
    return this.#roll(this.#target * 1000);
  }

  /** Nothing comes any more. */
  end(): void {
    this.#ended = true;
  }

  toString(): string {
    const lines = [
      '#EXTM3U',
      `#EXT-X-VERSION:${String(VERSION)}`,
      `#EXT-X-TARGETDURATION:${String(this.#target ?? 1)}`,
      `#EXT-X-MEDIA-SEQUENCE:${String(this.#sequence)}`,
      ...(this.#discontinuitySequence > 0
        ? [`#EXT-X-DISCONTINUITY-SEQUENCE:${String(this.#discontinuitySequence)}`]
        : []),
    ];
    for (const { name, duration, discontinuity, date } of this.#segments) {
      if (discontinuity) lines.push('#EXT-X-DISCONTINUITY');
      if (date !== undefined) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${date.toISOString()}`);
      lines.push(`#EXTINF:${(duration / 1000).toFixed(3)},`, name);
    }
    if (this.#ended) lines.push('#EXT-X-ENDLIST');
    return `${lines.join('\n')}\n`;
  }

  #roll(target: number): Segment[] {
    const gone: Segment[] = [];
    let left = this.duration;
    while (this.#segments.length > this.#list) {
      const first = this.#segments[0];
      if (first === undefined || left - first.duration < LEAST_TARGETS * target) break;
      left -= first.duration;
      this.#segments.shift();
      this.#sequence += 1;
      if (first.discontinuity) this.#discontinuitySequence += 1;
      gone.push(first);
    }
    return gone;
  }
}

/**
 * Reads a playlist that this wrote; undefined for any other.
 * @param owns - whether a name is one that this gives
 */
export function readPlaylist(text: string, owns: (name: string) => boolean): ReadPlaylist | undefined {
  if (!text.startsWith('#EXTM3U') || text.length > MOST_BYTES) return undefined;
  const target = numberOf(text, 'TARGETDURATION');
  const sequence = numberOf(text, 'MEDIA-SEQUENCE');
  if (target === undefined || target < 1 || sequence === undefined) return undefined;
  const segments: Segment[] = [];
  let duration = 0;
  let discontinuity = false;
  let date: Date | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('#EXTINF:')) duration = Math.round(Number.parseFloat(line.slice(8)) * 1000);
    else if (line === '#EXT-X-DISCONTINUITY') discontinuity = true;
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) date = new Date(line.slice(25));
    else if (line !== '' && !line.startsWith('#')) {
      if (!owns(line) || !(duration >= 0) || Number.isNaN(date?.getTime())) return undefined;
      segments.push({ name: line, duration, discontinuity, date });
      discontinuity = false;
      date = undefined;
    }
  }
  return {
    ...{ target, sequence, segments },
    discontinuitySequence: numberOf(text, 'DISCONTINUITY-SEQUENCE') ?? 0,
    ended: /^#EXT-X-ENDLIST$/m.test(text),
  };
}

function numberOf(text: string, tag: string): number | undefined {
  const digits = new RegExp(`^#EXT-X-${tag}:(\\d{1,15})$`, 'm').exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
