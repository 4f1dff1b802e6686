// What an address has wrong whatever its protocol is, said without what may be secret of it.
import { argumentError, type FramerailError } from '../base/index.js';

const PLACE = /^[a-z]+:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^/?#@:[\]]*):(\d+)(?=[/?#]|$)/i;
const LAST_PORT = 65_535;
/** Endings of files that are recorded to or played, which say nothing secret. */
const FILE = /\.(?:flv|ts|mp4|m4v|mov|mkv|webm|mpd)$/i;

/** Refuses a port that there is not; throws FR_ARG_INVALID. */
export function checkPort(name: string, address: string): void {
  const digits = PLACE.exec(address)?.[1];
  if (digits === undefined || (Number(digits) >= 1 && Number(digits) <= LAST_PORT)) return;
  // So many digits may as well be a password.
  throw argumentError(name, 'a port of 1 to 65,535', digits.length > 5 ? 'another number' : Number(digits));
}

/** An address of no protocol that is known here: only its scheme is told, or that it looks like a file. */
export function unknownAddress(name: string, expected: string, address: string): FramerailError {
  const shown = /^[a-z][a-z\d+.-]*:\/\//i.exec(address) ?? FILE.exec(address);
  return argumentError(name, expected, shown?.[0] ?? 'another text');
}
