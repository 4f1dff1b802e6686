// What a pool does where worker processes cannot load native code: the machine's own ffmpeg command, and a warning.
import { FramerailError } from '../base/index.js';
import type { Backend } from './host.js';
import { findCommands } from '../spawned/index.js';

/** A job that can run in two ways: on the native library, and by running commands. */
export interface JobModule {
  /** Its module for workers that load native code. */
  readonly native: string;
  /** Its module for the `spawn` backend; undefined where the commands cannot do it. */
  readonly spawned?: string;
}

/** The module of a job as a backend runs it. */
export function moduleFor(jobs: readonly JobModule[], backend: Backend, native: string): string {
  return backend === 'spawn' ? (jobs.find((job) => job.native === native)?.spawned ?? native) : native;
}

/** Whether a failure to start a worker says that this machine cannot run workers of this kind at all. */
export function isBeyondNative(error: unknown): error is FramerailError {
  return error instanceof FramerailError && (error.code === 'FR_ENGINE_LOAD' || error.code === 'FR_MEMORY_REGION');
}

let warned = false;

/** Makes sure that there are commands and says what is done, once in a process; throws FR_ENGINE_LOAD with both reasons otherwise. */
export async function fallBack(reason: FramerailError): Promise<void> {
  try {
    const { version } = await findCommands();
    if (warned) return;
    warned = true;
    process.emitWarning(
      `${reason.message} Frames come from the ffmpeg command (${version}) instead; name \`backend: 'spawn'\` to say that this is wanted.`,
      { code: 'FRAMERAIL_FALLBACK' },
    );
  } catch (missing) {
    if (!(missing instanceof FramerailError)) throw missing;
    throw new FramerailError(
      'FR_ENGINE_LOAD',
      `${sentence(reason.message)}, and there is no command to use instead: ${missing.message}`,
      { details: { ...reason.details, native: reason.message, command: missing.message }, cause: reason },
    );
  }
}

function sentence(text: string): string {
  return text.replace(/\.$/, '');
}
