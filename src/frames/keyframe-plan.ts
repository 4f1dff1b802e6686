// Plans keyframes: each is found among the packets and decoded alone, the rest of the video is not decoded at all.
import {
  lastKeyframe,
  seekKeyframe,
  type Breathe,
  type KeptPacket,
  type MediaInputHandle,
  type PacketFacts,
} from '../av/index.js';
import { EPSILON, isOver, type Ending } from './ending.js';
import type { Task } from './plan.js';

/** A keyframe that was found; it is closed by the task that it goes into. */
interface Keyframe {
  readonly packet: KeptPacket;
  readonly time: number;
}

/** Finds keyframes of one input; one per job, for one of its two methods. */
export class KeyframePlan {
  readonly #input: MediaInputHandle;
  readonly #ending: Ending;
  readonly #breathe: Breathe;
  #ahead: Keyframe | undefined;
  #lastTime = 0;
  #ended = false;
  /** When the last packet read so far is shown no longer. */
  #end = Number.NEGATIVE_INFINITY;

  constructor(input: MediaInputHandle, ending: Ending, breathe: Breathe) {
    this.#input = input;
    this.#ending = ending;
    this.#breathe = breathe;
  }

  /** Every keyframe from one time until before another. */
  async *all(from: number, to: number | null): AsyncGenerator<Task> {
    // Everything is read: told to discard other packets, libav's MP4 reader gives keyframes wrong times.
    if (from > 0) {
      const landed = await seekKeyframe(this.#input, from + EPSILON, this.#breathe);
      if (landed === undefined) await this.#input.rewind();
      else this.#ahead = this.#keep(landed);
    }
    try {
      for (;;) {
        const keyframe = this.#ahead ?? (await this.#next());
        if (keyframe === undefined || (to !== null && keyframe.time >= to - EPSILON)) return;
        this.#ahead = undefined;
        if (keyframe.time >= from - EPSILON) yield taskOf(keyframe, 1, 1);
        else keyframe.packet.close();
      }
    } finally {
      this.#ahead?.packet.close();
    }
  }

  /**
   * The last keyframe at or before each time, which ascend; the first one for times before it.
   * @param once - a keyframe that is the last one for several times is wanted once
   */
  async *at(times: Iterable<number>, once: boolean): AsyncGenerator<Task> {
    // Where nothing else tells the end of the file, reading to it does.
    const seeking = !this.#input.untimed && this.#ending.duration !== undefined;
    let current: Keyframe | undefined;
    let asked = 0;
    let shown = 0;
    try {
      for (const time of times) {
        const found = seeking ? await this.#seek(time, current) : await this.#readOn(time, current);
        if (found === undefined) break;
        if (this.#ended && this.#isOver(time, found)) {
          if (found !== current) found.packet.close();
          break;
        }
        if (found !== current) {
          if (current !== undefined) yield taskOf(current, shown, asked);
          current = found;
          asked = shown = 0;
        }
        asked += 1;
        if (!once || shown === 0) shown += 1;
      }
    } catch (error) {
      // What came before the failure is still good.
      if (current !== undefined) yield taskOf(current, shown, asked);
      throw error;
    } finally {
      this.#ahead?.packet.close();
    }
    if (current !== undefined) yield taskOf(current, shown, asked);
  }

  #isOver(time: number, last: Keyframe): boolean {
    return isOver(time, { time: last.time, duration: this.#end - last.time }, this.#ending);
  }

  async #seek(time: number, current: Keyframe | undefined): Promise<Keyframe | undefined> {
    const found = await lastKeyframe(this.#input, time + EPSILON, this.#breathe);
    if (found === undefined) return current;
    const keyframe = this.#timeOf(found) === current?.time ? current : this.#keep(found);
    // Headers may be wrong about the length: where they say that the file is over, its last packets tell.
    if (time > (this.#ending.duration ?? 0) - EPSILON) while ((await this.#packet()) !== undefined);
    return keyframe;
  }

  async #readOn(time: number, current: Keyframe | undefined): Promise<Keyframe | undefined> {
    let last = current;
    for (;;) {
      this.#ahead ??= await this.#next();
      if (this.#ahead === undefined || (last !== undefined && this.#ahead.time > time + EPSILON)) return last;
      if (last !== current) last?.packet.close();
      last = this.#ahead;
      this.#ahead = undefined;
    }
  }

  async #next(): Promise<Keyframe | undefined> {
    for (;;) {
      const facts = await this.#packet();
      if (facts === undefined || facts.keyframe) return facts && this.#keep(facts);
    }
  }

  async #packet(): Promise<PacketFacts | undefined> {
    await this.#breathe();
    const facts = await this.#input.readPacket();
    if (facts === undefined) this.#ended = true;
    else this.#end = Math.max(this.#end, this.#timeOf(facts) + facts.duration);
    return facts;
  }

  #keep(facts: PacketFacts): Keyframe {
    this.#lastTime = this.#timeOf(facts);
    return { packet: this.#input.keep(facts), time: this.#lastTime };
  }

  /** Containers without presentation times have decoding times, and those of keyframes alone are in order. */
  #timeOf({ time, decodeTimestamp }: PacketFacts): number {
    return time ?? (decodeTimestamp === undefined ? this.#lastTime : this.#input.toSeconds(decodeTimestamp));
  }
}

function taskOf({ packet, time }: Keyframe, shown: number, asked: number): Task {
  return { packets: [packet], shown: Array<number>(shown).fill(time), asked, keyframe: true };
}
