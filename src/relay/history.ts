// What a relay was like: each second of the last minutes, each minute of the last day, in a bounded piece of memory.
import { checkOneOf } from '../base/index.js';
import type { RelayStatus } from './status.js';

/** How far apart samples are: five minutes of seconds are kept, and a day of minutes. */
export type HistoryStep = 'second' | 'minute';

/** What is kept of one second, or of one minute: there rates are means, and counts are sums. */
export interface RelaySample {
  /** When it ended, in milliseconds since 1970. */
  readonly at: number;
  /** Bits a second of sound that came in. */
  readonly audioBitsPerSecond: number;
  /** Bits a second of video that came in. */
  readonly videoBitsPerSecond: number;
  /** Tags of video a second: its frames. */
  readonly framesPerSecond: number;
  /** Seconds by which media runs ahead of the clock on the wall; of a minute, at its end. */
  readonly driftSeconds: number;
  /** Seconds by which sound has moved against pictures; of a minute, at its end. */
  readonly avDriftSeconds: number;
  /** Bytes that waited for destinations, the most within the time. */
  readonly queuedBytes: number;
  /** Tags that were left out since destinations were slow. */
  readonly dropped: number;
  /** Destinations that were fed, the fewest within the time. */
  readonly live: number;
}

const FIELDS = [
  'at',
  'audioBitsPerSecond',
  'videoBitsPerSecond',
  'framesPerSecond',
  'driftSeconds',
  'avDriftSeconds',
  'queuedBytes',
  'dropped',
  'live',
] as const satisfies readonly (keyof RelaySample)[];
const SECONDS_KEPT = 300;
const MINUTES_KEPT = 1440;
const MINUTE = 60;
/** A little less than a second, in milliseconds: who looks twice a second is a little late each time. */
const INTERVAL = 990;
/** Samples that there is room for at first: most relays are short. */
const FIRST_ROOM = 32;

/** The last samples; its memory grows to the bound and no further. */
class Ring {
  readonly #most: number;
  #cells = new Float64Array(FIRST_ROOM * FIELDS.length);
  #count = 0;
  /** Where the next one goes. */
  #at = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(sample: RelaySample): void {
    const room = this.#cells.length / FIELDS.length;
    if (this.#at === room && room < this.#most) {
      const cells = new Float64Array(Math.min(this.#most, room * 2) * FIELDS.length);
      cells.set(this.#cells);
      this.#cells = cells;
    } else if (this.#at === room) this.#at = 0;
    for (const [i, name] of FIELDS.entries()) this.#cells[this.#at * FIELDS.length + i] = sample[name];
    this.#at += 1;
    this.#count = Math.min(this.#most, this.#count + 1);
  }

  /** From the oldest to the newest. */
  list(): RelaySample[] {
    const room = this.#cells.length / FIELDS.length;
    return Array.from({ length: this.#count }, (_, i) => {
      const place = (this.#at - this.#count + i + room) % room;
      const field = (name: (typeof FIELDS)[number]): number =>
        this.#cells[place * FIELDS.length + FIELDS.indexOf(name)] ?? 0;
      return {
        at: field('at'),
        audioBitsPerSecond: field('audioBitsPerSecond'),
        videoBitsPerSecond: field('videoBitsPerSecond'),
        framesPerSecond: field('framesPerSecond'),
        driftSeconds: field('driftSeconds'),
        avDriftSeconds: field('avDriftSeconds'),
        queuedBytes: field('queuedBytes'),
        dropped: field('dropped'),
        live: field('live'),
      };
    });
  }
}

/** The history of one relay. */
export class RelayHistory {
  readonly #seconds = new Ring(SECONDS_KEPT);
  readonly #minutes = new Ring(MINUTES_KEPT);
  #minute: RelaySample[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Tags that destinations had lost at the last sample. */
  #dropped = 0;

  /**
   * Takes a sample where a second is over; call it oftener.
   * @param now - by the monotonic clock in milliseconds
   */
  look(now: number, status: () => RelayStatus): void {
    if (now - this.#lookedAt < INTERVAL) return;
    this.#lookedAt = now;
    const { feed, destinations } = status();
    const dropped = destinations.reduce((sum, one) => sum + one.dropped, 0);
    this.add({
      at: Date.now(),
      audioBitsPerSecond: feed.audio?.bitsPerSecond ?? 0,
      videoBitsPerSecond: feed.video?.bitsPerSecond ?? 0,
      framesPerSecond: feed.video?.tagsPerSecond ?? 0,
      driftSeconds: feed.driftSeconds,
      avDriftSeconds: feed.avDriftSeconds ?? 0,
      queuedBytes: destinations.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0),
      // A destination that was removed takes what it had lost with it.
      dropped: Math.max(0, dropped - this.#dropped),
      live: destinations.filter(({ state }) => state === 'live').length,
    });
    this.#dropped = dropped;
  }

  /** Takes what the last second was like. */
  add(sample: RelaySample): void {
    this.#seconds.add(sample);
    this.#minute.push(sample);
    if (this.#minute.length < MINUTE) return;
    this.#minutes.add(summed(this.#minute, sample));
    this.#minute = [];
  }

  /** The last five minutes by seconds, or the last day by minutes; from the oldest to the newest. */
  list(step: HistoryStep): RelaySample[] {
    checkOneOf('step', step, ['second', 'minute']);
    return (step === 'second' ? this.#seconds : this.#minutes).list();
  }
}

function summed(samples: readonly RelaySample[], last: RelaySample): RelaySample {
  const mean = (name: 'audioBitsPerSecond' | 'videoBitsPerSecond' | 'framesPerSecond'): number =>
    samples.reduce((sum, sample) => sum + sample[name], 0) / samples.length;
  return {
    ...last,
    audioBitsPerSecond: Math.round(mean('audioBitsPerSecond')),
    videoBitsPerSecond: Math.round(mean('videoBitsPerSecond')),
    framesPerSecond: mean('framesPerSecond'),
    queuedBytes: Math.max(...samples.map(({ queuedBytes }) => queuedBytes)),
    dropped: samples.reduce((sum, { dropped }) => sum + dropped, 0),
    live: Math.min(...samples.map(({ live }) => live)),
  };
}
