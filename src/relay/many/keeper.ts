// Keeps one relay of a configuration: it runs while it is wanted, again after it failed, and otherwise as it is told.
import { Backoff, FramerailError, isFramerailError } from '../../base/index.js';
import { type RelayEvent } from '../events.js';
import type { HistoryStep, RelaySample } from '../history.js';
import type { RelayOptions } from '../options.js';
import { Audience } from './audience.js';
import type { RelayPlan } from './config.js';
import { changeOf } from './plan-change.js';
import { RunningRelay } from './running-relay.js';
import type { MetricSnapshot } from '../../telemetry/index.js';
import { eventError, type EventError } from '../event-error.js';
import type { ManagedRelayStatus, ManagedState } from './status.js';
import type { Visitor } from './visitor.js';

type Place = RelayOptions['to'][number];

/** Who hears of a relay that is kept. */
export interface KeeperHandlers {
  readonly onEvent: (event: RelayEvent) => void;
  /** Waits for its turn to begin: many that begin at once would be in each other's way. */
  readonly turn: () => Promise<void>;
  /** Somebody who watched has left, or came. */
  readonly onViewers: () => void;
}

/** A destination that is not of the configuration, with its number in this run. */
interface Extra {
  readonly place: Place;
  id: number | undefined;
}

/** Ahead of another run after one that failed. Milliseconds. */
const AGAIN = { first: 1000, second: 2000, longest: 120_000 };
/** A run of so many milliseconds was a good one. */
const HEALTHY = 60_000;
/** Milliseconds for which viewers wait for a stream that does not flow. */
const PATIENCE = 10_000;
const MIB = 1024 * 1024;

/** One relay that is kept. */
export class RelayKeeper {
  #plan: RelayPlan;
  readonly #handlers: KeeperHandlers;
  readonly #audience: Audience;
  readonly #backoff = new Backoff(AGAIN);
  #run: RunningRelay | undefined;
  /** Whether the run is of an older plan. */
  #stale = false;
  #runs = 0;
  #begunAt = 0;
  /** Destinations that somebody added. */
  readonly #extras = new Set<Extra>();
  #asked = false;
  #held = false;
  #ended = false;
  #closed = false;
  #error: EventError | undefined;
  #idle: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #settling: Promise<void> | undefined;
  #again = false;

  constructor(plan: RelayPlan, handlers: KeeperHandlers) {
    this.#plan = plan;
    this.#handlers = handlers;
    this.#audience = new Audience(
      () => {
        const { queueBytes = 8 * MIB, stallTimeout = 10_000, originTimeout = 15_000 } = this.#plan.options;
        return { queueBytes, stallTimeout, patience: PATIENCE, silence: originTimeout + PATIENCE };
      },
      () => {
        this.#handlers.onViewers();
        this.#demand();
      },
    );
    this.#settle();
  }

  get viewers(): number {
    return this.#audience.size;
  }

  /** Follows another plan: as it runs where that is possible, else in a run of its own. */
  follow(plan: RelayPlan): void {
    const change = changeOf(this.#plan, plan);
    this.#plan = plan;
    if (change === 'none') return;
    if (change === 'restart') {
      this.#stale = this.#run !== undefined;
      this.#forgive();
    } else this.#run?.follow(plan.options.to);
    this.#demand();
    this.#settle();
  }

  /** Has it run, also one that runs on demand, was stopped, or ended. */
  start(): void {
    this.#asked = true;
    this.#held = false;
    this.#forgive();
    this.#demand();
    this.#settle();
  }

  /** Has it stop, whoever wants it, until it is started. */
  stop(): void {
    this.#asked = false;
    this.#held = true;
    this.#settle();
  }

  /** Has it begin again. */
  restart(): void {
    this.#stale = this.#run !== undefined;
    this.start();
  }

  /** Adds a destination that is not of the configuration; rejects with FR_ARG_INVALID, or FR_CLOSED when it does not run. */
  async add(place: Place): Promise<number> {
    const extra: Extra = { place, id: undefined };
    this.#extras.add(extra);
    try {
      // Whoever adds a destination wants the relay to run.
      this.#demand();
      await this.#settling;
      if (this.#run === undefined) throw new FramerailError('FR_CLOSED', `The relay ${this.#plan.name} does not run.`);
      return (extra.id ??= this.#run.add(place));
    } catch (error) {
      this.#extras.delete(extra);
      this.#demand();
      throw error;
    }
  }

  /** Removes a destination; false when there is none of that number. */
  remove(id: number): boolean {
    const removed = this.#run?.remove(id) ?? false;
    for (const extra of this.#extras) if (extra.id === id) this.#extras.delete(extra);
    this.#demand();
    return removed;
  }

  /** Sends somebody the stream over HTTP. */
  enter(visitor: Visitor): void {
    if (this.#held || this.#closed || this.#ended) visitor.refuse(503, 'The relay does not run.');
    else this.#audience.enter(visitor);
  }

  status(): ManagedRelayStatus {
    return {
      name: this.#plan.name,
      state: this.#state(),
      onDemand: this.#plan.onDemand,
      viewers: this.viewers,
      viewersDropped: this.#audience.dropped,
      runs: this.#runs,
      error: this.#error ?? null,
      pid: process.pid,
      relay: this.#run?.status() ?? null,
    };
  }

  /** Of the run; empty while it does not run. */
  history(step: HistoryStep): RelaySample[] {
    return this.#run?.history(step) ?? [];
  }

  metrics(): MetricSnapshot[] {
    return this.#run?.metrics() ?? [];
  }

  /** Ends it for good; resolves when its recordings are published. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    clearTimeout(this.#retry);
    this.#audience.close();
    this.#settle();
    await this.#settling;
  }

  #state(): ManagedState {
    if (this.#run !== undefined) return 'running';
    if (this.#held) return 'stopped';
    if (this.#ended) return 'ended';
    return this.#retry === undefined ? 'idle' : 'waiting';
  }

  #wanted(): boolean {
    if (this.#closed || this.#held || this.#ended) return false;
    return !this.#plan.onDemand || this.#isAsked() || this.#idle !== undefined;
  }

  #isAsked(): boolean {
    return this.#asked || this.#extras.size > 0 || this.#audience.size > 0;
  }

  /** Somebody came or left: one that runs on demand goes on for a while when the last one has. */
  #demand(): void {
    if (this.#closed) return;
    if (this.#isAsked() || !this.#plan.onDemand) {
      clearTimeout(this.#idle);
      this.#idle = undefined;
    } else if (this.#run !== undefined && this.#idle === undefined)
      this.#idle = setTimeout(() => {
        this.#idle = undefined;
        this.#settle();
      }, this.#plan.idleTimeout);
    this.#settle();
  }

  /** What happened to earlier runs is no reason any more. */
  #forgive(): void {
    this.#ended = false;
    this.#error = undefined;
    this.#backoff.reset();
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  /** Brings what runs in line with what is wanted; one change after the other. */
  #settle(): void {
    this.#again = true;
    this.#settling ??= this.#settleAll().finally(() => {
      this.#settling = undefined;
      // Somebody may have asked while this was on its way.
      if (this.#again) this.#settle();
    });
  }

  async #settleAll(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const wanted = this.#wanted();
      const run = this.#run;
      if (run !== undefined && (!wanted || this.#stale)) {
        this.#run = undefined;
        this.#stale = false;
        this.#again = true;
        await run.stop();
      } else if (run === undefined && wanted && this.#retry === undefined) {
        // Whoever waits in front of a screen is not kept for others' sake.
        if (this.#audience.size === 0) await this.#handlers.turn();
        if (this.#wanted()) this.#begin();
      }
    }
  }

  #begin(): void {
    const { options } = this.#plan;
    this.#stale = false;
    let run: RunningRelay;
    try {
      run = new RunningRelay(options, this.#audience, {
        onEvent: this.#handlers.onEvent,
        onOver: (error) => {
          if (this.#run === run) this.#over(error);
        },
      });
    } catch (error) {
      if (!isFramerailError(error)) throw error;
      this.#error = eventError(error);
      this.#ended = true;
      return;
    }
    this.#run = run;
    this.#runs += 1;
    this.#begunAt = performance.now();
    for (const extra of this.#extras) extra.id = addTo(run, extra.place);
    run.start();
  }

  #over(error: EventError | undefined): void {
    this.#run = undefined;
    this.#error = error;
    if (performance.now() - this.#begunAt > HEALTHY) this.#backoff.reset();
    if (error === undefined || this.#plan.options.onEnd === 'exit') this.#ended = true;
    else
      this.#retry = setTimeout(
        () => {
          this.#retry = undefined;
          this.#settle();
        },
        // Cameras lock out whoever comes with a wrong login again and again.
        error.code === 'FR_RELAY_AUTH' ? AGAIN.longest : this.#backoff.next(),
      );
    this.#settle();
  }
}

/** Adds a destination; what is wrong with it is told to whoever adds it first. */
function addTo(run: RunningRelay, place: Place): number | undefined {
  try {
    return run.add(place);
  } catch (error) {
    if (isFramerailError(error)) return undefined;
    throw error;
  }
}
