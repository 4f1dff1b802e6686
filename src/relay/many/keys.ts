// How each option of a relay may be written in a configuration: times and sizes as people write them.
import { argumentError, parseBytes, parseSeconds } from '../../base/index.js';
import type { RelayOptions } from '../options.js';

/** A time is written as `1s` or `300ms`, bytes as `8M`, addresses alone or in a list; what is plain is as it is. */
type Kind = 'time' | 'timeOrNever' | 'bytes' | 'addresses' | 'plain';

/** Every option of a relay; one that is missing here, or that there is not, does not compile. */
export const RELAY_KEYS = {
  from: 'plain',
  to: 'addresses',
  onEnd: 'plain',
  publishEarly: 'plain',
  waitExpected: 'time',
  waitUnannounced: 'time',
  waitKeyframe: 'time',
  framesAudio: 'plain',
  framesVideo: 'plain',
  fillAudio: 'plain',
  lateStream: 'plain',
  connectTimeout: 'time',
  originTimeout: 'time',
  standby: 'plain',
  failoverAfter: 'time',
  failbackAfter: 'timeOrNever',
  slate: 'plain',
  slateAfter: 'time',
  stallTimeout: 'time',
  queueBytes: 'bytes',
  gopBytes: 'bytes',
  verifyTls: 'plain',
  allowHosts: 'plain',
  rtspTransport: 'plain',
  hlsSegment: 'time',
  hlsList: 'plain',
  record: 'plain',
  recordEvery: 'time',
} as const satisfies Readonly<Record<keyof RelayOptions, Kind>>;

/** Text of a time needs its unit: a number alone is milliseconds, and `1.5` on a command line seconds. */
const WITH_UNIT = /[a-z:]/i;

/** Reads a time; throws FR_ARG_INVALID. */
export function readTime(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (!WITH_UNIT.test(value)) throw argumentError(name, 'a time with its unit, such as 1s or 300ms', value);
  return parseSeconds(name, value) * 1000;
}

/** Reads the value of an option; what it may be is checked where the relay is made. Throws FR_ARG_INVALID. */
export function readValue(name: keyof RelayOptions, value: unknown): unknown {
  const kind: Kind = RELAY_KEYS[name];
  if (kind === 'time') return readTime(name, value);
  // JSON has no infinity, and is what a plan goes to another process as.
  if (kind === 'timeOrNever') return value === 'never' || value === Infinity ? 'never' : readTime(name, value);
  if (kind === 'bytes') return typeof value === 'string' ? parseBytes(name, value) : value;
  return kind === 'addresses' && typeof value === 'string' ? [value] : value;
}
