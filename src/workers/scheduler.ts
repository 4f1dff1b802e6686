// Which job runs on which worker: a deque for each worker, sources that stay where they were, and idle workers that steal.
import { dirname } from 'node:path';
import { LaneDeque, Turns, type Waiting } from './lane-deque.js';

/** How jobs are handed out. */
export interface SchedulerOptions {
  /** Jobs of one source that may run at once. */
  readonly perSource: number;
  /** Whether an idle worker takes jobs that wait for another one. */
  readonly steal: boolean;
}

/** What was handed out so far. */
export interface SchedulerStats {
  /** How often an idle worker went to another one's deque. */
  readonly steals: number;
  /** Jobs that changed the worker that way. */
  readonly stolen: number;
  /** Jobs that began where their source had been read before. */
  readonly kept: number;
}

/** Sources of a worker that are remembered as its own. */
const REMEMBERED = 16;
/** By how many jobs a deque may be longer than the shortest one, for the sake of a source that is its own. */
const SLACK = 4;

/** What is known of one worker. */
class Place<Job extends Waiting> {
  readonly waiting: LaneDeque<Job>;
  running: Job | undefined;
  /** What it read last, the latest at the end. */
  readonly #sources = new Set<string>();
  readonly #folders = new Set<string>();

  constructor(turns: Turns) {
    this.waiting = new LaneDeque(turns);
  }

  /** Jobs ahead of one that comes now. */
  get backlog(): number {
    return this.waiting.size + (this.running === undefined ? 0 : 1);
  }

  knows(source: string): boolean {
    return this.#sources.has(source) || this.waiting.has(source);
  }

  /** Whether it reads, or read, something beside a source. */
  isNear(source: string): boolean {
    return this.#folders.has(dirname(source));
  }

  read(source: string): void {
    remember(this.#sources, source);
    remember(this.#folders, dirname(source));
  }
}

function remember(names: Set<string>, name: string): void {
  names.delete(name);
  names.add(name);
  for (const oldest of names) {
    if (names.size <= REMEMBERED) break;
    names.delete(oldest);
  }
}

/** Hands jobs to workers. A worker is anything; who owns it says when it is idle. */
export class Scheduler<Worker extends object, Job extends Waiting> {
  readonly #options: SchedulerOptions;
  readonly #turns = new Turns();
  readonly #places = new Map<Worker, Place<Job>>();
  /** How many jobs of a source run now. */
  readonly #running = new Map<string, number>();
  #steals = 0;
  #stolen = 0;
  #kept = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** What was handed out so far. */
  get stats(): SchedulerStats {
    return { steals: this.#steals, stolen: this.#stolen, kept: this.#kept };
  }

  /** Jobs that wait. */
  get waiting(): number {
    let sum = 0;
    for (const { waiting } of this.#places.values()) sum += waiting.size;
    return sum;
  }

  /** Jobs that a worker has or that wait for it. */
  backlogOf(worker: Worker): number {
    return this.#of(worker).backlog;
  }

  /** The oldest job that waits. */
  get oldest(): Job | undefined {
    const firsts = [...this.#places.values()].flatMap(({ waiting }) => waiting.oldest ?? []);
    return firsts.sort((a, b) => a.order - b.order)[0];
  }

  /** Adds a worker. */
  add(worker: Worker): void {
    this.#places.set(worker, new Place(this.#turns));
  }

  /** Takes a worker out that will take no more jobs; gives the ones that waited for it, oldest first. */
  remove(worker: Worker): Job[] {
    const place = this.#places.get(worker);
    if (place === undefined) return [];
    this.#places.delete(worker);
    if (place.running !== undefined) this.#count(place.running, -1);
    return place.waiting.drain();
  }

  /**
   * Puts a job into a deque: of the worker that knows its source, unless that is behind by much; else of the one with the
   * shortest deque, and among equals of the one that read its neighbours.
   * @param among - the workers that it may wait for; there must be one
   */
  place(job: Job, among: readonly Worker[]): Worker {
    const least = Math.min(...among.map((worker) => this.#of(worker).backlog));
    const shortest = among.filter((worker) => this.#of(worker).backlog === least);
    const { source } = job;
    const chosen =
      (source === undefined
        ? undefined
        : (among.find((worker) => this.#of(worker).knows(source) && this.#of(worker).backlog <= least + SLACK) ??
          shortest.find((worker) => this.#of(worker).isNear(source)))) ?? shortest[0];
    if (chosen === undefined) throw new RangeError('There is no worker to wait for.');
    this.#of(chosen).waiting.add(job);
    return chosen;
  }

  /** The next job of an idle worker, which runs from now on: one of its own, or half of what waits for the busiest other one. */
  next(worker: Worker): Job | undefined {
    const place = this.#of(worker);
    const mayRun = (job: Job): boolean => this.#mayRun(job);
    let job = place.waiting.take(mayRun);
    if (job === undefined && this.#options.steal) {
      const victims = [...this.#places.values()]
        .filter(({ waiting }) => waiting !== place.waiting && waiting.some(mayRun))
        .sort((a, b) => b.waiting.size - a.waiting.size);
      for (const { waiting } of victims) {
        const given = waiting.giveHalf();
        for (const moved of given) place.waiting.add(moved);
        this.#steals += 1;
        this.#stolen += given.length;
        job = place.waiting.take(mayRun);
        if (job !== undefined) break;
      }
    }
    if (job === undefined) return undefined;
    place.running = job;
    this.#count(job, 1);
    if (job.source !== undefined) {
      if (place.knows(job.source)) this.#kept += 1;
      place.read(job.source);
    }
    return job;
  }

  /** A worker is through with its job; whether it had one. */
  ended(worker: Worker): boolean {
    const place = this.#places.get(worker);
    if (place?.running === undefined) return false;
    this.#count(place.running, -1);
    place.running = undefined;
    return true;
  }

  /** Takes a job out that nobody waits for any more; whether it waited. */
  cancel(job: Job): boolean {
    for (const { waiting } of this.#places.values()) if (waiting.remove(job)) return true;
    return false;
  }

  #mayRun({ source }: Job): boolean {
    return source === undefined || (this.#running.get(source) ?? 0) < this.#options.perSource;
  }

  #count({ source }: Job, by: number): void {
    if (source === undefined) return;
    const now = (this.#running.get(source) ?? 0) + by;
    if (now > 0) this.#running.set(source, now);
    else this.#running.delete(source);
  }

  #of(worker: Worker): Place<Job> {
    const place = this.#places.get(worker);
    if (place === undefined) throw new RangeError('The worker is not among those that take jobs.');
    return place;
  }
}
