// The inputs of one job: the first one, and others like it for what goes back in it.
import { MediaInputHandle } from '../av/index.js';
import type { OpenedVideo } from '../frames/index.js';
import type { JobContext } from '../workers/index.js';

/** Opens inputs, and closes them with the job. */
export class JobInputs {
  readonly #context: JobContext;
  readonly #stream: number | null;
  readonly #inputs: MediaInputHandle[] = [];

  /** @param stream - the number of the video stream; null for the one that ffmpeg picks */
  constructor(context: JobContext, stream: number | null) {
    this.#context = context;
    this.#stream = stream;
  }

  /** Opens one more. Rejects with FR_INPUT_*. */
  async open(): Promise<OpenedVideo> {
    const { source, readBlock } = this.#context;
    const input = await MediaInputHandle.open(source, { readBlock });
    this.#inputs.push(input);
    return { input, stream: input.selectVideo(this.#stream ?? undefined) };
  }

  /** Seconds at which the video ends, as far as packets were read: containers that do not say it are read to their end. */
  get readEnd(): number {
    return Math.max(0, ...this.#inputs.map(({ readEnd }) => readEnd));
  }

  /** Closes all of them. */
  close(): void {
    for (const input of this.#inputs) input.close();
  }
}
