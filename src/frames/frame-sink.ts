// Where chosen pictures go: one slot for each.
import type { VideoStreamInfo } from '../av/index.js';
import type { JobContext } from '../workers/index.js';
import type { Chosen } from './choose.js';
import { FrameWriter } from './frame-writer.js';
import { factsOf, type LayoutEvent } from './frame-facts.js';
import type { FramesParams } from './selection.js';

/** Takes chosen pictures in order of time. */
export interface FrameSink {
  /** Puts a picture where it belongs; waits while the consumer holds every slot. */
  take(chosen: Chosen): Promise<void>;
  /** Every picture was taken. */
  finish(): void;
  /** Frees what is native. */
  close(): void;
}

/** One slot for each frame. */
export class SlotSink implements FrameSink {
  readonly #params: FramesParams;
  readonly #stream: VideoStreamInfo;
  readonly #context: JobContext;
  #writer: FrameWriter | undefined;

  constructor(params: FramesParams, stream: VideoStreamInfo, context: JobContext) {
    this.#params = params;
    this.#stream = stream;
    this.#context = context;
  }

  async take(chosen: Chosen): Promise<void> {
    this.#writer ??= await this.#start(chosen);
    const slot = await this.#context.slot();
    this.#writer.write(chosen.picture, slot.bytes, slot.index);
    this.#context.emit(slot, this.#writer.layout.byteLength, factsOf(chosen, this.#params));
  }

  async #start(first: Chosen): Promise<FrameWriter> {
    const writer = new FrameWriter(this.#params, this.#stream, first.picture);
    await this.#context.reserve(writer.layout.byteLength);
    this.#context.event({ layout: writer.layout } satisfies LayoutEvent);
    return writer;
  }

  finish(): void {
    // Every frame was emitted as it came.
  }

  close(): void {
    this.#writer?.close();
  }
}
