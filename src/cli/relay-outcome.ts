// What a relay that is over never did: to run for its time and to have relayed nothing is no success.
import { FramerailError } from '../base/index.js';
import type { RelayStatus } from '../relay/index.js';

/** One sentence for a relay whose destinations, and whose recording, were never given anything. */
export function nothingRelayed({ origins, feed, ready, destinations, recording }: RelayStatus): FramerailError {
  const [one, ...others] = origins.map(({ address }) => address);
  const from = others.length === 0 ? (one ?? 'the origin') : `any of the ${String(origins.length)} origins`;
  const came = feed.audio !== null || feed.video !== null;
  const what = came
    ? ready === null
      ? `what came from ${from} was not enough to begin with`
      : 'no destination took anything'
    : `no media ever came from ${from}`;
  const sides = came && ready !== null ? [...destinations, ...(recording === null ? [] : [recording])] : origins;
  const said = sides.flatMap(({ lastError }) => lastError?.message.replace(/\.$/, '') ?? []).at(-1);
  const why = said === undefined ? '' : ` (${said})`;
  return new FramerailError('FR_RELAY_TIMEOUT', `Nothing was relayed: ${what}${why}.`);
}
