// Alerts: said once when a mark is crossed, and once more when things are well again.
import { messageOf } from '../base/index.js';

/** What can be alerted about. */
export type AlertName =
  'pool-use' | 'batch-delay' | 'region-failure' | 'worker-death' | 'crash-loop' | 'input-quarantined';

/** One alert, as it fires or clears. */
export interface AlertEvent {
  /** What it is about. */
  readonly name: AlertName;
  /** Whether it begins or is over. */
  readonly state: 'fired' | 'cleared';
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** What was measured: a ratio for `pool-use`, milliseconds for `batch-delay`, else events within a minute. */
  readonly value: number;
  /** The mark that fires it, in the unit of `value`. */
  readonly threshold: number;
  /** What it is about in particular, such as `signal` of a dead worker. */
  readonly labels: Readonly<Record<string, string>>;
  /** One sentence for a person. */
  readonly message: string;
}

/** Hears alerts; what it throws is reported as a warning of the process once, and hurts nothing. */
export type AlertListener = (event: AlertEvent) => unknown;

/** The marks of a value that goes up and down. */
export interface AlertMarks {
  /** Fires above this. */
  readonly above: number;
  /** Clears at this or below; lower than `above`, so that a value that trembles about it fires once. */
  readonly clearAt: number;
}

/** The clocks that alerts run by; tests bring their own. */
export interface AlertClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back after so many milliseconds without keeping the process alive; returns how to stop that. */
  later(milliseconds: number, callback: () => void): () => void;
}

/** An event such as a death stays an alert for this long after the last one, in milliseconds. */
const EVENT_WINDOW = 60_000;
/** Alerts at once at most; a further one is delivered, but not remembered. */
const MOST_ACTIVE = 256;
/** Events of one window that are counted one by one at most. */
const MOST_EVENTS = 1000;

const systemClock: AlertClock = {
  now: () => Date.now(),
  later: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds).unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

interface Active {
  event: AlertEvent;
  /** Times of the events of the last window; none for values. */
  times: number[];
  stop: () => void;
}

/** Decides when alerts fire and clear, and tells listeners. */
export class Alerts {
  readonly #clock: AlertClock;
  readonly #listeners = new Set<AlertListener>();
  readonly #blamed = new WeakSet<AlertListener>();
  readonly #active = new Map<string, Active>();

  constructor(clock: AlertClock = systemClock) {
    this.#clock = clock;
  }

  /** The alerts that have fired and not cleared. */
  get active(): AlertEvent[] {
    return [...this.#active.values()].map(({ event }) => event);
  }

  /** Has a listener hear every alert from now on; returns how to stop that. */
  onAlert(listener: AlertListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Compares a value with its marks.
   * @param name - which alert
   * @param value - what was measured
   * @param marks - when it fires and when it clears
   * @param message - one sentence, made only when the alert fires or clears
   * @param labels - each set of labels is an alert of its own
   */
  level(
    name: AlertName,
    value: number,
    marks: AlertMarks,
    message: () => string,
    labels: Readonly<Record<string, string>> = {},
  ): void {
    const key = keyOf(name, labels);
    const active = this.#active.get(key);
    // Written so that a value that is no number changes nothing.
    if (active === undefined ? !(value > marks.above) : !(value <= marks.clearAt)) return;
    const event: AlertEvent = {
      name,
      state: active === undefined ? 'fired' : 'cleared',
      at: this.#clock.now(),
      value,
      threshold: marks.above,
      labels,
      message: message(),
    };
    if (active !== undefined) this.#active.delete(key);
    else this.#remember(key, { event, times: [], stop: () => undefined });
    this.#tell(event);
  }

  /** Forgets the alert of something that is gone, such as a stream that ended: it clears. */
  gone(name: AlertName, message: string, labels: Readonly<Record<string, string>> = {}): void {
    const key = keyOf(name, labels);
    const active = this.#active.get(key);
    if (active === undefined) return;
    active.stop();
    this.#active.delete(key);
    this.#tell({ ...active.event, state: 'cleared', at: this.#clock.now(), message });
  }

  /** Reports an event: the first within a minute fires, and a minute without one clears. */
  occurred(name: AlertName, message: string, labels: Readonly<Record<string, string>> = {}): void {
    const key = keyOf(name, labels);
    const at = this.#clock.now();
    const active = this.#active.get(key);
    const times = [...(active?.times ?? []), at].slice(-MOST_EVENTS).filter((time) => at - time < EVENT_WINDOW);
    active?.stop();
    const event: AlertEvent = { name, state: 'fired', at, value: times.length, threshold: 1, labels, message };
    const stop = this.#clock.later(EVENT_WINDOW, () => {
      this.#active.delete(key);
      const quiet = `No ${name.replace('-', ' ')} for a minute.`;
      this.#tell({ ...event, state: 'cleared', at: this.#clock.now(), value: 0, message: quiet });
    });
    this.#remember(key, {
      event: active === undefined ? event : { ...active.event, value: times.length },
      times,
      stop,
    });
    if (active === undefined) this.#tell(event);
  }

  /** Stops every timer; nothing clears any more. */
  close(): void {
    for (const { stop } of this.#active.values()) stop();
  }

  #remember(key: string, active: Active): void {
    if (this.#active.size < MOST_ACTIVE || this.#active.has(key)) this.#active.set(key, active);
    else active.stop();
  }

  #tell(event: AlertEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        const answer = listener(event);
        // A rejection that nobody handles would end the process.
        if (answer instanceof Promise) {
          answer.catch((error: unknown) => {
            this.#blame(listener, error);
          });
        }
      } catch (error) {
        this.#blame(listener, error);
      }
    }
  }

  #blame(listener: AlertListener, error: unknown): void {
    if (this.#blamed.has(listener)) return;
    this.#blamed.add(listener);
    const reason = messageOf(error);
    process.emitWarning(`A listener of alerts failed: ${reason}. It is called again, but not reported again.`, {
      code: 'FRAMERAIL_ALERT_LISTENER',
    });
  }
}

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([name, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
