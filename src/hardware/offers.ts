// What a job in a worker and its parent say to each other about hardware: the parent knows what works here and how many
// sessions are open, the job knows what it wants to encode and what its driver answered.
import type { BackendName } from './backends.js';

/** An encoder that did not do. */
export interface EncoderAttempt {
  /** FFmpeg's name of it. */
  readonly name: string;
  /** Why, in one sentence. */
  readonly reason: string;
}

/** A job asks for hardware. */
export interface HardwareAsk {
  /** `auto`, a backend, or FFmpeg's name of an encoder. */
  readonly wish: string;
  /** FFmpeg's name of the codec. */
  readonly codec: string;
  /** The offer before this one could not be used; undefined in the first question. */
  readonly failed: { readonly backend: BackendName; readonly exhausted: boolean } | undefined;
}

/** What the parent offers. */
export interface HardwareAnswer {
  /** An encoder with a permit for one session; undefined when there is none. */
  readonly offer: { readonly name: string; readonly backend: BackendName } | undefined;
  /** Encoders that were left out since the last question. */
  readonly attempts: readonly EncoderAttempt[];
}

/** Where a job asks. */
export interface HardwareDoor {
  /** Resolves with an offer, or with none. */
  ask(ask: HardwareAsk): Promise<HardwareAnswer>;
}
