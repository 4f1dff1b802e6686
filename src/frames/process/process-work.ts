// The loop of a process job: pictures out to JavaScript, changed ones into the encoder, whichever is ready first.
import {
  colorAfter,
  colorOf,
  pictureOver,
  setColor,
  type ColorTags,
  type MediaInputHandle,
  type Picture,
  type VideoStreamInfo,
} from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
import { isRgb } from '../../pixels/index.js';
import type { JobContext, Mail } from '../../workers/index.js';
import type { LayoutEvent } from '../frame-facts.js';
import { FrameWriter } from '../frame-writer.js';
import type { FrameFacts } from '../selection.js';
import type { PictureSource, TimedPicture } from './picture-source.js';
import type { ProcessOutput } from './process-output.js';
import type { ProcessCommand, ProcessEvent, ProcessParams, ReturnFacts } from './process-params.js';

/** What the loop works on. */
export interface WorkSetup {
  readonly input: MediaInputHandle;
  readonly stream: VideoStreamInfo;
  readonly source: PictureSource;
  readonly output: ProcessOutput | undefined;
  readonly params: ProcessParams;
  readonly context: JobContext;
}

/** What came of the loop. */
export interface WorkCounts {
  /** Frames that went into the encoder. */
  readonly encoded: number;
  /** Frames that the transform left out. */
  readonly dropped: number;
  /** Seconds from the first frame to the end of the last one. */
  readonly duration: number;
}

/** When a frame is shown, in ticks of the source. */
interface Times {
  readonly timestamp: bigint;
  readonly duration: bigint;
}

/** Milliseconds after which changed frames are let in: an encoder that waits is a core that waits. */
const TURN_INTERVAL = 2;
const PROGRESS_INTERVAL = 200;

/** Runs the loop once. */
export class ProcessWork {
  readonly #setup: WorkSetup;
  readonly #inJavaScript = new Map<number, Times>();
  readonly #aliases = new Map<number, Picture>();
  #writer: FrameWriter | undefined;
  #color: ColorTags | undefined;
  #tick = 0;
  #encoded = 0;
  #dropped = 0;
  #start: number | undefined;
  #end = 0;
  #finishing = false;
  #lastProgress = performance.now();

  constructor(setup: WorkSetup) {
    this.#setup = setup;
  }

  /** Works through the whole source. */
  async run(): Promise<WorkCounts> {
    const { input, stream, source, output, params } = this.#setup;
    try {
      const first = await source.next();
      if (first === undefined)
        throw new FramerailError(
          'FR_DECODE_NO_FRAME',
          `${input.name} has a video stream (${stream.codec}) but no frame of it could be decoded in the wanted range.`,
        );
      await this.#begin(first);
      this.#tick = source.timing.timeBase.num / source.timing.timeBase.den;
      const { duration } = input;
      const end = params.to ?? duration;
      const expected = end === undefined ? undefined : Math.max(0, Math.min(end, duration ?? end) - params.from);
      this.#notify({ kind: 'started', duration: expected, encoder: output?.encoder });
      if (params.transform) await this.#throughJavaScript(first);
      else await this.#straight(first);
      await this.#readBeyond();
      if (output !== undefined && this.#encoded === 0)
        throw new FramerailError(
          'FR_ENCODE_FAILED',
          'Every frame was left out by the transform, so there is no video.',
        );
      output?.finish();
      await output?.settle();
      this.#tellProgress();
      return { encoded: this.#encoded, dropped: this.#dropped, duration: this.#end - (this.#start ?? this.#end) };
    } finally {
      for (const alias of this.#aliases.values()) alias.close();
      this.#writer?.close();
    }
  }

  async #begin(first: TimedPicture): Promise<void> {
    const { stream, source, output, params, context } = this.#setup;
    const { picture } = first;
    let form = { size: params.size ?? { width: picture.width, height: picture.height }, format: picture.format };
    if (params.transform) {
      this.#writer = new FrameWriter({ ...params, upright: false }, stream, picture);
      const { layout } = this.#writer;
      form = { size: { width: layout.width, height: layout.height }, format: layout.format };
      // What is RGB now says so itself.
      if (!isRgb(layout.format))
        this.#color = params.format === null ? colorOf(picture) : colorAfter(picture, layout.format);
    }
    this.#finishing = (await output?.begin(picture, form, source.timing, this.#color)) === true;
    if (this.#writer === undefined) return;
    await context.reserve(this.#writer.layout.byteLength);
    context.event({ layout: this.#writer.layout } satisfies LayoutEvent);
  }

  /** Filters alone: nothing leaves the worker. */
  async #straight(first: TimedPicture): Promise<void> {
    const { output, context } = this.#setup;
    for (let next: TimedPicture | undefined = first; next !== undefined; next = await this.#next()) {
      await this.#hear();
      this.#encode(next.picture, next);
      await output?.settle();
      await context.breathe();
    }
  }

  async #throughJavaScript(first: TimedPicture): Promise<void> {
    const { context } = this.#setup;
    let next: TimedPicture | undefined = first;
    let index = 0;
    for (;;) {
      // One in, one out: batches that went into the encoder at one go would let the decoder's threads starve meanwhile.
      const heard = await this.#hearOne();
      // Not before there is a frame: a video of none is nothing.
      if (this.#finishing && index > 0) next = undefined;
      if (next === undefined && this.#inJavaScript.size === 0) return;
      if (next !== undefined && context.freeSlots > 0) {
        await this.#show(next, index++);
        next = await this.#next();
        await context.breathe(TURN_INTERVAL);
      } else if (!heard) {
        await context.pause();
      }
    }
  }

  /** The next picture; undefined at the end, which may be here by the caller's wish. */
  async #next(): Promise<TimedPicture | undefined> {
    if (this.#finishing) return undefined;
    try {
      return await this.#setup.source.next();
    } catch (error) {
      // An input that was cut off on purpose may end within a picture.
      await this.#hear();
      if (!this.#finishing) throw error;
      return undefined;
    }
  }

  /** Puts a picture into a slot and lets JavaScript have it. */
  async #show({ picture, timestamp, duration, keyframe, damaged }: TimedPicture, index: number): Promise<void> {
    const { context } = this.#setup;
    const writer = this.#writer;
    if (writer === undefined) return;
    const slot = await context.slot();
    writer.write(picture, slot.bytes, slot.index);
    this.#inJavaScript.set(slot.index, { timestamp, duration });
    const facts: FrameFacts = {
      pts: Number(timestamp) * this.#tick,
      duration: Number(duration) * this.#tick,
      keyframe,
      damaged,
      index,
    };
    context.emit(slot, writer.layout.byteLength, facts);
  }

  /** Takes everything that came back, as fast as the output takes it. */
  async #hear(): Promise<void> {
    while (await this.#hearOne());
  }

  /** Takes what came back first; whether there was anything. */
  async #hearOne(): Promise<boolean> {
    const { output, context } = this.#setup;
    const mail = context.takeMail();
    if (mail === undefined) return false;
    this.#take(mail);
    await output?.settle();
    return true;
  }

  #take(mail: Mail): void {
    const { output, context } = this.#setup;
    if (mail.kind === 'command') {
      const command = mail.payload as ProcessCommand;
      if (command.kind === 'update') output?.change(command.change);
      if (command.kind === 'finish') this.#finishing = true;
      return;
    }
    const { slot } = mail;
    const times = this.#inJavaScript.get(slot.index);
    this.#inJavaScript.delete(slot.index);
    const { drop } = mail.facts as ReturnFacts;
    if (drop) this.#dropped += 1;
    else if (times !== undefined) this.#encode(this.#alias(slot.index, slot.bytes), times);
    // The encoder has read it: decoding may write there again.
    context.recycle(slot);
  }

  /** The picture over a slot; made once for each. */
  #alias(index: number, bytes: Buffer): Picture {
    let alias = this.#aliases.get(index);
    if (alias !== undefined || this.#writer === undefined) {
      if (alias === undefined) throw new FramerailError('FR_INTERNAL', 'A frame came back before it was sent.');
      return alias;
    }
    alias = pictureOver(bytes, this.#writer.layout);
    if (this.#color !== undefined) setColor(alias, this.#color);
    this.#aliases.set(index, alias);
    return alias;
  }

  #encode(picture: Picture, { timestamp, duration }: Times): void {
    this.#setup.output?.send(picture, timestamp, duration);
    this.#encoded += 1;
    const time = Number(timestamp) * this.#tick;
    this.#start ??= time;
    this.#end = Math.max(this.#end, time + Number(duration) * this.#tick);
    const now = performance.now();
    if (now - this.#lastProgress < PROGRESS_INTERVAL) return;
    this.#lastProgress = now;
    this.#tellProgress();
  }

  #tellProgress(): void {
    this.#notify({ kind: 'progress', frames: this.#encoded, time: this.#end, bytes: this.#setup.output?.bytes ?? 0 });
  }

  #notify(event: ProcessEvent): void {
    this.#setup.context.notify(event);
  }

  /** Sound that belongs to the range may lie behind its last picture. */
  async #readBeyond(): Promise<void> {
    const { input, source, params, context, output } = this.#setup;
    if (output === undefined || !output.carries || (params.to === null && !source.cut)) return;
    const end = params.to ?? Number.POSITIVE_INFINITY;
    while (!this.#finishing) {
      const packet = await input.readPacket();
      if (packet === undefined || (packet.time !== undefined && packet.time > end + SOUND_LAG)) return;
      await this.#hear();
      await output.settle();
      await context.breathe();
    }
  }
}

/** How far sound lies behind the pictures that it belongs to, in seconds; interleaving keeps to half a second. */
const SOUND_LAG = 1;
