// The recording of a relay, whose code is loaded when there is one: reading code is half of a cold start.
import { resolve } from 'node:path';
import type { Feed, FeedTarget } from '../feed.js';
import type { RecordingStatus } from '../status.js';
import type { Recorder, RecordHandlers, RecordOptions } from './recorder.js';

/** Records a feed as soon as it can. */
export class Recording {
  readonly #recorder: Promise<Recorder>;
  readonly #path: string;
  #loaded: Recorder | undefined;

  /** @param targets - of the feed: the recorder is one of them from its beginning on */
  constructor(options: RecordOptions, feed: Feed, handlers: RecordHandlers, targets: Set<FeedTarget>) {
    this.#path = resolve(options.path);
    this.#recorder = import('./recorder.js').then((module) => {
      const recorder = new module.Recorder(options, feed, handlers);
      this.#loaded = recorder;
      targets.add(recorder);
      recorder.open();
      return recorder;
    });
  }

  /** What is known of it now. */
  get status(): RecordingStatus {
    return this.#loaded?.status ?? { file: this.#path, state: 'idle', files: 0, lastError: null };
  }

  /** The streams are known. */
  begin(): void {
    this.#loaded?.begin();
  }

  /** Leaves what is not an MP4 yet as it was recorded: `close()` then rejects with where it is. */
  abort(): void {
    void this.#recorder.then((recorder) => {
      recorder.abort();
    });
  }

  /**
   * Publishes what there is; rejects with the first failure.
   * @param publish - false to remove what there is of the last file
   */
  async close(publish: boolean): Promise<void> {
    await (await this.#recorder).close(publish);
  }
}
