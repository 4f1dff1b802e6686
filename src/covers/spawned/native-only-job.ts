// Stands where a job would run on commands that they cannot do.
import { FramerailError } from '../../base/index.js';

/** Refuses in one sentence. */
export default function nativeOnlyJob(): Promise<never> {
  return Promise.reject(
    new FramerailError(
      'FR_ENGINE_LOAD',
      'Storyboards and previews are made by the native library alone, which the backend spawn does without; name another backend, on a machine that can load it.',
    ),
  );
}
