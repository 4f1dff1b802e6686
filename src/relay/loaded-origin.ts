// An origin whose code is loaded as it is dialled: most relays never need it, and reading code is half of a cold start.
import { FramerailError, isFramerailError, monotonicNow } from '../base/index.js';
import type { Origin, OriginHandlers, OriginMarks, OriginOptions, OriginSource } from './origin.js';

/** Loads the code and reads the address with it. */
export type LoadSource = () => Promise<OriginSource>;

/**
 * An origin of which the address was read, and nothing else.
 * @param facts - what is known of it without its code
 */
export function loadedSource(facts: Pick<OriginSource, 'shown' | 'listens'>, load: LoadSource): OriginSource {
  return { ...facts, open: (handlers, options) => new LoadedOrigin(load, handlers, options) };
}

class LoadedOrigin implements Origin {
  readonly #since = monotonicNow();
  readonly #handlers: OriginHandlers;
  #origin: Origin | undefined;
  #over = false;

  constructor(load: LoadSource, handlers: OriginHandlers, options: OriginOptions) {
    this.#handlers = handlers;
    load().then(
      (source) => {
        if (!this.#over) this.#origin = source.open(handlers, options);
      },
      (cause: unknown) => {
        const internal = new FramerailError('FR_INTERNAL', 'The code of an origin could not be loaded.', { cause });
        this.fail(isFramerailError(cause) ? cause : internal);
      },
    );
  }

  get marks(): OriginMarks {
    const { dialled = this.#since, ...marks } = this.#origin?.marks ?? {};
    // What was dialled ahead was dialled before it was asked for.
    return { ...marks, dialled: Math.min(dialled, this.#since) };
  }

  close(): void {
    this.#over = true;
    this.#origin?.close();
  }

  fail(error: FramerailError): void {
    if (this.#origin !== undefined) {
      this.#origin.fail(error);
      return;
    }
    if (this.#over) return;
    this.#over = true;
    this.#handlers.onEnd(error);
  }
}
