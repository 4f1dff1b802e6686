// Plans exact sampling: which picture is on display at each time, and the packets that it takes to decode it.
import { seekKeyframe, type Breathe, type KeptPacket, type MediaInputHandle, type PacketFacts } from '../av/index.js';
import { EPSILON, isOver, type Ending } from './ending.js';
import { Unplannable, type Task } from './plan.js';

/** Distances below this are read through; a seek would cost more than it saves. Seconds. */
const SEEK_WORTH = 0.5;
/** H.264 and HEVC let at most so many pictures that are shown later go before one in decoding order. */
const OVERTAKING = 16;
/** Compressed data of one group of pictures that is kept in memory at most. */
const GROUP_BYTES = 64 * 1024 * 1024;

type Timed = PacketFacts & { readonly time: number };

/** Reads packets and makes tasks of them; one per job. */
export class ExactPlan {
  readonly #input: MediaInputHandle;
  readonly #ending: Ending;
  readonly #breathe: Breathe;
  readonly #picturesAtOnce: number;
  /** What was read and is still needed, in decoding order, from a keyframe on. */
  readonly #read: { readonly packet: KeptPacket; readonly facts: Timed }[] = [];
  #bytes = 0;
  #ended = false;
  #shown: number[] = [];
  #asked = 0;
  /** How many of the packets the open task needs. */
  #needed = 0;

  /** @param picturesAtOnce - wanted pictures of one group of pictures at most, as they are in memory together */
  constructor(
    input: MediaInputHandle,
    ending: Ending,
    options: { readonly picturesAtOnce: number; readonly breathe: Breathe },
  ) {
    this.#input = input;
    this.#ending = ending;
    this.#breathe = options.breathe;
    this.#picturesAtOnce = options.picturesAtOnce;
  }

  /** One task for each group of pictures with wanted times, which ascend. */
  async *tasks(times: Iterable<number>): AsyncGenerator<Task> {
    try {
      for (const time of times) {
        const finished = await this.#reach(time + EPSILON);
        if (finished !== undefined) yield finished;
        const picture = this.#onDisplay(time + EPSILON);
        if (this.#isLast(picture) && isOver(time, picture.facts, this.#ending)) break;
        this.#want(picture);
      }
      const rest = this.#finish();
      if (rest !== undefined) yield rest;
    } catch (error) {
      // What came before the failure is still good.
      const rest = this.#finish();
      if (rest !== undefined) yield rest;
      throw error;
    } finally {
      this.#drop(this.#read.length);
    }
  }

  /**
   * Has every packet at hand that is shown at or before `time`, from the last keyframe on.
   * @returns the task that ends because other packets are needed now
   */
  async #reach(time: number): Promise<Task | undefined> {
    let finished: Task | undefined;
    const last = this.#read.at(-1)?.facts.time ?? Number.NEGATIVE_INFINITY;
    if (!this.#ended && time - last > SEEK_WORTH) finished = await this.#jump(time);
    for (let after = this.#countAfter(time); !this.#ended && after <= OVERTAKING;) {
      const facts = await this.#next();
      this.#keep(facts);
      if (facts?.time !== undefined && facts.time > time) after += 1;
    }
    const start = this.#read.findLastIndex(({ facts }) => facts.keyframe && facts.time <= time);
    if (start > 0) {
      finished ??= this.#finish();
      this.#drop(start);
    }
    return finished;
  }

  /** Goes to the last keyframe at or before `time`, unless it was read already. */
  async #jump(time: number): Promise<Task | undefined> {
    const landed = (await seekKeyframe(this.#input, time, this.#breathe)) ?? (await this.#first());
    const known = this.#read.findIndex(({ facts }) => facts.keyframe && facts.time === landed?.time);
    if (known >= 0) {
      for (let again = known + 1; again < this.#read.length; again++) await this.#next();
      return undefined;
    }
    const finished = this.#finish();
    this.#drop(this.#read.length);
    this.#keep(landed);
    return finished;
  }

  /** The first keyframe of the file. */
  async #first(): Promise<PacketFacts | undefined> {
    if (!(await this.#input.rewind())) throw new Unplannable('the container cannot seek');
    for (;;) {
      const packet = await this.#next();
      if (packet === undefined || packet.keyframe) return packet;
    }
  }

  async #next(): Promise<PacketFacts | undefined> {
    await this.#breathe();
    return this.#input.readPacket();
  }

  #keep(facts: PacketFacts | undefined): void {
    if (facts === undefined) {
      this.#ended = true;
      return;
    }
    const { time, size } = facts;
    if (time === undefined) throw new Unplannable('a packet without a time');
    const packet = this.#input.keep(facts);
    this.#read.push({ packet, facts: { ...facts, time } });
    this.#bytes += size;
    if (this.#bytes > GROUP_BYTES) throw new Unplannable('a large group of pictures');
    if (packet.changesHeaders) throw new Unplannable('the headers change');
  }

  #countAfter(time: number): number {
    return this.#read.reduce((count, { facts }) => (facts.time > time ? count + 1 : count), 0);
  }

  /** The picture on display: the last that is not after `time`, or the first of all. */
  #onDisplay(time: number): { readonly place: number; readonly facts: Timed } {
    const first = this.#read[0]?.facts;
    if (first === undefined) throw new Unplannable('no packets');
    // Before the first picture that one is shown; pictures that go before a first keyframe could not be decoded.
    const early = first.time > time;
    const limit = early ? first.time : time;
    let place = 0;
    for (const [at, { facts }] of this.#read.entries()) {
      if (early && facts.time < first.time) throw new Unplannable('pictures before the first keyframe');
      if (at > 0 && facts.time === this.#read[place]?.facts.time) throw new Unplannable('two packets of one time');
      if (facts.time <= limit && facts.time > (this.#read[place]?.facts.time ?? 0)) place = at;
    }
    return { place, facts: this.#read[place]?.facts ?? first };
  }

  /** Whether nothing is shown after a picture. */
  #isLast({ facts: last }: { readonly facts: Timed }): boolean {
    return this.#ended && this.#countAfter(last.time) === 0;
  }

  #want({ place, facts }: { readonly place: number; readonly facts: Timed }): void {
    if (this.#shown.at(-1) !== facts.time && new Set(this.#shown).size >= this.#picturesAtOnce)
      throw new Unplannable('many pictures of one group');
    this.#shown.push(facts.time);
    this.#asked += 1;
    this.#needed = Math.max(this.#needed, place + 1);
  }

  #finish(): Task | undefined {
    if (this.#asked === 0) return undefined;
    const packets = this.#read.slice(0, this.#needed).map(({ packet }) => packet.share());
    const task: Task = { packets, shown: this.#shown, asked: this.#asked, keyframe: false };
    this.#shown = [];
    this.#asked = 0;
    this.#needed = 0;
    return task;
  }

  #drop(count: number): void {
    for (const { packet, facts } of this.#read.splice(0, count)) {
      packet.close();
      this.#bytes -= facts.size;
    }
  }
}
