// The only importer of sharp: loaded when something is written that libav writes less well, and not before.
import { FramerailError } from '../../base/index.js';

/** What sharp exports. */
export type Sharp = (typeof import('sharp'))['default'];

/** Loads sharp; rejects with FR_ENGINE_LOAD where this machine cannot load it. */
export async function loadSharp(): Promise<Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new FramerailError(
      'FR_ENGINE_LOAD',
      `WebP is written by sharp, which could not be loaded: ${reason ?? 'no reason given'}`,
      { cause },
    );
  }
}
