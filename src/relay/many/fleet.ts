// Spreads relays over processes, and keeps each where it is for as long as it is there.
import { availableParallelism } from 'node:os';
import { setTimeout as later } from 'node:timers/promises';
import { listeningPlace } from '../rtmp/listen-origin.js';
import type { RelayPlan } from './config.js';
import type { HostHandlers, RelayHost } from './host.js';
import { LocalHost } from './local-host.js';
import { changeOf } from './plan-change.js';
import { ProcessHost } from './process-host.js';
import type { HostSurvey, ManagedRelayStatus, ReloadReport } from './status.js';

/** Relays of 2 Mb/s that one process runs: 500 of them were measured to take 54 % of a core. */
const EACH = 400;
/** Bits a second, in and out, that such a relay moves. */
const USUAL_BITS = 4_000_000;
/** What one counts for that does not run, and one that may, on demand. */
const IDLE = 0.05;
const ON_DEMAND = 0.25;
/** Milliseconds for which relays that end are waited for, ahead of those that may want their ports and names. */
const GOODBYE = 10_000;

/** All relays, wherever they run. */
export class Fleet {
  readonly #handlers: HostHandlers;
  readonly #hosts: RelayHost[] = [];
  readonly #plans = new Map<string, RelayPlan>();
  readonly #places = new Map<string, RelayHost>();
  /** What each relay was last seen to cost, where 1 is one of 2 Mb/s. */
  readonly #costs = new Map<string, number>();

  constructor(handlers: HostHandlers) {
    this.#handlers = handlers;
  }

  /** Where relays run. */
  get hosts(): readonly RelayHost[] {
    return this.#hosts;
  }

  /** Of all relays. */
  get names(): Iterable<string> {
    return this.#plans.keys();
  }

  /** Everybody who watches over HTTP. */
  get viewers(): number {
    return this.#hosts.reduce((sum, { viewers }) => sum + viewers, 0);
  }

  /** Who runs a relay; undefined for one that there is not. */
  hostOf(name: string): RelayHost | undefined {
    return this.#places.get(name);
  }

  /** Asks every process. */
  async survey(): Promise<(HostSurvey | undefined)[]> {
    const surveys = await Promise.all(this.#hosts.map(async (host) => await host.survey()));
    for (const survey of surveys) for (const relay of survey?.relays ?? []) this.#costs.set(relay.name, costOf(relay));
    return surveys;
  }

  /**
   * Brings what runs in line with a configuration.
   * @param kept - names of relays that stay as they are, as what is written of them now is wrong
   * @param processes - how many may be used
   */
  async apply(
    plans: ReadonlyMap<string, RelayPlan>,
    kept: ReadonlySet<string>,
    processes: number | 'auto',
  ): Promise<Omit<ReloadReport, 'problems'>> {
    if (this.#plans.size > 0) await this.survey();
    const gone = [...this.#plans.keys()].filter((name) => !plans.has(name) && !kept.has(name));
    const ends = gone.map(async (name) => {
      await this.#places.get(name)?.remove(name);
    });
    for (const name of gone) for (const map of [this.#plans, this.#places, this.#costs]) map.delete(name);
    // A relay that takes another one's place may want its port, or its name at a server.
    if (ends.length > 0) {
      const patience = new AbortController();
      await Promise.race([Promise.all(ends), later(GOODBYE, undefined, { signal: patience.signal })]);
      patience.abort();
    }
    const report = { added: 0, removed: gone.length, restarted: 0, adapted: 0, untouched: 0 };
    const fresh: RelayPlan[] = [];
    for (const [name, plan] of plans) {
      const before = this.#plans.get(name);
      this.#plans.set(name, plan);
      if (before === undefined) {
        fresh.push(plan);
        continue;
      }
      const change = changeOf(before, plan);
      report[change === 'none' ? 'untouched' : change === 'adapt' ? 'adapted' : 'restarted'] += 1;
      if (change !== 'none') this.#places.get(name)?.set(plan);
    }
    report.added = fresh.length;
    report.untouched += [...kept].filter((name) => this.#plans.has(name)).length;
    const open = this.#open(processes);
    const loads = new Map(open.map((host) => [host, this.#loadOf(host)]));
    for (const plan of fresh) {
      const [least] = [...loads].reduce((one, other) => (other[1] < one[1] ? other : one));
      const host = this.#listenerOf(plan) ?? least;
      loads.set(host, (loads.get(host) ?? 0) + this.#costOf(plan.name));
      this.#places.set(plan.name, host);
      host.set(plan);
    }
    await this.#shut(open);
    return report;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await Promise.all(this.#hosts.map(async (host) => await host.close()));
  }

  /** Who listens on a port of a relay already: a port belongs to one process, and is shared there. */
  #listenerOf(plan: RelayPlan): RelayHost | undefined {
    const ports = portsOf(plan);
    if (ports.length === 0) return undefined;
    for (const [name, host] of this.#places) {
      const other = this.#plans.get(name);
      if (other !== undefined && portsOf(other).some((port) => ports.includes(port))) return host;
    }
    return undefined;
  }

  /** The processes that may take new relays; as many as are wanted are begun. */
  #open(processes: number | 'auto'): readonly RelayHost[] {
    const whole = [...this.#plans.keys()].reduce((sum, name) => sum + this.#costOf(name), 0);
    const wanted = processes === 'auto' ? Math.min(availableParallelism(), Math.ceil(whole / EACH)) : processes;
    const count = Math.max(1, wanted);
    if (this.#hosts.length === 0 && count === 1) this.#hosts.push(new LocalHost(this.#handlers));
    while (this.#hosts.length < count) this.#hosts.push(new ProcessHost(this.#handlers));
    return this.#hosts.slice(0, count);
  }

  /** Processes that are more than are wanted end with the last of their relays. */
  async #shut(open: readonly RelayHost[]): Promise<void> {
    const used = new Set(this.#places.values());
    for (const host of this.#hosts.filter((one) => !open.includes(one) && !used.has(one))) {
      this.#hosts.splice(this.#hosts.indexOf(host), 1);
      await host.close();
    }
  }

  #loadOf(host: RelayHost): number {
    let sum = 0;
    for (const [name, place] of this.#places) if (place === host) sum += this.#costOf(name);
    return sum;
  }

  /** One that was never seen to run counts as a usual one. */
  #costOf(name: string): number {
    return this.#costs.get(name) ?? (this.#plans.get(name)?.onDemand === true ? ON_DEMAND : 1);
  }
}

function portsOf({ options: { from } }: RelayPlan): string[] {
  const addresses = typeof from === 'string' ? [from] : from;
  return addresses.flatMap((address) => listeningPlace(address)?.port ?? []);
}

function costOf({ relay }: ManagedRelayStatus): number {
  if (relay === null) return IDLE;
  const bits = (relay.feed.video?.bitsPerSecond ?? 0) + (relay.feed.audio?.bitsPerSecond ?? 0);
  return Math.max(1, (bits * (1 + relay.destinations.length)) / USUAL_BITS);
}
