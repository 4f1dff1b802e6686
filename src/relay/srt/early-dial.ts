// An origin of SRT that is dialled while the code of its relay still loads, and who takes it over.
import { isFramerailError } from '../../base/index.js';
import { parseSrt, type SrtAddress } from './address.js';
import { SrtDial, type DialHandlers } from './dial.js';

let early: { readonly text: string; readonly timeout: number; readonly dial: EarlyDial } | undefined;

/**
 * Dials an origin. An address that is wrong, or that listens, is left to its relay.
 * @param timeout - milliseconds until it must have answered
 */
export function dialEarlyOrigin(text: string, timeout: number): void {
  const address = addressOf(text);
  if (address?.listens === false) early = { text, timeout, dial: new EarlyDial(address, timeout) };
}

/** Gives the connection that was dialled early, if it was dialled as it is wanted; whoever takes it answers for it. */
export function takeEarlyDial(text: string, timeout: number, handlers: DialHandlers): SrtDial | undefined {
  if (early === undefined) return undefined;
  const asWanted = early.text === text && early.timeout === timeout;
  const taken = asWanted ? early.dial.give(handlers) : undefined;
  if (!asWanted) early.dial.close();
  early = undefined;
  return taken;
}

/** Ends the connection if nobody took it. */
export function dropEarlyDial(): void {
  early?.dial.close();
  early = undefined;
}

function addressOf(text: string): SrtAddress | undefined {
  try {
    return parseSrt('from', text);
  } catch (error) {
    if (isFramerailError(error)) return undefined;
    throw error;
  }
}

/** A connection of which nobody hears yet. */
class EarlyDial {
  readonly #dial: SrtDial;
  #handlers: DialHandlers | undefined;
  /** What happened meanwhile, but for bytes, which wait in the connection. */
  readonly #missed: ((handlers: DialHandlers) => void)[] = [];

  constructor(address: SrtAddress, timeout: number) {
    this.#dial = new SrtDial({
      ...{ address, timeout, direction: 'in', ahead: true },
      onAccepted: () => {
        this.#tell(({ onAccepted }) => {
          onAccepted();
        });
      },
      onBytes: (bytes) => this.#handlers?.onBytes(bytes),
      onTurn: () => this.#handlers?.onTurn(),
      onWarning: (message) => {
        this.#tell(({ onWarning }) => {
          onWarning(message);
        });
      },
      onEnd: (error) => {
        this.#tell(({ onEnd }) => {
          onEnd(error);
        });
      },
    });
  }

  give(handlers: DialHandlers): SrtDial {
    // Nobody hears of it before he has it in his hands.
    queueMicrotask(() => {
      this.#handlers = handlers;
      for (const tell of this.#missed) tell(handlers);
      this.#dial.begin();
    });
    return this.#dial;
  }

  close(): void {
    void this.#dial.close(false);
  }

  #tell(what: (handlers: DialHandlers) => void): void {
    if (this.#handlers === undefined) this.#missed.push(what);
    else what(this.#handlers);
  }
}
