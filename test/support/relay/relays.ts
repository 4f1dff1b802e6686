// A relay under test: its events in a journal, and stopped with the running test.
import { onTestFinished } from 'vitest';
import { createRelay, type Relay, type RelayEvent, type RelayOptions } from '#dist/relay/index.js';
import { Journal } from './journal.js';

/** A relay and what it told. */
export interface Watched {
  readonly relay: Relay;
  /** Settles with the call of `start()`. */
  readonly started: Promise<void>;
  readonly events: Journal<RelayEvent>;
  /** Waits for an event of one kind. */
  told<Name extends RelayEvent['event']>(name: Name): Promise<Extract<RelayEvent, { event: Name }>>;
  /** Events of one kind so far. */
  all<Name extends RelayEvent['event']>(name: Name): Extract<RelayEvent, { event: Name }>[];
}

/** Makes a relay and, unless told otherwise, starts it without waiting for it. */
export function relayOf(
  from: string | readonly string[],
  to: string | readonly string[],
  options: Omit<RelayOptions, 'from' | 'to'> = {},
): Watched {
  const relay = createRelay({ from, to: typeof to === 'string' ? [to] : to, ...options });
  const events = new Journal<RelayEvent>();
  relay.on('event', (event) => events.push(event));
  onTestFinished(async () => await relay.stop());
  const started = relay.start();
  started.catch(() => undefined);
  return {
    ...{ relay, events, started },
    told: async (name) => {
      await events.find(({ event }) => event === name, `the event ${name}`);
      return only(events.items, name)[0]!;
    },
    all: (name) => only(events.items, name),
  };
}

function only<Name extends RelayEvent['event']>(
  events: readonly RelayEvent[],
  name: Name,
): Extract<RelayEvent, { event: Name }>[] {
  return events.filter((one): one is Extract<RelayEvent, { event: Name }> => one.event === name);
}
