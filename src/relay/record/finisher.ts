// What becomes of a recorded file: published as it is, or made an MP4 by a worker, and never lost on the way.
import { rename, rm, stat } from 'node:fs/promises';
import { FramerailError, isFramerailError, outputError, removeAtExit, temporaryName } from '../../base/index.js';
import { codecTitle } from '../flv/tag.js';
import { keptName } from './names.js';
import type { RecordFormat } from './format.js';

/** A recorded file, closed. */
export interface RecordedFile {
  /** Where it lies. */
  readonly path: string;
  /** What it shall be called. */
  readonly target: string;
  readonly format: RecordFormat;
}

/** Publishes files, one after the other. */
export class Finisher {
  readonly #onWarning: (message: string) => void;
  readonly #abort = new AbortController();

  constructor(onWarning: (message: string) => void) {
    this.#onWarning = onWarning;
  }

  /** Publishes one file; rejects with one sentence that says where the recording is. */
  async publish({ path, target, format: { container } }: RecordedFile): Promise<void> {
    if (container === undefined) {
      await rename(path, target).catch((cause: unknown) => {
        throw notPublished(outputError(target, cause), path);
      });
      return;
    }
    const temporary = temporaryName(target);
    const settled = removeAtExit(temporary);
    try {
      const { size } = await stat(path);
      // Loaded when the first MP4 is due: a relay that records none never knows what that takes.
      const { remux } = await import('./remux.js');
      const params = { name: target, path: temporary, container };
      const { written, leftOut } = await remux(path, size, params, this.#abort.signal);
      if (written) await rename(temporary, target);
      if (leftOut.length === 0) await rm(path, { force: true });
      else await this.#leftOut(path, target, leftOut);
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined);
      const kept = await keep(path, target);
      throw notPublished(isFramerailError(cause) ? cause : outputError(target, cause), kept);
    } finally {
      settled();
    }
  }

  /** Leaves what is not an MP4 yet as it was recorded. */
  abort(): void {
    this.#abort.abort(new FramerailError('FR_ABORTED', 'It was stopped.'));
  }

  async #leftOut(path: string, target: string, codecs: readonly string[]): Promise<void> {
    const kept = await keep(path, target);
    this.#onWarning(
      `${target} does not hold ${codecs.map(codecTitle).join(' and ')}: all of the recording is in ${kept}.`,
    );
  }
}

/** Gives a recording its own name back; where that fails it stays where it is. */
async function keep(path: string, target: string): Promise<string> {
  const name = await keptName(target);
  return rename(path, name).then(
    () => name,
    () => path,
  );
}

function notPublished({ code, message, details }: FramerailError, kept: string): FramerailError {
  return new FramerailError(code, `${message} The recording is in ${kept}.`, { details: { ...details, kept } });
}
