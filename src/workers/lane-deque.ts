// The jobs that wait for one worker: its owner takes them in turn lane by lane, a thief takes the half that came last.

/** A job that waits. */
export interface Waiting {
  /** Who it is for: jobs of one lane keep their order, and lanes take turns, so that a batch never holds up a single call. */
  readonly lane: string;
  /** What it reads; undefined where nobody else could read the same. */
  readonly source: string | undefined;
  /** Its place among all jobs: later ones have higher numbers. */
  readonly order: number;
}

/** Lanes whose last turn is remembered; beyond it those that were served longest ago are forgotten. */
const MOST_LANES = 1024;

/** When each lane had its last turn, over all workers. */
export class Turns {
  readonly #last = new Map<string, number>();
  #turn = 0;

  /** The turn that a lane had last; a lane that never had one comes first. */
  of(lane: string): number {
    return this.#last.get(lane) ?? -1;
  }

  /** A lane had its turn. */
  served(lane: string): void {
    this.#last.delete(lane);
    this.#last.set(lane, this.#turn++);
    if (this.#last.size <= MOST_LANES) return;
    for (const oldest of this.#last.keys()) {
      this.#last.delete(oldest);
      break;
    }
  }
}

/** The jobs that wait for one worker. */
export class LaneDeque<Job extends Waiting> {
  readonly #turns: Turns;
  /** Oldest first; a lane without jobs is not here. */
  readonly #lanes = new Map<string, Job[]>();
  /** How many jobs wait for each source. */
  readonly #sources = new Map<string, number>();
  #size = 0;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** How many jobs wait. */
  get size(): number {
    return this.#size;
  }

  /** Whether a job for a source waits here. */
  has(source: string): boolean {
    return this.#sources.has(source);
  }

  /** The job that waits longest. */
  get oldest(): Job | undefined {
    let oldest: Job | undefined;
    for (const [first] of this.#lanes.values())
      if (first !== undefined && (oldest === undefined || first.order < oldest.order)) oldest = first;
    return oldest;
  }

  /** Whether there is a job that fits. */
  some(fits: (job: Job) => boolean): boolean {
    return [...this.#lanes.values()].some((jobs) => jobs.some(fits));
  }

  /** Puts a job where its order says. */
  add(job: Job): void {
    const lane = this.#lanes.get(job.lane) ?? [];
    let at = lane.length;
    // A job that runs again is older than those behind it.
    while (at > 0 && (lane[at - 1]?.order ?? 0) > job.order) at -= 1;
    lane.splice(at, 0, job);
    this.#lanes.set(job.lane, lane);
    this.#count(job, 1);
  }

  /** The oldest job of the lane whose turn it is; undefined where none may run. */
  take(mayRun: (job: Job) => boolean): Job | undefined {
    const lanes = [...this.#lanes].sort(([a], [b]) => this.#turns.of(a) - this.#turns.of(b));
    for (const [name, jobs] of lanes) {
      const job = jobs.find(mayRun);
      if (job === undefined) continue;
      this.remove(job);
      this.#turns.served(name);
      return job;
    }
    return undefined;
  }

  /** Gives up the half that came last, rounded up. */
  giveHalf(): Job[] {
    const given = this.#all().slice(Math.floor(this.#size / 2));
    for (const job of given) this.remove(job);
    return given;
  }

  /** Takes a job out; whether it was here. */
  remove(job: Job): boolean {
    const lane = this.#lanes.get(job.lane);
    const at = lane?.indexOf(job) ?? -1;
    if (lane === undefined || at < 0) return false;
    lane.splice(at, 1);
    if (lane.length === 0) this.#lanes.delete(job.lane);
    this.#count(job, -1);
    return true;
  }

  /** Gives up every job, oldest first. */
  drain(): Job[] {
    const jobs = this.#all();
    this.#lanes.clear();
    this.#sources.clear();
    this.#size = 0;
    return jobs;
  }

  #all(): Job[] {
    return [...this.#lanes.values()].flat().sort((a, b) => a.order - b.order);
  }

  #count({ source }: Job, by: number): void {
    this.#size += by;
    if (source === undefined) return;
    const now = (this.#sources.get(source) ?? 0) + by;
    if (now > 0) this.#sources.set(source, now);
    else this.#sources.delete(source);
  }
}
