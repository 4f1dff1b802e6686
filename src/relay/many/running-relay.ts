// One run of a relay of a configuration: the relay, whoever watches it, and destinations that come and go.
import type { RelayEvent } from '../events.js';
import type { HistoryStep, RelaySample } from '../history.js';
import { checkRelay, type RelayOptions } from '../options.js';
import { Relay } from '../relay.js';
import type { RelayStatus } from '../status.js';
import { isFramerailError, messageOf } from '../../base/index.js';
import type { MetricSnapshot } from '../../telemetry/index.js';
import { type EventError, eventError } from '../event-error.js';
import type { Audience } from './audience.js';

type Place = RelayOptions['to'][number];

/** Who hears of a run. */
export interface RunHandlers {
  readonly onEvent: (event: RelayEvent) => void;
  /** It ended by itself: the origin did and is not dialled again, or it failed. */
  readonly onOver: (error: EventError | undefined) => void;
}

/** A relay that runs. */
export class RunningRelay {
  readonly #relay: Relay;
  readonly #audience: Audience;
  readonly #leave: () => void;
  /** Numbers of the destinations of the configuration, by what is written there. */
  readonly #places = new Map<string, number[]>();
  #stopped = false;
  /** Whether the audience has nothing to do with it any more: it may be that of another run. */
  #departed = false;

  /** Makes it; throws FR_ARG_INVALID. */
  constructor(options: RelayOptions, audience: Audience, { onEvent, onOver }: RunHandlers) {
    this.#relay = new Relay(checkRelay(options), true);
    this.#audience = audience;
    const ids = this.#relay.status().destinations.map(({ id }) => id);
    for (const [i, place] of options.to.entries()) this.#remember(place, ids[i] ?? 0);
    this.#relay.on('event', onEvent);
    this.#leave = this.#relay.listen((feed) => audience.attach(feed));
    const over = (error: EventError | undefined): void => {
      this.#depart();
      if (!this.#stopped) onOver(error);
    };
    this.#relay.done.then(
      () => {
        over(undefined);
      },
      (error: unknown) => {
        over(isFramerailError(error) ? eventError(error) : { code: 'FR_INTERNAL', message: messageOf(error) });
      },
    );
  }

  /** Dials everybody. */
  start(): void {
    // What it fails for is heard of where it is over.
    this.#relay.start().catch(() => undefined);
  }

  /** Ends it; resolves when its recordings are published. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#depart();
    await this.#relay.stop();
  }

  /** Feeds the destinations that are written now, and no others of the configuration. */
  follow(places: readonly Place[]): void {
    const wanted = new Map<string, Place[]>();
    for (const place of places) wanted.set(keyOf(place), [...(wanted.get(keyOf(place)) ?? []), place]);
    for (const [key, ids] of this.#places)
      while (ids.length > (wanted.get(key)?.length ?? 0)) this.#relay.remove(ids.pop() ?? 0);
    for (const [key, list] of wanted)
      for (const place of list.slice(this.#places.get(key)?.length ?? 0)) this.#remember(place, this.#relay.add(place));
  }

  /** Adds a destination that is not of the configuration; throws FR_ARG_INVALID. */
  add(place: Place): number {
    return this.#relay.add(place);
  }

  /** Removes a destination; false when there is none of that number. */
  remove(id: number): boolean {
    for (const ids of this.#places.values()) if (ids.includes(id)) ids.splice(ids.indexOf(id), 1);
    return this.#relay.remove(id);
  }

  status(): RelayStatus {
    return this.#relay.status();
  }

  history(step: HistoryStep): RelaySample[] {
    return this.#relay.history(step);
  }

  metrics(): MetricSnapshot[] {
    return this.#relay.telemetry.metrics.read();
  }

  #remember(place: Place, id: number): void {
    const key = keyOf(place);
    this.#places.set(key, [...(this.#places.get(key) ?? []), id]);
  }

  #depart(): void {
    if (this.#departed) return;
    this.#departed = true;
    this.#leave();
    this.#audience.detach();
  }
}

function keyOf(place: Place): string {
  return JSON.stringify(place);
}
