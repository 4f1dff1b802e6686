// What becomes of a recorded file: published as it is, or made an MP4 by a worker, and never lost on the way.
import { rm, stat } from 'node:fs/promises';
import { FramerailError, isFramerailError, outputError, removeAtExit, temporaryName } from '../../base/index.js';
import { codecTitle } from '../flv/tag.js';
import { claim, countedNames, flvNames, type Names } from './names.js';
import type { RecordFormat } from './format.js';

/** A recorded file, closed. */
export interface RecordedFile {
  /** Where it lies. */
  readonly path: string;
  /** What it is called in messages until it has its name. */
  readonly target: string;
  /** What it may be called: nothing that is there is replaced. */
  readonly names: Names;
  readonly format: RecordFormat;
}

/** Publishes files, one after the other. */
export class Finisher {
  readonly #onWarning: (message: string) => void;
  readonly #abort = new AbortController();

  constructor(onWarning: (message: string) => void) {
    this.#onWarning = onWarning;
  }

  /**
   * Publishes one file; rejects with one sentence that says where the recording is.
   * @returns its name; undefined where there was nothing in it
   */
  async publish({ path, target, names, format: { container } }: RecordedFile): Promise<string | undefined> {
    if (container === undefined)
      return await claim(path, names).catch((cause: unknown) => {
        throw notPublished(outputError(target, cause), path);
      });
    const temporary = temporaryName(target);
    const settled = removeAtExit(temporary);
    try {
      const { size } = await stat(path);
      // Loaded when the first MP4 is due: a relay that records none never knows what that takes.
      const { remux } = await import('./remux.js');
      const params = { name: target, path: temporary, container };
      const { written, leftOut } = await remux(path, size, params, this.#abort.signal);
      const name = written ? await claim(temporary, names) : undefined;
      if (leftOut.length > 0) {
        const kept = await keep(path, name === undefined ? names : countedNames(name));
        this.#onWarning(
          `${name ?? target} does not hold ${leftOut.map(codecTitle).join(' and ')}: all of the recording is in ${kept}.`,
        );
        return name ?? kept;
      }
      await rm(path, { force: true });
      return name;
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined);
      const kept = await keep(path, names);
      throw notPublished(isFramerailError(cause) ? cause : outputError(target, cause), kept);
    } finally {
      settled();
    }
  }

  /** Leaves what is not an MP4 yet as it was recorded. */
  abort(): void {
    this.#abort.abort(new FramerailError('FR_ABORTED', 'It was stopped.'));
  }
}

/** Gives a recording a name of its own back; where that fails it stays where it is. */
async function keep(path: string, names: Names): Promise<string> {
  return await claim(path, flvNames(names)).catch(() => path);
}

function notPublished({ code, message, details }: FramerailError, kept: string): FramerailError {
  return new FramerailError(code, `${message} The recording is in ${kept}.`, { details: { ...details, kept } });
}
