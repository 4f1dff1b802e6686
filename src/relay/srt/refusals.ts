// Why peers refuse: libav says no more than "Input/output error", but libsrt writes it to the standard error of its process.
import { monotonicNow } from '../../base/index.js';

/** A refusal in the words of libsrt: `BADSECRET`, or a number such as `PREDEFINED:403`. */
export type Refusal = string;

/** Written on behalf of a caller ahead of the failure of its connection. (CUDT::processConnectResponse) */
const REFUSED = /processConnectResponse: .*\bERROR:([A-Z]+(?::\d+)?)/;
/** Written on behalf of a listener, about a caller that it turned away. (CUDTUnited::newConnection) */
const TURNED_AWAY = /newConnection: connection rejected due to: .*\bERROR:([A-Z]+(?::\d+)?)/;
/** Milliseconds that a refusal waits for the failure that it explains. */
const KEPT = 1000;
const MOST_LINE = 4000;
/** More than there are links in a process. */
const MOST_PENDING = 64;

/** Reads what the libsrt of one process writes. */
export class Refusals {
  readonly #onTurnedAway: (refusal: Refusal) => void;
  #line = '';
  #pending: { readonly refusal: Refusal | undefined; readonly at: number }[] = [];

  /** @param onTurnedAway - hears of callers that a listener did not let in */
  constructor(onTurnedAway: (refusal: Refusal) => void) {
    this.#onTurnedAway = onTurnedAway;
  }

  push(text: string): void {
    const lines = (this.#line + text).split('\n');
    this.#line = (lines.pop() ?? '').slice(-MOST_LINE);
    for (const line of lines) {
      const refused = REFUSED.exec(line)?.[1];
      if (refused !== undefined) this.#pending.push({ refusal: refused, at: monotonicNow() });
      if (this.#pending.length > MOST_PENDING) this.#pending.shift();
      const turnedAway = TURNED_AWAY.exec(line)?.[1];
      if (turnedAway !== undefined) this.#onTurnedAway(turnedAway);
    }
  }

  /**
   * Takes the refusal of a caller that has just failed. It is not written whose it is: when callers of one process are
   * refused for different reasons within the same moment, none of them is told a reason that may be another's.
   */
  take(): Refusal | undefined {
    const since = monotonicNow() - KEPT;
    this.#pending = this.#pending.filter(({ at }) => at >= since);
    const reasons = new Set(this.#pending.map(({ refusal }) => refusal));
    if (reasons.size > 1) this.#pending = this.#pending.map(({ at }) => ({ refusal: undefined, at }));
    return this.#pending.shift()?.refusal;
  }
}
