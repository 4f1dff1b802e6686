// The worker processes of SRT links: a few links in each, so that a crash hurts few, and a link costs no whole process.
import { LinkProcess } from './link-process.js';
import type { LinkRequest } from './messages.js';
import { LINKS_PER_PROCESS } from './start-worker.js';
import type { LinkHandlers, WorkerLink } from './worker-link.js';

/** Milliseconds that a process without links waits for the next one: a link that was lost is dialled again soon. */
const IDLE = 30_000;

/** Keeps as many processes as its links need. */
export class LinkGroup {
  readonly #most: number;
  readonly #idle: number;
  readonly #processes = new Set<LinkProcess>();

  constructor(most = LINKS_PER_PROCESS, idle = IDLE) {
    this.#most = most;
    this.#idle = idle;
  }

  /** Numbers of its processes in the system. */
  get pids(): readonly number[] {
    return [...this.#processes].map(({ pid }) => pid);
  }

  /** Opens a link in a process that has room, or in a new one. */
  open(request: LinkRequest, handlers: LinkHandlers): WorkerLink {
    return this.#free().open(request, handlers);
  }

  /** Starts a process if none has room, as starting one takes longer than two round trips. */
  warm(): void {
    this.#free();
  }

  #free(): LinkProcess {
    for (const one of this.#processes) if (one.isFree) return one;
    const started: LinkProcess = new LinkProcess({
      most: this.#most,
      idle: this.#idle,
      onGone: () => this.#processes.delete(started),
    });
    this.#processes.add(started);
    return started;
  }
}

/** The processes that all relays of this one share. */
export const srtLinks = new LinkGroup();
