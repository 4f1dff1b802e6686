// What a server says in onStatus, _error and its descriptions, as typed errors with its own words.
import { FramerailError } from '../../base/index.js';
import { isAmfObject, type AmfValue } from '../amf0.js';

/** What an `onStatus` or an `_error` says. */
export interface RtmpStatus {
  readonly level: string;
  readonly code: string;
  readonly description: string;
}

/** The words of a peer in a message are cut here: nobody reads more. */
const LONGEST = 300;
/** Shorter ones are no secrets, but parts of words. */
const SHORTEST_SECRET = 4;

/** Finds the status among the values of a command. */
export function statusOf(values: readonly AmfValue[]): RtmpStatus {
  const objects = values.filter(isAmfObject);
  // Some servers put their properties ahead of it.
  const info = objects.find(({ code }) => typeof code === 'string') ?? objects[0];
  const text = (name: string): string => {
    const value = info?.[name];
    return typeof value === 'string' ? value : '';
  };
  return { level: text('level'), code: text('code'), description: text('description') };
}

/** Names that say that a stream is there already, or that its last publisher is not gone yet. */
const BUSY = /BadName|StreamBusy|Publish\.Denied.*already|already (publish|exist|in use)|busy/i;
const AUTHENTICATION = /auth|not allowed|denied|forbidden|unauthori[sz]ed|token|\b40[13]\b/i;

/**
 * The error for a refusal: FR_RELAY_BUSY, FR_RELAY_AUTH or FR_RELAY_REFUSED.
 * @param secrets - what must not be shown, such as the key of the stream, which servers like to repeat
 */
export function refusal(shown: string, status: RtmpStatus, secrets: readonly string[]): FramerailError {
  const words = hide(`${status.code}${status.description === '' ? '' : `: ${status.description}`}`, secrets);
  const code = BUSY.test(words) ? 'FR_RELAY_BUSY' : AUTHENTICATION.test(words) ? 'FR_RELAY_AUTH' : 'FR_RELAY_REFUSED';
  const why = words === '' ? 'without a reason' : `with the words "${words}"`;
  return new FramerailError(code, `${shown} refused ${why}.`, {
    details: { rtmpCode: hide(status.code, secrets), description: hide(status.description, secrets) },
  });
}

/** Without secrets, and without what a terminal would obey. */
function hide(text: string, secrets: readonly string[]): string {
  let shown = text.replace(/\p{Cc}+/gu, ' ');
  for (const secret of secrets) if (secret.length >= SHORTEST_SECRET) shown = shown.replaceAll(secret, '***');
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown;
}
