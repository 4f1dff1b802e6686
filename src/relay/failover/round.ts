// Who is dialled next while nobody feeds a relay: each once, in their order, without the pause of its own attempts.
import type { Member } from './member.js';

/** Milliseconds between two attempts at the same origin, at least: who comes and goes does not make a relay spin. */
const SAME_AGAIN = 1000;

/** One search for somebody who plays. */
export class Round {
  /** When somebody was last dialled, by the monotonic clock in milliseconds. */
  hurriedAt = -Infinity;
  readonly #members: readonly Member[];
  readonly #tried = new Set<Member>();

  constructor(members: readonly Member[]) {
    this.#members = members;
  }

  /** All of them, from the one behind `current` on, which comes last itself. */
  order(current: Member | undefined): Member[] {
    const from = (current?.index ?? -1) + 1;
    return [...this.#members.slice(from), ...this.#members.slice(0, from)];
  }

  /** The next one to be dialled; undefined when all were tried, or are being dialled. */
  next(current: Member | undefined, now: number): Member | undefined {
    for (const member of this.order(current)) {
      const { state } = member.link;
      if (member === current || this.#tried.has(member) || state === 'ended') continue;
      this.#tried.add(member);
      // What is connected and brings nothing, or is dialled already, delays nobody.
      if (state === 'open' || state === 'dialling' || now - member.dialledAt < SAME_AGAIN) continue;
      this.hurriedAt = now;
      return member;
    }
    return undefined;
  }

  /** Somebody plays. */
  end(): void {
    this.#tried.clear();
    this.hurriedAt = -Infinity;
  }
}
