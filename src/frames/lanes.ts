// Decoders side by side: each takes a group of pictures of its own, so none waits for another and nothing is wasted.
import { Picture, VideoDecoder, type Breathe, type DecoderOptions, type MediaInputHandle } from '../av/index.js';
import { HangWatch } from './hang-watch.js';
import { Unplannable, type Task } from './plan.js';
import type { Step } from './walker.js';

/** Several decoders of one stream. */
export class Lanes {
  /** Pictures decoded so far. */
  decoded = 0;
  readonly count: number;
  readonly #decoders: VideoDecoder[] = [];
  readonly #idle: VideoDecoder[];
  readonly #waiting: ((decoder: VideoDecoder) => void)[] = [];
  readonly #running = new Set<Promise<unknown>>();
  readonly #input: MediaInputHandle;
  readonly #breathe: Breathe;
  readonly #watch = new HangWatch();
  #closing = false;

  /**
   * @param input - where the packets come from
   * @param breathe - called for every packet; throws to stop
   */
  constructor(
    input: MediaInputHandle,
    options: { readonly count: number; readonly decoding: DecoderOptions; readonly breathe: Breathe },
  ) {
    this.#input = input;
    this.#breathe = options.breathe;
    this.count = options.count;
    for (let i = 0; i < options.count; i++) this.#decoders.push(VideoDecoder.open(input, options.decoding));
    this.#idle = [...this.#decoders];
  }

  /** Packets that the decoders refused. */
  get damagedPackets(): number {
    return this.#decoders.reduce((sum, decoder) => sum + decoder.damagedPackets, 0);
  }

  /**
   * Decodes the wanted pictures of a task as soon as a decoder is free; they belong to the caller.
   * Rejects with Unplannable when a wanted picture does not come out.
   */
  run(task: Task): Promise<Step[]> {
    const result = this.#run(task);
    const settled = result.catch(() => undefined).finally(() => this.#running.delete(settled));
    this.#running.add(settled);
    return result;
  }

  async #run(task: Task): Promise<Step[]> {
    const decoder = this.#idle.shift() ?? (await new Promise<VideoDecoder>((resolve) => this.#waiting.push(resolve)));
    const steps = new Map<number, Step>();
    try {
      await this.#decode(decoder, task, steps);
    } catch (error) {
      closeAll(steps.values());
      throw error;
    } finally {
      for (const packet of task.packets) packet.close();
      this.#free(decoder);
    }
    return [...steps.values()];
  }

  #free(decoder: VideoDecoder): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(decoder);
    else next(decoder);
  }

  async #decode(decoder: VideoDecoder, task: Task, steps: Map<number, Step>): Promise<void> {
    const wanted = new Set(task.shown);
    const complete = (): boolean => this.#closing || steps.size === wanted.size;
    if (this.#closing) return;
    decoder.reset();
    for (const packet of task.packets) {
      await this.#breathe();
      decoder.referencesOnly = !task.keyframe && !wanted.has(packet.facts.time ?? Number.NaN);
      await this.#watch.during(decoder.sendKept(packet));
      this.#collect(decoder, task, wanted, steps);
      if (complete()) return;
    }
    decoder.drain();
    this.#collect(decoder, task, wanted, steps);
    if (!complete() && !task.keyframe) throw new Unplannable('a picture did not come out');
  }

  #collect(decoder: VideoDecoder, task: Task, wanted: ReadonlySet<number>, steps: Map<number, Step>): void {
    for (let picture = new Picture(); ;) {
      if (!decoder.receive(picture)) {
        picture.close();
        return;
      }
      this.decoded += 1;
      const stamp = picture.timestamp;
      const time = task.keyframe ? task.shown[0] : stamp === undefined ? undefined : this.#input.toSeconds(stamp);
      if (time === undefined || !wanted.has(time) || steps.has(time)) continue;
      // Its other half may be in a packet that was left out.
      if (picture.interlaced && !task.keyframe) throw new Unplannable('an interlaced picture');
      steps.set(time, { picture, time, duration: this.#input.toDuration(picture.duration) });
      picture = new Picture();
    }
  }

  /** Frees the decoders once they have stopped, each after the packet that it is at. */
  async close(): Promise<void> {
    this.#closing = true;
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#watch.close();
    for (const decoder of this.#decoders) decoder.close();
  }
}

/** Frees the pictures of some steps. */
export function closeAll(steps: Iterable<Step>): void {
  for (const { picture } of steps) picture.close();
}
