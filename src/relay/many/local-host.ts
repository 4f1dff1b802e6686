// Relays in this process.
import type { Socket } from 'node:net';
import { setTimeout as later } from 'node:timers/promises';
import { FramerailError } from '../../base/index.js';
import type { HistoryStep, RelaySample } from '../history.js';
import type { RelayPlan } from './config.js';
import type { HostHandlers, RelayCommand, RelayHost, Visit } from './host.js';
import { RelayKeeper } from './keeper.js';
import type { HostMetrics, HostSurvey } from './status.js';
import { responseVisitor, socketVisitor, type Visitor } from './visitor.js';

/**
 * Milliseconds between two relays that begin by themselves. Of 200 that began in the same one, each took about twice as
 * long to feed its destination, and all of them together were hardly earlier.
 */
const BEGIN_GAP = 5;

/** Runs relays in this process. */
export class LocalHost implements RelayHost {
  readonly pid = process.pid;
  readonly deaths = 0;
  readonly #handlers: Pick<HostHandlers, 'onEvent'>;
  readonly #onViewers: () => void;
  readonly #keepers = new Map<string, RelayKeeper>();
  #cpu = process.cpuUsage();
  #cpuAt = performance.now();
  /** When the next relay may begin. */
  #nextTurn = 0;

  /** @param onViewers - somebody came or left */
  constructor(handlers: Pick<HostHandlers, 'onEvent'>, onViewers: () => void = () => undefined) {
    this.#handlers = handlers;
    this.#onViewers = onViewers;
  }

  get viewers(): number {
    let sum = 0;
    for (const { viewers } of this.#keepers.values()) sum += viewers;
    return sum;
  }

  set(plan: RelayPlan): void {
    const { name } = plan;
    const known = this.#keepers.get(name);
    if (known !== undefined) {
      known.follow(plan);
      return;
    }
    const keeper = new RelayKeeper(plan, {
      onEvent: (event) => {
        this.#handlers.onEvent(name, event);
      },
      turn: async () => {
        await this.#turn();
      },
      onViewers: this.#onViewers,
    });
    this.#keepers.set(name, keeper);
  }

  async remove(name: string): Promise<void> {
    const keeper = this.#keepers.get(name);
    this.#keepers.delete(name);
    await keeper?.close();
  }

  async command(name: string, command: RelayCommand): Promise<number | boolean | undefined> {
    const keeper = this.#keepers.get(name);
    if (keeper === undefined) throw new FramerailError('FR_CLOSED', `There is no relay ${name}.`);
    if (command.do === 'add') return await keeper.add(command.to);
    if (command.do === 'remove') return keeper.remove(command.id);
    keeper[command.do]();
    return undefined;
  }

  view(name: string, { response, cors }: Visit): void {
    this.#enter(name, responseVisitor(response, cors));
  }

  /** Takes over somebody whose request another process has read. */
  takeOver(name: string, socket: Socket, cors: boolean): void {
    this.#enter(name, socketVisitor(socket, cors));
  }

  async survey(): Promise<HostSurvey> {
    const { user, system } = process.cpuUsage(this.#cpu);
    const elapsed = performance.now() - this.#cpuAt;
    this.#cpu = process.cpuUsage();
    this.#cpuAt = performance.now();
    return {
      pid: this.pid,
      cpu: Math.round((user + system) / elapsed) / 1000,
      memoryBytes: process.memoryUsage.rss(),
      relays: [...this.#keepers.values()].map((keeper) => keeper.status()),
    };
  }

  async history(name: string, step: HistoryStep): Promise<readonly RelaySample[]> {
    return this.#keepers.get(name)?.history(step) ?? [];
  }

  async metrics(): Promise<HostMetrics> {
    return [...this.#keepers].map(([relay, keeper]) => ({ relay, metrics: keeper.metrics() }));
  }

  async close(): Promise<void> {
    const keepers = [...this.#keepers.values()];
    this.#keepers.clear();
    await Promise.all(keepers.map(async (keeper) => await keeper.close()));
  }

  #enter(name: string, visitor: Visitor): void {
    const keeper = this.#keepers.get(name);
    if (keeper === undefined) visitor.refuse(404, 'There is no such stream.');
    else keeper.enter(visitor);
  }

  async #turn(): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#nextTurn);
    this.#nextTurn = at + BEGIN_GAP;
    if (at > now) await later(at - now);
  }
}
