// The joint time of streams that count by clocks of their own (RFC 3550 5.1): each begins anywhere, and wraps at 2^32.
// What tells how they stand to each other is, in this order: what the server says when it begins to play (RTP-Info), the
// reports of the senders, and when packets come.

/** Milliseconds at which a connection begins: pictures may be shown later than they are decoded, and none before zero. */
const BEGINNING = 10_000;
/** Milliseconds that what is said may be away from when packets come; beyond, it was said of something else. */
const PLAUSIBLE = 10_000;
/** Reports are written with some jitter: what is nearer than this is right. Milliseconds. */
const EXACT = 5;
/** Two reports in a row that are so near to each other mean the same. Milliseconds. */
const AGREEING = 20;
/** Of each millisecond that passes, how much is taken for a correction: a tenth can neither be seen nor heard. */
const SLEW = 0.1;
/** Milliseconds of silence after which the clock on the wall says how often a clock has wrapped meanwhile. */
const SILENCE = 60_000;
const WRAP = 2 ** 32;

/** What a sender's report says: which timestamp stood for which moment. */
interface Report {
  readonly ntp: number;
  readonly ticks: number;
}

/** The clocks of all streams of one connection. */
export class Timeline {
  readonly #clocks: StreamClock[] = [];
  /** The stream that began; the others are put beside it. */
  #leader: StreamClock | undefined;
  /** When the server said that it plays. */
  #playedAt = 0;

  /** Adds a stream. @param rate - ticks a second */
  add(rate: number): StreamClock {
    const clock = new StreamClock(this, rate);
    this.#clocks.push(clock);
    return clock;
  }

  /** The server plays; what it announced of its streams holds where it did so for all of them. */
  play(now: number): void {
    this.#playedAt = now;
    if (this.#clocks.every(({ announced }) => announced !== undefined)) return;
    for (const clock of this.#clocks) clock.announced = undefined;
  }

  /** @internal Milliseconds since the server said that it plays. */
  playedFor(now: number): number {
    return now - this.#playedAt;
  }

  /** @internal Who began; the one who asks, where nobody has. */
  leaderOr(clock: StreamClock): StreamClock {
    return (this.#leader ??= clock);
  }

  /** @internal A report has come: every stream that knows both clocks is compared with who began. */
  compare(reported: StreamClock): void {
    const leader = this.#leader;
    if (leader === undefined) return;
    for (const clock of this.#clocks)
      if (clock !== leader && (clock === reported || reported === leader)) clock.compareWith(leader);
  }
}

/** The clock of one stream. */
export class StreamClock {
  /** Which timestamp the server begins with, as it said. */
  announced: number | undefined;
  readonly #line: Timeline;
  readonly #rate: number;
  /** The last timestamp without its wraps, and when it came. */
  #ticks: number | undefined;
  #at = 0;
  /** The joint time of the last packet. */
  #last: number | undefined;
  /** Where this clock lies on the joint one: a pair of the same moment. */
  #anchor: { readonly ticks: number; readonly time: number } | undefined;
  /** Whether only the moment of its arrival said where it lies. */
  #guessed = true;
  /** What was corrected, and what is being corrected since a moment, in milliseconds. */
  #corrected = 0;
  #correction = { from: 0, by: 0 };
  #report: Report | undefined;
  /** What the last report asked for and was not yet believed. */
  #doubted: number | undefined;

  /** @internal */
  constructor(line: Timeline, rate: number) {
    this.#line = line;
    this.#rate = rate;
  }

  /**
   * The joint time of a timestamp in milliseconds; it goes on over all wraps.
   * @param timestamp - modulo 2^32
   * @param now - milliseconds, by the clock on the wall
   */
  time(timestamp: number, now: number): number {
    const ticks = this.#unwrap(timestamp, now);
    const step = this.#ticks === undefined ? 0 : this.#milliseconds(ticks - this.#ticks);
    // Whoever jumps that far counts anew: the moment says where it is.
    if (step > now - this.#at + PLAUSIBLE || step < -PLAUSIBLE) this.restart();
    this.#anchor ??= this.#place(ticks, now);
    this.#ticks = ticks;
    this.#at = now;
    this.#last = this.#timeOf(ticks);
    return this.#last;
  }

  /** The sender began anew: what was known of its clock holds no more. */
  restart(): void {
    this.announced = undefined;
    this.#report = undefined;
    this.#doubted = undefined;
    if (this.#anchor === undefined) return;
    this.#anchor = undefined;
    this.#corrected = 0;
    this.#correction = { from: 0, by: 0 };
  }

  /**
   * A sender's report.
   * @param ntp - milliseconds of the sender's clock
   * @param timestamp - of this stream at that moment, modulo 2^32
   */
  report(ntp: number, timestamp: number, now: number): void {
    this.#report = { ntp, ticks: this.#unwrap(timestamp, now) };
    // Ahead of the first packet it only says on which of its wraps the stream is.
    this.#ticks ??= this.#report.ticks;
    if (this.#at === 0) this.#at = now;
    this.#line.compare(this);
  }

  /** @internal Where this stream is at a moment, by how much time passed since its last packet. */
  timeAt(now: number): number {
    return this.#last === undefined ? BEGINNING : this.#last + (now - this.#at);
  }

  /** @internal The joint time of a moment of the sender's clock; undefined while no report told of it. */
  timeOfNtp(ntp: number): number | undefined {
    if (this.#report === undefined || this.#anchor === undefined) return undefined;
    return this.#timeOf(this.#report.ticks) + ntp - this.#report.ntp;
  }

  /** @internal Sees whether reports put this stream elsewhere beside another one. */
  compareWith(leader: StreamClock): void {
    if (this.#report === undefined || this.#anchor === undefined) return;
    const right = leader.timeOfNtp(this.#report.ntp);
    if (right === undefined) return;
    const { from, by } = this.#correction;
    const settled =
      this.#milliseconds(this.#report.ticks - this.#anchor.ticks) + this.#anchor.time + this.#corrected + by;
    const error = right - settled;
    if (Math.abs(error) < EXACT || Math.abs(error) > PLAUSIBLE) {
      if (Math.abs(error) < EXACT) this.#guessed = false;
      this.#doubted = undefined;
      return;
    }
    // A guess gives way at once; what was known before, or corrected once, must be contradicted twice.
    const believed = this.#guessed || Math.abs(error - (this.#doubted ?? Infinity)) < AGREEING;
    this.#doubted = error;
    if (!believed) return;
    this.#guessed = false;
    this.#doubted = undefined;
    const latest = this.#plainTime(this.#ticks ?? this.#report.ticks);
    this.#corrected += share(latest - from, by);
    this.#correction = { from: latest, by: by - share(latest - from, by) + error };
  }

  #place(ticks: number, now: number): { readonly ticks: number; readonly time: number } {
    const leader = this.#line.leaderOr(this);
    this.#guessed = false;
    if (this.announced !== undefined) {
      const began = nearTo(this.announced, ticks);
      const since = this.#milliseconds(ticks - began);
      if (Math.abs(since - this.#line.playedFor(now)) < PLAUSIBLE) return { ticks: began, time: BEGINNING };
    }
    if (leader === this) return { ticks, time: this.timeAt(now) };
    if (this.#report !== undefined) {
      const time = leader.timeOfNtp(this.#report.ntp);
      const here = time === undefined ? undefined : time + this.#milliseconds(ticks - this.#report.ticks);
      if (here !== undefined && Math.abs(here - leader.timeAt(now)) < PLAUSIBLE) return { ticks, time: here };
    }
    this.#guessed = true;
    return { ticks, time: leader.timeAt(now) };
  }

  /** The timestamp without its wraps: the one that is nearest to the last, or to where it must be after a long silence. */
  #unwrap(timestamp: number, now: number): number {
    if (this.#ticks === undefined) return timestamp;
    const silent = now - this.#at;
    return nearTo(timestamp, this.#ticks + (silent > SILENCE ? (silent * this.#rate) / 1000 : 0));
  }

  #timeOf(ticks: number): number {
    const time = this.#plainTime(ticks);
    const { from, by } = this.#correction;
    return time + this.#corrected + share(time - from, by);
  }

  #plainTime(ticks: number): number {
    const { ticks: origin, time } = this.#anchor ?? { ticks, time: BEGINNING };
    return this.#milliseconds(ticks - origin) + time;
  }

  #milliseconds(ticks: number): number {
    return (ticks * 1000) / this.#rate;
  }
}

/** How much of a correction is made when so many milliseconds have passed since it began. */
function share(passed: number, by: number): number {
  const most = Math.max(0, passed) * SLEW;
  return Math.max(-most, Math.min(most, by));
}

function nearTo(timestamp: number, ticks: number): number {
  return timestamp + Math.round((ticks - timestamp) / WRAP) * WRAP;
}
