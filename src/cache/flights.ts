// Equal calls at the same time are made once: the others wait for the first one's result.
import { deadlineError, untilAborted } from '../base/index.js';

interface Flight<Result> {
  readonly result: Promise<Result>;
  readonly controller: AbortController;
  /** Whose input it reads. */
  readonly leader: AbortSignal;
  waiting: number;
}

/** What came of a call, and whether another one made it. */
export interface Shared<Result> {
  readonly result: Result;
  readonly joined: boolean;
}

/** Calls that are under way, by their keys. */
export class Flights<Result> {
  readonly #running = new Map<string, Flight<Result>>();

  /**
   * Does the work, or waits for who does it already; results are shared, so who joined must not change them. Work is
   * aborted once nobody waits for it any more.
   * @param signal - of this caller; its reason is a FramerailError, and the others go on without it
   * @param work - what to do; it should heed the signal that it is given
   */
  async share(
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Shared<Result>> {
    for (;;) {
      if (signal.aborted) throw deadlineError(signal);
      const known = this.#running.get(key);
      const flight = known ?? this.#start(key, signal, work);
      flight.waiting += 1;
      try {
        return { result: await untilAborted(flight.result, signal), joined: known !== undefined };
      } catch (error) {
        // Work that reads the leader's own connection ends with the leader: the next in line takes its place.
        const leaderLeft = known !== undefined && flight.leader.aborted && !signal.aborted;
        if (!leaderLeft) throw error;
        this.#end(key, flight);
      } finally {
        flight.waiting -= 1;
        if (flight.waiting === 0 && signal.aborted) {
          this.#end(key, flight);
          flight.controller.abort(deadlineError(signal));
        }
      }
    }
  }

  #start(key: string, leader: AbortSignal, work: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const controller = new AbortController();
    const flight = { result: work(controller.signal), controller, leader, waiting: 0 };
    this.#running.set(key, flight);
    const end = (): void => {
      this.#end(key, flight);
    };
    flight.result.then(end, end);
    return flight;
  }

  #end(key: string, flight: Flight<Result>): void {
    if (this.#running.get(key) === flight) this.#running.delete(key);
  }
}
