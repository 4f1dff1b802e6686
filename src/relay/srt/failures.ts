// How a link ended, in one sentence and with the code that says whether to try again.
import { constants } from 'node:os';
import { FramerailError, type ErrorCode } from '../../base/index.js';
import type { SrtAddress } from './address.js';
import type { Refusal } from './refusals.js';
import type { LinkEnd } from './worker-link.js';

/** Codes as libav returns them: negative numbers of the system. */
const AVERROR = {
  inUse: -constants.errno.EADDRINUSE,
  notOurs: -constants.errno.EADDRNOTAVAIL,
  forbidden: -constants.errno.EACCES,
  timedOut: -constants.errno.ETIMEDOUT,
  /** AVERROR_UNKNOWN (libavutil/error.h): for a listener, that this process listens on the port already. */
  unknown: -0x4e4b4e55,
};

/** What refusals mean: those of libsrt itself (srt.h, SRT_REJECT_REASON) and of servers (access_control.h). */
const REFUSALS: Readonly<Record<Refusal, readonly [ErrorCode, string]>> = {
  BADSECRET: ['FR_RELAY_AUTH', 'the passphrase is wrong'],
  ROGUE: ['FR_RELAY_PROTOCOL', 'it did not understand the handshake'],
  VERSION: ['FR_RELAY_REFUSED', 'its version of SRT is too old or too new'],
  MESSAGEAPI: ['FR_RELAY_REFUSED', 'it is set up for files and not for live streams'],
  CONGESTION: ['FR_RELAY_REFUSED', 'it is set up for files and not for live streams'],
  CRYPTO: ['FR_RELAY_REFUSED', 'it wants another kind of encryption'],
  PEER: ['FR_RELAY_REFUSED', 'it gave no reason'],
  'PREDEFINED:400': ['FR_RELAY_REFUSED', 'it does not understand the stream id'],
  'PREDEFINED:401': ['FR_RELAY_AUTH', 'its login failed'],
  'PREDEFINED:402': ['FR_RELAY_CONNECT', 'it has no capacity left'],
  'PREDEFINED:403': ['FR_RELAY_AUTH', 'access to the stream is denied'],
  'PREDEFINED:404': ['FR_RELAY_REFUSED', 'it has no such stream'],
  'PREDEFINED:405': ['FR_RELAY_REFUSED', 'this stream cannot be used in this direction'],
  'PREDEFINED:406': ['FR_RELAY_REFUSED', 'the stream id asks for what it does not have'],
  'PREDEFINED:409': ['FR_RELAY_BUSY', 'the stream is in use'],
  'PREDEFINED:423': ['FR_RELAY_BUSY', 'the stream is in use'],
  'PREDEFINED:500': ['FR_RELAY_CONNECT', 'something went wrong there'],
  'PREDEFINED:502': ['FR_RELAY_CONNECT', 'something went wrong behind it'],
  'PREDEFINED:503': ['FR_RELAY_CONNECT', 'it is out of service for now'],
  'PREDEFINED:507': ['FR_RELAY_CONNECT', 'it has no room left'],
};
/** Refusals that pass: a queue that was full, a server that is being closed. */
const PASSING = ['BACKLOG', 'RESOURCE', 'SYSTEM', 'CLOSE', 'TIMEOUT', 'IPE'];
/** Milliseconds: a caller that fails after nearly all of its time was not answered. */
const NEARLY = 0.9;

/** What is said of a link that ended before its peer was there. @param waited - milliseconds, of those that it had */
export function dialError(address: SrtAddress, end: LinkEnd, waited: number, limit: number): FramerailError {
  const { shown, listens, port } = address;
  // Nothing was lost yet, and to try again at once might fail the same way.
  if (end.exit !== undefined) return exitError('FR_RELAY_CONNECT', `${shown} could not be reached`, end);
  const { averror = 0, message: reason = '' } = end.failure ?? {};
  const details = { averror, reason };
  const connect = (text: string): FramerailError =>
    new FramerailError('FR_RELAY_CONNECT', `${shown} ${text}.`, { details });
  if (end.refusal !== undefined) return refusalError(address, end.refusal);
  if (averror === AVERROR.inUse || (listens && averror === AVERROR.unknown))
    return connect(`cannot be listened on: port ${String(port)} is taken`);
  if (averror === AVERROR.notOurs) return connect('cannot be listened on: it is no address of this machine');
  if (averror === AVERROR.forbidden) return connect('cannot be listened on: this user may not');
  if (averror === AVERROR.timedOut || (!listens && waited >= limit * NEARLY)) return timeoutError(address, limit);
  return connect(listens ? 'could not be listened on' : 'could not be connected to');
}

/** Nobody answered, or called, in time. */
export function timeoutError({ shown, listens }: SrtAddress, limit: number): FramerailError {
  const what = listens ? 'was not called' : 'did not answer';
  return new FramerailError('FR_RELAY_TIMEOUT', `${shown} ${what} within ${String(Math.round(limit))} ms.`);
}

/** What is said of a link that ended behind its peer's back, or was ended by it: libav does not tell these apart. */
export function lossError({ shown }: SrtAddress, end: LinkEnd): FramerailError {
  if (end.exit !== undefined) return exitError('FR_RELAY_LOST', `${shown} was lost`, end);
  const { averror = 0, message: reason = '' } = end.failure ?? {};
  const details = { averror, reason };
  if (averror === AVERROR.timedOut)
    return new FramerailError('FR_RELAY_TIMEOUT', `${shown} was silent for longer than its \`timeout\`.`, { details });
  return new FramerailError('FR_RELAY_LOST', `${shown} closed the connection, or was lost.`, { details });
}

/** What a refusal means, as words that follow "it": also for callers that were turned away from here. */
export function turnedAway({ shown }: SrtAddress, refusal: Refusal): string {
  const why = {
    BADSECRET: 'its passphrase is wrong',
    UNSECURE: 'one of the two sides encrypts, and the other does not',
  }[refusal];
  return `${shown}: a caller was turned away: ${why ?? `SRT calls it ${refusal}`}.`;
}

function refusalError({ shown, options }: SrtAddress, refusal: Refusal): FramerailError {
  const details = { refusal };
  const refused = (code: ErrorCode, why: string): FramerailError =>
    new FramerailError(code, `${shown} refused the connection: ${why}.`, { details });
  if (refusal === 'UNSECURE')
    return refused(
      'FR_RELAY_AUTH',
      'passphrase' in options ? 'it does not encrypt, and the address has a passphrase' : 'it wants a passphrase',
    );
  if (PASSING.includes(refusal)) return refused('FR_RELAY_CONNECT', 'it takes no connection now');
  const known = REFUSALS[refusal];
  return known === undefined ? refused('FR_RELAY_REFUSED', `SRT calls it ${refusal}`) : refused(...known);
}

function exitError(code: ErrorCode, what: string, { exit }: LinkEnd): FramerailError {
  const how = exit?.signal ?? `code ${String(exit?.code ?? 'unknown')}`;
  return new FramerailError(code, `${what}: the worker process of its link ended by ${how}.`, {
    details: { ...exit },
  });
}
