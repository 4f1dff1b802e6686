// Many relays as one service: what their configuration says now, where they run, and who asks over HTTP.
import { basename } from 'node:path';
import { FramerailError, isFramerailError } from '../../base/index.js';
import { FileWatch, readText, type Environment, type WatchTimes } from '../../config/index.js';
import type { CheckedRelays, ConfigProblem, RelaysConfig } from './config.js';
import { Fleet } from './fleet.js';
import type { HistoryStep, RelaySample } from '../history.js';
import type { RelayCommand, RelayHost } from './host.js';
import { RelaysServer, type Served } from './http-server.js';
import { manyToPrometheus } from './metrics.js';
import { findProblems, problemOf, readConfigObject, readConfigText } from './read-config.js';
import type { ManagedRelayStatus, RelaysEvent, RelaysStatus, ReloadReport } from './status.js';

/** How a service is run. */
export interface ServiceOptions {
  /** A configuration, or the path of its file. */
  readonly source: RelaysConfig | string;
  /** Whether the file is watched. */
  readonly watch: boolean;
  readonly environment: Environment;
  readonly times: Partial<WatchTimes>;
  readonly onEvent: (event: RelaysEvent) => void;
}

/** Milliseconds for which what was found out for one status serves for others. */
const FRESH = 200;

/** What is wrong with a configuration; empty when all is well. */
export async function problemsOf(path: string, environment: Environment): Promise<readonly ConfigProblem[]> {
  try {
    return await findProblems(await readText(path), basename(path), environment);
  } catch (error) {
    return [problemOf(error)];
  }
}

/** Runs a configuration. */
export class RelaysService implements Served {
  readonly #options: ServiceOptions;
  readonly #fleet: Fleet;
  readonly #startedAt = performance.now();
  #checked: CheckedRelays | undefined;
  /** What refuses the whole of what was read last. */
  #refusal: ConfigProblem | undefined;
  #server: RelaysServer | undefined;
  /** Where HTTP is to be served, as it was written. */
  #place: CheckedRelays['http'];
  #watch: FileWatch | undefined;
  #changes: Promise<unknown> = Promise.resolve();
  #status: Promise<RelaysStatus> | undefined;
  #statusAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#fleet = new Fleet({
      onEvent: (relay, event) => {
        this.#tell({ ...event, relay });
      },
      onProcess: (state, pid, how) => {
        this.#tell({ event: 'process', pid, state, how });
      },
    });
  }

  get token(): string | undefined {
    return this.#checked?.token;
  }

  get cors(): boolean {
    return this.#checked?.cors ?? false;
  }

  get maxViewers(): number {
    return this.#checked?.maxViewers ?? 0;
  }

  get viewers(): number {
    return this.#fleet.viewers;
  }

  /** Where HTTP is served. */
  get address(): string | undefined {
    return this.#server?.address;
  }

  hostOf(name: string): RelayHost | undefined {
    return this.#fleet.hostOf(name);
  }

  /** Begins; rejects with what refuses the whole configuration. */
  async start(): Promise<void> {
    const { source, watch, times } = this.#options;
    const text = typeof source === 'string' ? await readText(source) : undefined;
    await this.#follow(text ?? source);
    if (typeof source !== 'string' || text === undefined || !watch || this.#closed) return;
    const handlers = {
      onText: (changed: string) => {
        this.#follow(changed).catch((error: unknown) => {
          this.#refuse(error);
        });
      },
      onTrouble: (error: FramerailError) => {
        this.#refuse(error);
      },
    };
    this.#watch = new FileWatch(source, text, handlers, times);
  }

  /** Reads the file again, or takes another configuration; rejects with what refuses the whole of it. */
  async reload(config?: RelaysConfig): Promise<ReloadReport> {
    const { source } = this.#options;
    try {
      return await this.#follow(config ?? (typeof source === 'string' ? await readText(source) : source));
    } catch (error) {
      this.#refuse(error);
      throw error;
    }
  }

  /** Has a relay do something; rejects with FR_ARG_INVALID for one that there is not. */
  async command(name: string, command: RelayCommand): Promise<number | boolean | undefined> {
    return await this.#find(name).command(name, command);
  }

  /** What is known now. */
  async status(): Promise<RelaysStatus> {
    // Everybody who asks at once is told the same: looking at hundreds of relays is no small thing.
    if (this.#status === undefined || performance.now() - this.#statusAt > FRESH) {
      this.#statusAt = performance.now();
      this.#status = this.#survey();
    }
    return await this.#status;
  }

  get names(): readonly string[] {
    return [...this.#fleet.names];
  }

  /** What a relay was like; rejects with FR_ARG_INVALID for one that there is not. */
  async history(name: string, step: HistoryStep): Promise<readonly RelaySample[]> {
    return await this.#find(name).history(name, step);
  }

  async prometheus(): Promise<string> {
    const status = await this.status();
    const metrics = await Promise.all(this.#fleet.hosts.map(async (host) => await host.metrics()));
    return manyToPrometheus(metrics.flat(), status);
  }

  /** Ends everything; resolves when recordings are published. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.close();
    this.#server?.close();
    await this.#changes;
    await this.#fleet.close();
    this.#server?.destroy();
  }

  #find(name: string): RelayHost {
    const host = this.#fleet.hostOf(name);
    if (host === undefined)
      throw new FramerailError('FR_ARG_INVALID', `There is no relay \`${name}\` in the configuration.`);
    return host;
  }

  async #read(source: RelaysConfig | string): Promise<CheckedRelays> {
    if (typeof source !== 'string') return await readConfigObject(source);
    const { source: path, environment } = this.#options;
    return await readConfigText(source, typeof path === 'string' ? basename(path) : 'The configuration', environment);
  }

  /** One change after the other: a reload that comes during another one waits for it. */
  async #follow(source: RelaysConfig | string): Promise<ReloadReport> {
    const change = this.#changes.then(async () => await this.#apply(await this.#read(source)));
    this.#changes = change.catch(() => undefined);
    return await change;
  }

  async #apply(checked: CheckedRelays): Promise<ReloadReport> {
    const { plans, problems, processes } = checked;
    if (this.#closed) throw new FramerailError('FR_CLOSED', 'The relays are over.');
    await this.#serve(checked);
    this.#server?.limit(checked.maxViewers);
    this.#checked = checked;
    this.#refusal = undefined;
    for (const problem of problems) this.#tell({ event: 'problem', ...problem });
    // A slip of the pen in the lines of a relay that runs does not end it.
    const kept = new Set(problems.flatMap(({ relay }) => relay ?? []));
    const report = { ...(await this.#fleet.apply(plans, kept, processes)), problems };
    this.#status = undefined;
    this.#tell({ event: 'configured', ...report });
    return report;
  }

  /** Serves HTTP where it is wanted now; what cannot be listened on refuses the configuration. */
  async #serve({ http }: CheckedRelays): Promise<void> {
    const [before, place] = [this.#server, this.#place];
    if (http?.host === place?.host && http?.port === place?.port) return;
    // The same port on another address is free only when the old one is no longer listened on.
    const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));
    const samePort = before !== undefined && http !== undefined && portOf(before.address) === http.port;
    if (samePort) before.close();
    try {
      this.#server = http === undefined ? undefined : await RelaysServer.listen(http, this);
    } catch (error) {
      if (samePort && place !== undefined)
        this.#server = await RelaysServer.listen({ ...place, port: http.port }, this).catch(() => before);
      throw error;
    }
    if (!samePort) before?.close();
    this.#place = http;
    this.#tell({ event: 'serving', http: this.#server?.address ?? null });
  }

  #refuse(error: unknown): void {
    if (this.#closed) return;
    if (!isFramerailError(error)) throw error;
    this.#refusal = problemOf(error);
    this.#status = undefined;
    this.#tell({ event: 'problem', ...this.#refusal });
  }

  async #survey(): Promise<RelaysStatus> {
    const { hosts } = this.#fleet;
    const surveys = await this.#fleet.survey();
    const problems = [...(this.#refusal === undefined ? [] : [this.#refusal]), ...(this.#checked?.problems ?? [])];
    const known = new Map<string, ManagedRelayStatus>();
    for (const survey of surveys) for (const relay of survey?.relays ?? []) known.set(relay.name, relay);
    // What a process that does not answer runs is still there, and so is what was never begun.
    for (const name of this.#fleet.names) if (!known.has(name)) known.set(name, unknown(name, 'waiting'));
    // Of several the first one is told.
    for (const { relay, code, message } of problems.toReversed()) {
      if (relay === null) continue;
      known.set(relay, { ...(known.get(relay) ?? unknown(relay, 'wrong')), error: { code, message } });
    }
    return {
      uptimeSeconds: Math.round(performance.now() - this.#startedAt) / 1000,
      http: this.#server?.address ?? null,
      viewers: this.viewers,
      processes: hosts.map((host, i) => ({
        pid: host.pid,
        relays: surveys[i]?.relays.length ?? 0,
        cpu: surveys[i]?.cpu ?? 0,
        memoryBytes: surveys[i]?.memoryBytes ?? 0,
        deaths: host.deaths,
      })),
      problems,
      relays: [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }

  #tell(event: RelaysEvent): void {
    this.#options.onEvent(event);
  }
}

function unknown(name: string, state: 'waiting' | 'wrong'): ManagedRelayStatus {
  return { name, state, onDemand: false, viewers: 0, viewersDropped: 0, runs: 0, error: null, pid: null, relay: null };
}
