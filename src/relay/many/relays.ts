// Many relays from one configuration, as a program uses them; what runs them is loaded when they are begun.
import { EventEmitter } from 'node:events';
import { checkOneOf, checkOptions, FramerailError, optionNames } from '../../base/index.js';
import type { HistoryStep, RelaySample } from '../history.js';
import type { ConfigProblem, RelaysConfig } from './config.js';
import type { RelayCommand } from './host.js';
import type { RelaysService } from './service.js';
import type { RelaysEvent, RelaysStatus, ReloadReport } from './status.js';

/** How a configuration is run. */
export interface RelaysRunOptions {
  /** Whether the file is watched, and followed as it changes. @defaultValue true */
  readonly watch?: boolean | undefined;
  /** Where `${NAME}` in a file is looked up. @defaultValue process.env */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

const RUN_NAMES = optionNames<RelaysRunOptions>({ watch: true, environment: true });

/**
 * Makes relays from a configuration, or from the path of its file, in YAML or JSON. They begin with `start()`.
 * @param config - the configuration, or the path of its file
 * @param options - how it is run
 */
export function createRelays(config: RelaysConfig | string, options: RelaysRunOptions = {}): Relays {
  return new Relays(config, options);
}

/**
 * All that is wrong with the configuration in a file, without dialling anybody; empty when all is well. Two relays that
 * want the same key, port, recording or playlist are wrong, too, and so is a slate that cannot be read.
 * @param path - of the file
 * @param options - where variables come from
 */
export async function checkRelaysFile(
  path: string,
  options: Pick<RelaysRunOptions, 'environment'> = {},
): Promise<readonly ConfigProblem[]> {
  checkOptions(options, ['environment']);
  const { environment = process.env } = options;
  const { problemsOf } = await import('./service.js');
  return await problemsOf(path, environment);
}

/** Many relays. Each event of each of them is told as `event`, with the name of the relay. */
export class Relays extends EventEmitter<{ event: [RelaysEvent] }> {
  readonly #config: RelaysConfig | string;
  readonly #options: RelaysRunOptions;
  #service: RelaysService | undefined;
  #state: 'new' | 'running' | 'over' = 'new';
  #ending: Promise<void> | undefined;

  /** @internal */
  constructor(config: RelaysConfig | string, options: RelaysRunOptions) {
    super();
    checkOptions(options, RUN_NAMES);
    this.#config = config;
    this.#options = options;
  }

  /** Where HTTP is served, such as `127.0.0.1:8080`; undefined where it is not. */
  get http(): string | undefined {
    return this.#service?.address;
  }

  /**
   * Begins all relays but those that run on demand. Resolves when they were told to; a relay that is wrong is told of by
   * the event `problem`. Rejects with what refuses the whole configuration: FR_ARG_INVALID, FR_INPUT_NOT_FOUND,
   * FR_RELAY_CONNECT.
   */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new FramerailError('FR_CLOSED', 'Relays can be started once.');
    this.#state = 'running';
    const { RelaysService } = await import('./service.js');
    // It may have been stopped while its code was loaded.
    if (this.#ending !== undefined) return;
    const service = new RelaysService({
      source: this.#config,
      watch: this.#options.watch ?? true,
      environment: this.#options.environment ?? process.env,
      times: {},
      onEvent: (event) => {
        this.#tell(event);
      },
    });
    this.#service = service;
    try {
      await service.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /**
   * Takes over what has changed: relays that are the same are not touched, other destinations come and go as the relay
   * runs. Rejects with what refuses the whole configuration, and then changes nothing.
   * @param config - another configuration; without it, the file is read again
   */
  async reload(config?: RelaysConfig): Promise<ReloadReport> {
    return await this.#running().reload(config);
  }

  /** Starts a relay that runs on demand, was stopped, or has ended. Rejects with FR_ARG_INVALID or FR_CLOSED. */
  async startRelay(name: string): Promise<void> {
    await this.#command(name, { do: 'start' });
  }

  /** Stops a relay until it is started, whoever wants it. Rejects with FR_ARG_INVALID or FR_CLOSED. */
  async stopRelay(name: string): Promise<void> {
    await this.#command(name, { do: 'stop' });
  }

  /**
   * Adds a destination to a relay, which starts for it when it runs on demand. Rejects with FR_ARG_INVALID or FR_CLOSED.
   * @returns the number of the destination
   */
  async add(name: string, url: string): Promise<number> {
    return Number(await this.#command(name, { do: 'add', to: url }));
  }

  /** Removes a destination of a relay; false when there is none of that number. */
  async remove(name: string, id: number): Promise<boolean> {
    return (await this.#command(name, { do: 'remove', id })) === true;
  }

  /** What is known now; rejects with FR_CLOSED when they do not run. */
  async status(): Promise<RelaysStatus> {
    return await this.#running().status();
  }

  /**
   * What a relay was like in its present run: the last five minutes by seconds, or the last day by minutes, from the oldest to
   * the newest; empty while it does not run. Rejects with FR_ARG_INVALID or FR_CLOSED.
   */
  async history(name: string, step: HistoryStep): Promise<readonly RelaySample[]> {
    checkOneOf('step', step, ['second', 'minute']);
    return await this.#running().history(name, step);
  }

  /** The metrics as text for Prometheus: counters and gauges by the label `relay`, the steps of starts of all together. */
  async prometheus(): Promise<string> {
    return await this.#running().prometheus();
  }

  /** Ends all relays; resolves when recordings are published and processes are gone. */
  async stop(): Promise<void> {
    this.#state = 'over';
    this.#ending ??= this.#service?.close() ?? Promise.resolve();
    await this.#ending;
  }

  /** The same as `stop()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #command(name: string, command: RelayCommand): Promise<number | boolean | undefined> {
    return await this.#running().command(name, command);
  }

  #running(): RelaysService {
    if (this.#state !== 'running' || this.#service === undefined)
      throw new FramerailError('FR_CLOSED', 'The relays do not run.');
    return this.#service;
  }

  #tell(event: RelaysEvent): void {
    try {
      this.emit('event', event);
    } catch (error) {
      // A listener that throws is the caller's mistake, and no failure of whoever happened to be on the line.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
