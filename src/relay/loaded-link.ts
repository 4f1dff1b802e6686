// A link whose code is loaded as it is dialled: most relays never need it, and reading code is half of a cold start.
import { FramerailError, monotonicNow } from '../base/index.js';
import type { AmfObject } from './amf0.js';
import type { DestinationLink, DestinationMarks, LinkHandlers } from './destination-link.js';

/**
 * Loads the code and makes the link.
 * @param handlers - gives what the link begins with; asked for when the code is there
 */
export type LoadLink = (handlers: () => LinkHandlers) => Promise<DestinationLink>;

/** Stands in for a link until it is there. */
export class LoadedLink implements DestinationLink {
  readonly #marks: DestinationMarks = { dialled: monotonicNow() };
  readonly #handlers: LinkHandlers;
  readonly #loaded: Promise<void>;
  #link: DestinationLink | undefined;
  #held: boolean;
  #over = false;

  constructor(handlers: LinkHandlers, load: LoadLink) {
    this.#handlers = handlers;
    this.#held = handlers.held;
    this.#loaded = this.#load(load);
  }

  get marks(): DestinationMarks {
    return this.#link === undefined ? this.#marks : { ...this.#link.marks, ...this.#marks };
  }

  get queued(): number {
    return this.#link?.queued ?? 0;
  }

  get sent(): number {
    return this.#link?.sent ?? 0;
  }

  release(): void {
    this.#held = false;
    this.#link?.release();
  }

  describe(metadata: AmfObject): Buffer | undefined {
    return this.#link?.describe(metadata);
  }

  send(type: number, time: number, payload: Buffer): void {
    this.#link?.send(type, time, payload);
  }

  flush(): void {
    this.#link?.flush();
  }

  fail(error: FramerailError): void {
    if (this.#link !== undefined) {
      this.#link.fail(error);
      return;
    }
    if (this.#over) return;
    this.#over = true;
    this.#handlers.onEnd(error);
  }

  close(): Promise<void> | undefined {
    this.#over = true;
    if (this.#link !== undefined) return this.#link.close();
    // It may be made while nobody wants it any more.
    return this.#loaded.then(() => this.#link?.close());
  }

  async #load(load: LoadLink): Promise<void> {
    try {
      this.#link = await load(() => ({ ...this.#handlers, held: this.#held }));
    } catch (cause) {
      this.fail(new FramerailError('FR_INTERNAL', 'The code of a destination could not be loaded.', { cause }));
    }
    if (this.#over) void this.#link?.close();
  }
}
