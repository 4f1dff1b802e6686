// A process that hosts links, seen from outside: started, spoken to, watched, and ended when nobody needs it.
import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { ExitFacts } from '../../workers/index.js';
import { exitOf, holdChild } from '../../workers/node-child.js';
import { FrameReader, FrameWriter } from './frames.js';
import { checkFromLinks, type LinkRequest } from './messages.js';
import { Refusals } from './refusals.js';
import { takeWorker } from './start-worker.js';
import { WorkerLink, type LinkHandlers } from './worker-link.js';

/** The pipe, as the child's own constant has it. */
const PIPE_FD = 3;
/** Milliseconds in which a link must be gone when it was told to: an interrupt needs a tenth of a second. */
const CLOSE_PATIENCE = 5000;
/** Milliseconds that what was sent may take to be written when a link is closed in good order. */
const DRAIN_PATIENCE = 2000;

/** How a process is kept. */
export interface LinkProcessOptions {
  /** Links that it hosts at most. */
  readonly most: number;
  /** Milliseconds that it waits for new links when it has none. */
  readonly idle: number;
  /** It is gone, or will be: it takes no more links. */
  readonly onGone: () => void;
}

/** One worker process. */
export class LinkProcess {
  readonly #options: LinkProcessOptions;
  readonly #child: ChildProcess;
  readonly #pipe: Socket;
  readonly #frames: FrameWriter;
  readonly #refusals: Refusals;
  readonly #links = new Map<number, WorkerLink>();
  #nextId = 1;
  #idle: NodeJS.Timeout | undefined;
  #usable = true;

  constructor(options: LinkProcessOptions) {
    this.#options = options;
    this.#refusals = new Refusals((refusal) => {
      // It is not written at which listener it was: where there are several, none is told.
      const listeners = [...this.#links.values()].filter(
        ({ state, request }) => state === 'opening' && listens(request),
      );
      if (listeners.length === 1) listeners[0]?.turnedAway(refusal);
    });
    this.#child = takeWorker(options.most);
    const pipe = this.#child.stdio[PIPE_FD];
    // A process that could not be started has no pipe; its exit is on the way.
    this.#pipe = pipe instanceof Socket ? pipe : new Socket();
    this.#frames = new FrameWriter(this.#pipe);
    this.#read();
    void exitOf(this.#child, (text) => {
      this.#refusals.push(text);
    }).then((facts) => {
      this.#gone(facts);
    });
    this.#rest();
  }

  /** Its number in the system. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Whether it has room for one more link. */
  get isFree(): boolean {
    return this.#usable && this.#links.size < this.#options.most;
  }

  /** Opens a link. */
  open(request: LinkRequest, handlers: LinkHandlers): WorkerLink {
    clearTimeout(this.#idle);
    const id = this.#nextId++;
    const link: WorkerLink = new WorkerLink(id, request, this.#frames, handlers, {
      onClose: (drain) => {
        this.#close(link, drain);
      },
      onHold: () => {
        this.#hold();
      },
    });
    this.#links.set(id, link);
    this.#hold();
    return link;
  }

  /** Ends it, and with it all of its links. */
  kill(): void {
    this.#retire();
    this.#child.kill('SIGKILL');
  }

  #read(): void {
    const touched = new Set<WorkerLink>();
    const reader = new FrameReader({
      onData: (id, bytes) => {
        const link = this.#links.get(id);
        link?.receive(bytes);
        if (link !== undefined) touched.add(link);
      },
      onTaken: (id, count) => this.#links.get(id)?.taken(count),
      onMessage: (id, message) => {
        this.#hear(id, message);
      },
    });
    this.#pipe.on('error', () => undefined);
    this.#pipe.on('data', (bytes) => {
      try {
        reader.push(bytes);
      } catch {
        // What sends nonsense has lost its mind; its links begin anew elsewhere.
        this.kill();
      }
      for (const link of touched) link.turn();
      touched.clear();
    });
  }

  #hear(id: number, value: unknown): void {
    const link = this.#links.get(id);
    const message = checkFromLinks(value);
    if (link === undefined) return;
    if (message.type !== 'over') {
      link.hear(message, undefined);
      return;
    }
    const refusable = link.state === 'opening' && message.failure !== undefined && !listens(link.request);
    this.#links.delete(id);
    this.#rest();
    if (!refusable) {
      link.hear(message, undefined);
      return;
    }
    // libsrt wrote its reason before libav gave up, but to another pipe: what is there is read within two turns.
    setImmediate(() => {
      setImmediate(() => {
        link.hear(message, this.#refusals.take());
      });
    });
  }

  #close({ id, gone, request }: WorkerLink, drain: boolean): void {
    this.#frames.message(id, { type: 'close', drain });
    const patience = drain ? DRAIN_PATIENCE + request.holdback : 0;
    const hurry = setTimeout(() => {
      if (drain) this.#frames.message(id, { type: 'close', drain: false });
    }, patience);
    const hung = setTimeout(() => {
      this.kill();
    }, patience + CLOSE_PATIENCE);
    void gone.then(() => {
      clearTimeout(hurry);
      clearTimeout(hung);
    });
  }

  /** Without links it waits a while, and keeps nobody from ending. */
  #rest(): void {
    this.#hold();
    if (this.#links.size > 0) return;
    this.#idle = setTimeout(() => {
      this.#retire();
      this.#pipe.end();
    }, this.#options.idle).unref();
  }

  #hold(): void {
    holdChild(
      this.#child,
      [...this.#links.values()].some(({ holds }) => holds),
    );
  }

  #retire(): void {
    if (!this.#usable) return;
    this.#usable = false;
    this.#options.onGone();
  }

  #gone(exit: ExitFacts): void {
    this.#retire();
    clearTimeout(this.#idle);
    this.#pipe.destroy();
    const links = [...this.#links.values()];
    this.#links.clear();
    for (const link of links) link.end({ exit });
  }
}

function listens({ options }: LinkRequest): boolean {
  return options['mode'] === 'listener';
}
