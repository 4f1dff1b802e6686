// How many encoder sessions a driver gives at once. Nobody tells: it starts as a guess and is learnt from refusals.

/** A session that may be opened; give it back when it is closed, or never could be. */
export interface Permit {
  /** Gives it back; calling it again does nothing. */
  release(): void;
  /** The driver had no session left: the budget shrinks to what was open beside this one. Also gives it back. */
  refused(): void;
}

/** What a budget knows. */
export interface BudgetState {
  /** Sessions that may be open at once, as far as is known. */
  readonly limit: number;
  readonly open: number;
  /** Times that the driver refused. */
  readonly refusals: number;
}

/** Where a budget begins: more than any driver of a consumer card gave for years. */
const START = 8;
/** Milliseconds after a refusal until one session more is tried; doubled by each further refusal up to the longest. */
const FIRST_PAUSE = 30_000;
const LONGEST_PAUSE = 15 * 60_000;

/** The sessions of one backend, shared by every worker process of this one. */
export class SessionBudget {
  readonly #now: () => number;
  #limit = START;
  #open = 0;
  #refusals = 0;
  #pause = FIRST_PAUSE;
  #tryAgainAt = 0;

  /** @param now - milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** What it knows now. */
  get state(): BudgetState {
    return { limit: this.#limit, open: this.#open, refusals: this.#refusals };
  }

  /** A permit for one session; undefined while as many are open as may be. */
  take(): Permit | undefined {
    if (this.#open >= this.#limit) {
      // Other programs use the same hardware and end some time: one more is tried now and then.
      if (this.#limit >= START || this.#now() < this.#tryAgainAt) return undefined;
      this.#limit += 1;
      this.#tryAgainAt = this.#now() + this.#pause;
    }
    this.#open += 1;
    let held = true;
    const release = (): void => {
      if (held) this.#open -= 1;
      held = false;
    };
    return {
      release,
      refused: () => {
        if (!held) return;
        release();
        this.#refusals += 1;
        this.#limit = Math.min(this.#limit, this.#open);
        this.#tryAgainAt = this.#now() + this.#pause;
        this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
      },
    };
  }

  /** The driver gave a session again: the next refusal is no worse than the first one. */
  worked(): void {
    if (this.#open >= this.#limit) this.#pause = FIRST_PAUSE;
  }
}
