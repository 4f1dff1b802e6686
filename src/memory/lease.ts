// Leases: the right to read one slot, until it is released. Nothing reads a slot after that.
import { FramerailError } from '../base/index.js';

/** What a released slot is filled with in debug mode, so that a stale view is seen at once. */
export const POISON = 0xdb;

/** Whether released slots are poisoned; set FRAMERAIL_DEBUG_MEMORY=1 to look for stale views. */
const debugMemory = process.env['FRAMERAIL_DEBUG_MEMORY'] === '1';

/** The right to read one slot. */
export class Lease {
  readonly #end: (() => void) | undefined;
  readonly #kind: 'frame' | 'buffer';
  #bytes: Uint8Array | undefined;

  /**
   * @param bytes - the slot
   * @param end - called once, when the lease is over: the slot may be written again
   * @param kind - what it is called in errors and warnings
   */
  constructor(bytes: Uint8Array, end: () => void, kind: 'frame' | 'buffer' = 'frame') {
    this.#bytes = bytes;
    this.#end = end;
    this.#kind = kind;
    const name = kind === 'frame' ? 'retained frame' : kind;
    leaks.register(this, { end, what: `A ${name} of ${String(bytes.byteLength)} bytes` }, this);
  }

  get released(): boolean {
    return this.#bytes === undefined;
  }

  /** The slot; throws FR_FRAME_RELEASED after the release. Ask again instead of keeping what this returns. */
  get bytes(): Uint8Array {
    if (this.#bytes === undefined)
      throw new FramerailError(
        'FR_FRAME_RELEASED',
        this.#kind === 'frame'
          ? 'The pixels of this frame were released; call `frame.retain()` before the next batch to keep them.'
          : 'This buffer was released to its pool; lease another one.',
      );
    return this.#bytes;
  }

  /** Ends the lease; later calls do nothing. */
  release(poison = debugMemory): void {
    if (this.#bytes === undefined) return;
    if (poison) this.#bytes.fill(POISON);
    this.#bytes = undefined;
    leaks.unregister(this);
    this.#end?.();
  }
}

// A frame that was retained and forgotten must not take its slot with it for ever.
const leaks = new FinalizationRegistry<{ end: () => void; what: string }>(({ end, what }) => {
  process.emitWarning(`${what} was garbage-collected without release(); its memory was recovered.`, {
    code: 'FRAMERAIL_FRAME_LEAKED',
  });
  end();
});
