// What happens in many relays and how they stand, for people.
import type { ManagedRelayStatus, RelaysEvent, RelaysStatus } from '../relay/index.js';
import { eventText } from './relay-text.js';

/** One line about an event; undefined for what the lines of the status show anyway. */
export function manyEventText(event: RelaysEvent): string | undefined {
  switch (event.event) {
    case 'configured': {
      const counts = (['added', 'removed', 'restarted', 'adapted', 'untouched'] as const)
        .filter((name) => event[name] > 0)
        .map((name) => `${String(event[name])} ${name}`);
      const wrong = event.problems.length > 0 ? [`${String(event.problems.length)} wrong`] : [];
      return `configured: ${[...counts, ...wrong].join(', ') || 'no relays'}`;
    }
    case 'serving':
      return event.http === null ? 'HTTP is no longer served' : `serving http://${event.http}/`;
    case 'process':
      return event.state === 'started'
        ? `process ${String(event.pid)} runs relays`
        : `process ${String(event.pid)} died (${event.how}): its relays begin again`;
    case 'problem':
      return event.message;
    default: {
      if (event.event === 'end' && event.error !== null) return `${event.relay}: ${event.error.message}`;
      const text = eventText(event);
      return text === undefined ? undefined : `${event.relay}: ${text.trimStart()}`;
    }
  }
}

/** How relays stand: a line for all, and one for each, those in trouble first, as far as the terminal is high. */
export function manyLines(status: RelaysStatus, rows: number): string[] {
  const { relays, viewers, processes, problems } = status;
  const live = relays.filter((one) => one.relay?.origin.open === true).length;
  const alive = processes.filter(({ pid }) => pid !== null);
  const cpu = alive.reduce((sum, one) => sum + one.cpu, 0);
  const facts = [
    `${String(live)} of ${String(relays.length)} relays live`,
    ...(viewers > 0 ? [`${String(viewers)} viewers`] : []),
    `${String(alive.length)} ${alive.length === 1 ? 'process' : 'processes'}, ${(cpu * 100).toFixed(0)} % of a core`,
    ...(problems.length > 0 ? [`${String(problems.length)} wrong in the configuration`] : []),
  ];
  const ranked = relays.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  // The cursor stands on a line of its own, and something above should be seen to happen.
  const room = Math.max(1, rows - 4);
  const shown = ranked.slice(0, ranked.length > room ? room - 1 : room);
  const width = Math.max(...shown.map(({ name }) => name.length), 0);
  return [
    facts.join('  '),
    ...shown.map((one) => `${one.name.padEnd(width)}  ${line(one)}`),
    ...(shown.length < ranked.length ? [`and ${String(ranked.length - shown.length)} more`] : []),
  ];
}

/** Trouble first, then what is live, then what rests. */
function rank({ state, relay }: ManagedRelayStatus): number {
  if (state === 'wrong' || state === 'waiting') return 0;
  if (relay === null) return 3;
  if (!relay.origin.open || relay.destinations.some((one) => one.state !== 'live')) return 1;
  return 2;
}

function line({ state, relay, viewers, error }: ManagedRelayStatus): string {
  if (relay === null) return error === null ? state : `${state}  ${error.message}`;
  const { feed, origin, destinations } = relay;
  const tracks = [feed.video, feed.audio].filter((track) => track !== null);
  const bits = tracks.reduce((sum, track) => sum + track.bitsPerSecond, 0);
  const fed = destinations.filter((one) => one.state === 'live').length;
  const dropped = destinations.reduce((sum, one) => sum + one.dropped, 0);
  return [
    origin.open ? 'live' : 'lost',
    ...(tracks.length > 0 ? [tracks.map(({ codec }) => codec).join('+'), `${(bits / 1000).toFixed(0)} kb/s`] : []),
    ...(tracks.length > 0 ? [`drift ${feed.driftSeconds.toFixed(2)} s`] : []),
    ...(destinations.length > 0 ? [`${String(fed)} of ${String(destinations.length)} destinations live`] : []),
    ...(viewers > 0 ? [`${String(viewers)} viewers`] : []),
    ...(dropped > 0 ? [`${String(dropped)} dropped`] : []),
    ...(error === null ? [] : [error.message]),
  ].join('  ');
}
