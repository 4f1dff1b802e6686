// What a consumer of frames does with them and what it reports: the same code on both sides.
import { cpuTimes } from '../proc.js';

/** What one side reports about its run; times in milliseconds. */
export interface ConsumerReport {
  readonly frames: number;
  readonly wall: number;
  /** Processor time of the process that reads the frames. */
  readonly consumerCpu: number;
  /** That, and the processor time of the processes that made the frames. */
  readonly allCpu: number | undefined;
  /** The sum of the touched bytes, so that reading them cannot be left out. */
  readonly checksum: number;
}

/** A page of memory: one byte of each must be there. */
const PAGE = 4096;

/** Reads one byte of every page of a frame. */
export function touch(pixels: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < pixels.byteLength; i += PAGE) sum += pixels[i] ?? 0;
  return sum;
}

/** Changes one byte of every page of a frame. */
export function stamp(pixels: Uint8Array): void {
  for (let i = 0; i < pixels.byteLength; i += PAGE) pixels[i] = 255;
}

/** Measures from its making to its report. */
export class Meter {
  frames = 0;
  checksum = 0;
  readonly #producers: () => number[];
  readonly #started = performance.now();
  readonly #cpu = process.cpuUsage();
  readonly #others: number | undefined;

  /** @param producers - the live processes that make frames; ended children of this process count by themselves */
  constructor(producers: () => number[] = () => []) {
    this.#producers = producers;
    this.#others = this.#othersCpu();
  }

  /** Takes a frame. */
  take(pixels: Uint8Array): void {
    this.checksum += touch(pixels);
    this.frames += 1;
  }

  /** Prints the report for the suite. */
  report(): void {
    const wall = performance.now() - this.#started;
    const { user, system } = process.cpuUsage(this.#cpu);
    const consumerCpu = (user + system) / 1000;
    const others = this.#othersCpu();
    const { frames, checksum } = this;
    const allCpu = others === undefined || this.#others === undefined ? undefined : consumerCpu + others - this.#others;
    const report: ConsumerReport = { frames, wall, consumerCpu, allCpu, checksum };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }

  #othersCpu(): number | undefined {
    const reaped = cpuTimes('self')?.reaped;
    if (reaped === undefined) return undefined;
    return this.#producers().reduce((sum, pid) => sum + (cpuTimes(pid)?.own ?? 0), reaped);
  }
}
