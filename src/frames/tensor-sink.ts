// Where the pictures of chosen times go: one slot for all of them, one after another, as models want them.
import { pictureOver, Scaler, type Picture, type VideoStreamInfo } from '../av/index.js';
import { planLayout } from '../pixels/index.js';
import type { JobContext, WritableSlot } from '../workers/index.js';
import type { Chosen } from './choose.js';
import { factsOf, type LayoutEvent } from './frame-facts.js';
import type { FrameSink } from './frame-sink.js';
import { FrameWriter } from './frame-writer.js';
import type { FrameFacts, FramesParams } from './selection.js';

/** Fills a tensor. */
export class TensorSink implements FrameSink {
  readonly #params: FramesParams;
  readonly #stream: VideoStreamInfo;
  readonly #context: JobContext;
  readonly #facts: FrameFacts[] = [];
  #parts: { readonly writer: FrameWriter; readonly slot: WritableSlot } | undefined;
  #splitter: ChannelSplitter | undefined;

  constructor(params: FramesParams, stream: VideoStreamInfo, context: JobContext) {
    this.#params = params;
    this.#stream = stream;
    this.#context = context;
  }

  async take(chosen: Chosen): Promise<void> {
    this.#parts ??= await this.#start(chosen);
    const { writer, slot } = this.#parts;
    const { byteLength } = writer.layout;
    const facts = factsOf(chosen, this.#params);
    const place = slot.bytes.subarray(facts.index * byteLength, (facts.index + 1) * byteLength);
    if (this.#splitter === undefined) {
      writer.write(chosen.picture, place, facts.index);
    } else {
      writer.write(chosen.picture, this.#splitter.packed, 0);
      this.#splitter.split(place);
    }
    this.#facts[facts.index] = facts;
  }

  async #start(first: Chosen): Promise<{ writer: FrameWriter; slot: WritableSlot }> {
    const { selection, gather } = this.#params;
    const count = selection.kind === 'times' ? selection.times.length : 1;
    const writer = new FrameWriter({ ...this.#params, packed: true }, this.#stream, first.picture);
    const { layout } = writer;
    await this.#context.reserve(layout.byteLength * count);
    this.#context.event({ layout } satisfies LayoutEvent);
    if (gather === 'nchw') this.#splitter = new ChannelSplitter(layout.width, layout.height);
    return { writer, slot: await this.#context.slot() };
  }

  finish(): void {
    if (this.#parts === undefined) return;
    const { writer, slot } = this.#parts;
    this.#context.emit(slot, writer.layout.byteLength * this.#facts.length, this.#facts);
  }

  close(): void {
    this.#parts?.writer.close();
    this.#splitter?.close();
  }
}

/** Takes packed rgb24 apart into one plane for each channel, sample by sample: nothing is converted anew. */
class ChannelSplitter {
  /** Where the packed picture is put. */
  readonly packed: Buffer;
  readonly #planes: Buffer;
  readonly #from: Picture;
  readonly #to: Picture;
  readonly #scaler = new Scaler('bicubic');

  constructor(width: number, height: number) {
    const from = planLayout('rgb24', width, height, true);
    const to = planLayout('gbrp', width, height, true);
    this.packed = Buffer.alloc(from.byteLength);
    this.#planes = Buffer.alloc(to.byteLength);
    this.#from = pictureOver(this.packed, from);
    this.#to = pictureOver(this.#planes, to);
  }

  /** Writes red, green and blue one after another; libav keeps them as green, blue, red. */
  split(target: Buffer): void {
    this.#scaler.convert(this.#from, this.#to);
    const plane = target.byteLength / 3;
    for (const [to, from] of [2, 0, 1].entries())
      target.set(this.#planes.subarray(from * plane, (from + 1) * plane), to * plane);
  }

  close(): void {
    this.#from.close();
    this.#to.close();
    this.#scaler.close();
  }
}
