// Sparse sampling: plans which packets each wanted picture takes, and has several decoders work on them at once.
import type { Breathe, DecoderOptions, MediaInputHandle, Picture, VideoStreamInfo } from '../av/index.js';
import type { Samples } from './choose.js';
import type { Ending } from './ending.js';
import { ExactPlan } from './exact-plan.js';
import { KeyframePlan } from './keyframe-plan.js';
import { closeAll, Lanes } from './lanes.js';
import { Unplannable, type Task } from './plan.js';
import type { Step } from './walker.js';

/** libuv's threads, on which decoders work: more lanes would wait for each other. */
const MAX_LANES = 4;
/** Decoded pictures that wait for their turn, all lanes together. */
const PICTURE_BYTES = 192 * 1024 * 1024;

/** What a sampler works with. */
export interface SamplerOptions {
  readonly input: MediaInputHandle;
  readonly stream: VideoStreamInfo;
  /** How decoders are opened; the threads are those of all lanes together. */
  readonly decoding: Omit<DecoderOptions, 'device'>;
  readonly breathe: Breathe;
}

/** A task whose decoding has begun. */
interface Begun {
  readonly task: Task;
  readonly steps: Promise<Step[]>;
}

/** Samples one input; one per job. */
export class Sampler implements Samples<Picture> {
  /** How many of the wanted times were answered. */
  asked = 0;
  readonly #options: SamplerOptions;
  #lanes: Lanes | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  /** Whether anything was decoded or refused to be. */
  get tried(): boolean {
    return this.#lanes !== undefined;
  }

  /** Pictures decoded so far. */
  get decoded(): number {
    return this.#lanes?.decoded ?? 0;
  }

  /** Packets that the decoders refused. */
  get damagedPackets(): number {
    return this.#lanes?.damagedPackets ?? 0;
  }

  /**
   * The pictures on display at `times`, which ascend. A picture is good until the next one is asked for.
   * Throws Unplannable after the last one that packets can tell.
   */
  exact(times: Iterable<number>, ending: Ending): AsyncGenerator<Step> {
    const { input, stream, breathe } = this.#options;
    const { width, height } = stream.stored;
    // Three bytes a pixel: 4:2:0 with ten bits.
    const fit = Math.floor(PICTURE_BYTES / (this.#laneLimit() + 1) / Math.max(1, width * height * 3));
    const plan = new ExactPlan(input, ending, { picturesAtOnce: Math.max(1, fit), breathe });
    return this.#run(plan.tasks(times));
  }

  /**
   * The last keyframe at or before each of `times`, which ascend.
   * @param once - a keyframe that is the last one for several times comes once, and one without a picture not at all;
   * else such a keyframe is Unplannable
   */
  keyframesAt(times: Iterable<number>, once: boolean, ending: Ending): AsyncGenerator<Step> {
    const { input, breathe } = this.#options;
    return this.#run(new KeyframePlan(input, ending, breathe).at(times, once), !once);
  }

  /** Every keyframe from one time until before another. */
  keyframes(from: number, to: number | null, ending: Ending): AsyncGenerator<Step> {
    const { input, breathe } = this.#options;
    return this.#run(new KeyframePlan(input, ending, breathe).all(from, to), false);
  }

  /** Has the lanes work on what the plan says, and delivers in its order. @param all - no picture may be missing */
  async *#run(plan: AsyncGenerator<Task>, all = true): AsyncGenerator<Step> {
    const begun: Begun[] = [];
    let failure: { readonly error: unknown } | undefined;
    let more = true;
    /** The next tasks; after the last one `more` is false, and what the plan ran into is told in its turn. */
    const read = async (limit: number): Promise<Task[]> => {
      const tasks: Task[] = [];
      while (more && tasks.length < limit) {
        try {
          const next = await plan.next();
          if (next.done === true) more = false;
          else tasks.push(next.value);
        } catch (error) {
          failure = { error };
          more = false;
        }
      }
      return tasks;
    };
    try {
      do {
        // The first tasks show how many decoders there is work for; then one task waits for the next free decoder.
        const tasks = await read((this.#lanes?.count ?? this.#laneLimit()) + 1 - begun.length);
        for (const task of tasks) begun.push(this.#begin(task, tasks.length));
        if (begun.length > 0) yield* this.#deliver(begun, all);
      } while (more || begun.length > 0);
      if (failure !== undefined) throw failure.error;
    } finally {
      await this.#lanes?.close();
      for (const { steps } of begun) closeAll(await steps.catch(() => []));
      await plan.return(undefined);
    }
  }

  #begin(task: Task, tasks: number): Begun {
    this.#lanes ??= this.#openLanes(tasks);
    const steps = this.#lanes.run(task);
    // It is awaited in its turn; until then a failure is not an unhandled one.
    steps.catch(() => undefined);
    return { task, steps };
  }

  #laneLimit(): number {
    return Math.min(this.#options.decoding.threads, MAX_LANES);
  }

  #openLanes(tasks: number): Lanes {
    const { decoding, input, breathe } = this.#options;
    const count = Math.min(tasks, this.#laneLimit());
    const threads = Math.max(1, Math.floor(decoding.threads / count));
    return new Lanes(input, { count, decoding: { ...decoding, threads }, breathe });
  }

  async *#deliver(begun: Begun[], all: boolean): AsyncGenerator<Step> {
    const first = begun[0];
    if (first === undefined) return;
    const steps = await first.steps;
    begun.shift();
    try {
      let asked = 0;
      for (const time of first.task.shown) {
        const step = steps.find((one) => one.time === time);
        if (step === undefined && all) throw new Unplannable('a keyframe without a picture');
        if (step === undefined) continue;
        yield step;
        asked += 1;
        this.asked += 1;
      }
      this.asked += first.task.asked - asked;
    } finally {
      closeAll(steps);
    }
  }
}
