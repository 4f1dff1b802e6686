// A link as its process sees it: bytes with back-pressure, and how it goes with the peer.
import type { ExitFacts } from '../../workers/index.js';
import type { FrameWriter } from './frames.js';
import { WINDOW, type FromLinks, type LinkFailure, type LinkRequest } from './messages.js';
import type { Refusal } from './refusals.js';

/** How a link came to its end. */
export interface LinkEnd {
  /** What libav said; undefined where the stream was simply over. */
  readonly failure?: LinkFailure | undefined;
  /** Why the peer refused, where it did. */
  readonly refusal?: Refusal | undefined;
  /** How its worker ended, where that was the reason. */
  readonly exit?: ExitFacts | undefined;
}

/** Who hears of a link. */
export interface LinkHandlers {
  /** The worker has begun to dial, or to listen. */
  readonly onOpening: () => void;
  readonly onOpened: () => void;
  /** Bytes of the peer; valid until it returns. */
  readonly onBytes: (bytes: Buffer) => void;
  /** All that came together was handed over. */
  readonly onTurn: () => void;
  /** Something that does not end it, as a caller that a listener turned away. */
  readonly onTurnedAway: (refusal: Refusal) => void;
  /** It is over by itself. It is called once, and nothing after it. */
  readonly onEnd: (end: LinkEnd) => void;
}

/** What a link asks of its process. */
export interface LinkKeeper {
  readonly onClose: (drain: boolean) => void;
  /** Whether it keeps the parent from ending has changed. */
  readonly onHold: () => void;
}

/** Bytes that were taken and not yet said to be. */
const SAID_BYTES = WINDOW.in / 4;

/** One link. */
export class WorkerLink {
  readonly id: number;
  readonly request: LinkRequest;
  /** Bytes that libsrt has taken. */
  sent = 0;
  state: 'opening' | 'open' | 'over' = 'opening';
  /** Whether it keeps the parent from ending. */
  holds = true;
  readonly #frames: FrameWriter;
  readonly #handlers: LinkHandlers;
  readonly #keeper: LinkKeeper;
  /** What waits for room. */
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Bytes that were given to the worker and not taken by libsrt. */
  #under = 0;
  /** Bytes that came, were used, and are not yet said to be. */
  #used = 0;
  #held: Buffer[] | undefined;
  #touched = false;
  #closing = false;
  /** Resolves when nothing of it is left; never rejects. */
  readonly gone: Promise<void>;
  #settle: () => void = () => undefined;

  constructor(id: number, request: LinkRequest, frames: FrameWriter, handlers: LinkHandlers, keeper: LinkKeeper) {
    this.id = id;
    this.request = request;
    this.#frames = frames;
    this.#handlers = handlers;
    this.#keeper = keeper;
    this.gone = new Promise((resolve) => {
      this.#settle = resolve;
    });
    frames.message(id, { type: 'open', ...request });
  }

  /** Bytes that libsrt has not taken yet. */
  get queued(): number {
    return this.#waitingBytes + this.#under;
  }

  /** Sends bytes, which must not change any more. */
  write(bytes: Uint8Array): void {
    if (this.#closing || this.state === 'over') return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    this.#pump();
  }

  /** Says whether it keeps the parent from ending. */
  hold(holds: boolean): void {
    this.holds = holds;
    this.#keeper.onHold();
  }

  /** Holds back what comes: the worker stops to read when its window is full. */
  pause(): void {
    this.#held ??= [];
  }

  /** Hands over what was held back, and goes on. */
  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const bytes of held) this.#use(bytes);
    this.turn();
  }

  /**
   * Ends it; nothing more is heard of it.
   * @param drain - write first what was sent
   * @returns resolves when it is gone, and never rejects
   */
  close(drain: boolean): Promise<void> {
    if (!this.#closing && this.state !== 'over') {
      this.#closing = true;
      if (!drain) this.#waiting.length = this.#waitingBytes = 0;
      // What waits for room goes ahead of the goodbye, also beyond the window.
      for (const bytes of this.#waiting.splice(0)) this.#frames.data(this.id, bytes);
      this.#keeper.onClose(drain);
    }
    return this.gone;
  }

  /** @internal The worker sent bytes. */
  receive(bytes: Buffer): void {
    if (this.#held === undefined) this.#use(bytes);
    else this.#held.push(Buffer.from(bytes));
  }

  /** @internal Libsrt has taken so many bytes. */
  taken(count: number): void {
    this.#under -= count;
    this.sent += count;
    this.#pump();
  }

  /** @internal The worker said something of it. */
  hear(message: FromLinks, refusal: Refusal | undefined): void {
    if (message.type === 'over') {
      this.end({ failure: message.failure, refusal });
      return;
    }
    if (this.#closing) return;
    if (message.type === 'opening') {
      this.#handlers.onOpening();
      return;
    }
    this.state = 'open';
    this.#handlers.onOpened();
  }

  /** @internal A caller was turned away where it listens. */
  turnedAway(refusal: Refusal): void {
    if (!this.#closing) this.#handlers.onTurnedAway(refusal);
  }

  /** @internal All that came together was handed over. */
  turn(): void {
    if (!this.#touched || this.#closing) return;
    this.#touched = false;
    this.#handlers.onTurn();
  }

  /** @internal It is gone. */
  end(end: LinkEnd): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.#held = undefined;
    this.#waiting.length = this.#waitingBytes = this.#under = 0;
    this.#settle();
    if (!this.#closing) this.#handlers.onEnd(end);
  }

  #use(bytes: Buffer): void {
    this.#used += bytes.byteLength;
    if (this.#used >= SAID_BYTES) {
      this.#frames.taken(this.id, this.#used);
      this.#used = 0;
    }
    if (this.#closing) return;
    this.#touched = true;
    this.#handlers.onBytes(bytes);
  }

  #pump(): void {
    while (this.#under < WINDOW.out) {
      const bytes = this.#waiting.shift();
      if (bytes === undefined) return;
      this.#waitingBytes -= bytes.byteLength;
      this.#under += bytes.byteLength;
      this.#frames.data(this.id, bytes);
    }
  }
}
