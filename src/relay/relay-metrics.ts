// What a relay adds to its metrics: the steps of each start, losses as they happen, and counts now and then.
import type { Telemetry } from '../telemetry/index.js';
import type { Destination } from './destination.js';
import type { RelayEvent } from './events.js';
import type { Feed } from './feed.js';

/** What is counted elsewhere and carried over. */
interface Totals {
  tags: number;
  bytes: number;
  dropped: number;
}

/** Writes the metrics of one relay. */
export class RelayMetrics {
  readonly #telemetry: Telemetry;
  readonly #in: Totals = { tags: 0, bytes: 0, dropped: 0 };
  #slate = 0;
  /** By the number of the destination. */
  readonly #out = new Map<number, Totals>();

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** Takes an event of the relay. */
  hear(event: RelayEvent): void {
    if (event.event === 'origin') this.#steps('origin', event.timings);
    else if (event.event === 'connected') this.#steps('destination', event.timings);
    else if (event.event === 'ready') this.#step('origin', 'ready', event.sinceStartMs);
    else if (event.event === 'started') this.#step('destination', 'first_tag', event.sinceStartMs);
    else if (event.event === 'picture') this.#step('destination', 'first_picture', event.sinceStartMs);
    else if (event.event === 'switch')
      this.#telemetry.metrics.counter('framerail_relay_switches_total', { reason: event.reason }).add();
    else if (event.event === 'originLost') this.#lost('origin', event.error?.code ?? 'ended');
    else if (event.event === 'lost') this.#lost('destination', event.error.code);
    else if (event.event === 'recordingLost') this.#lost('recording', event.error.code);
  }

  /**
   * Carries over what has been counted since the last time.
   * @param slate - seconds for which the slate was shown so far
   */
  sample({ statistics }: Feed, destinations: ReadonlyMap<number, Destination>, slate = 0): void {
    if (slate > this.#slate) {
      this.#telemetry.metrics.counter('framerail_relay_slate_seconds_total', {}).add(slate - this.#slate);
      this.#slate = slate;
    }
    const { audio, video } = statistics;
    this.#carry('in', this.#in, { tags: audio.tags + video.tags, bytes: audio.bytes + video.bytes, dropped: 0 });
    let queued = 0;
    for (const [id, { counts, queued: waits }] of destinations) {
      let before = this.#out.get(id);
      if (before === undefined) this.#out.set(id, (before = { tags: 0, bytes: 0, dropped: 0 }));
      this.#carry('out', before, counts);
      queued += waits;
    }
    for (const id of this.#out.keys()) if (!destinations.has(id)) this.#out.delete(id);
    this.#telemetry.metrics.gauge('framerail_relay_queued_bytes', {}).set(queued);
  }

  #carry(direction: 'in' | 'out', before: Totals, { tags, bytes, dropped }: Totals): void {
    const { metrics } = this.#telemetry;
    metrics.counter('framerail_relay_tags_total', { direction }).add(tags - before.tags);
    metrics.counter('framerail_relay_bytes_total', { direction }).add(bytes - before.bytes);
    if (dropped > before.dropped)
      metrics.counter('framerail_relay_dropped_tags_total', {}).add(dropped - before.dropped);
    Object.assign(before, { tags, bytes, dropped });
  }

  #steps(side: 'origin' | 'destination', timings: object): void {
    for (const [step, at] of Object.entries(timings) as [string, number][]) this.#step(side, step, at);
  }

  #step(side: 'origin' | 'destination', step: string, at: number): void {
    this.#telemetry.metrics.histogram('framerail_relay_step_seconds', { side, step }).observe(at / 1000);
  }

  #lost(side: 'origin' | 'destination' | 'recording', code: string): void {
    this.#telemetry.metrics.counter('framerail_relay_losses_total', { side, code }).add();
  }
}
