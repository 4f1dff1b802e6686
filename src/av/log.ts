// FFmpeg's log, caught per job instead of printed. The log is global to a process, so is the one running capture:
// worker threads of one process cannot tell their lines apart, and go without.
import { isMainThread } from 'node:worker_threads';
import { AV_LOG_ERROR, AV_LOG_QUIET, AV_LOG_WARNING } from './constants.js';
import { Log } from 'node-av/lib';
import { FramerailError, isFramerailError } from '../base/index.js';

/** One message of FFmpeg. */
export interface LogLine {
  readonly level: 'error' | 'warning';
  readonly text: string;
}

/** Said of every full-range YUV picture, also of those whose range is tagged, as all of ours are. */
const NOISE = /^deprecated pixel format used/;
const LIMIT = 50;
let lines: LogLine[] = [];
let dropped = 0;
let capturing = false;
/** What is written into the log around what nobody shall see: messages arrive later than they were said, but in order. */
const ASIDE = 'framerail: aside';
const ASIDE_ENDS = 'framerail: aside ends';
let aside = false;
/** What messages must not show, and what they show instead. */
let hidden: (readonly [secret: string, instead: string])[] = [];

// Without a capture FFmpeg would print to standard error.
Log.setLevel(AV_LOG_QUIET);

/** Starts a new capture and forgets the lines of the one before. */
function startLogCapture(): void {
  lines = [];
  dropped = 0;
  hidden = [];
  aside = false;
  // node-av aborts the process when a callback outlives the thread that set it.
  if (capturing || !isMainThread) return;
  capturing = true;
  Log.setCallback(
    (level, message) => {
      const said = message.trim();
      if (said === ASIDE || said === ASIDE_ENDS) aside = said === ASIDE;
      if (aside || said === ASIDE_ENDS) return;
      const text = hidden.reduce((shown, [secret, instead]) => shown.replaceAll(secret, instead), said);
      if (text === '' || NOISE.test(text)) return;
      const last = lines.at(-1);
      if (last?.text === text) return;
      if (lines.length >= LIMIT) {
        // The first messages tell the cause, the last ones where it ended: drop from the middle.
        lines.splice(LIMIT / 2, 1);
        dropped += 1;
      }
      lines.push({ level: level <= AV_LOG_ERROR ? 'error' : 'warning', text });
    },
    { maxLevel: AV_LOG_WARNING },
  );
}

/** Tries something out, of whose failures FFmpeg's log shall say nothing. */
export function withoutLog<T>(work: () => T): T {
  if (!capturing) return work();
  Log.log(AV_LOG_ERROR, ASIDE);
  try {
    return work();
  } finally {
    Log.log(AV_LOG_ERROR, ASIDE_ENDS);
  }
}

/** Keeps the password, the query and the like of an address out of the messages of this job. */
export function hideAddress(url: string, name: string): void {
  const secrets = [/\/\/([^/@]*@)/.exec(url)?.[1], /(\?.+)$/s.exec(url)?.[1], /\?(.+)$/s.exec(url)?.[1]];
  hidden = [[url, name], ...secrets.filter((secret) => secret !== undefined).map((secret) => [secret, ''] as const)];
}

/** What FFmpeg said since the capture began, after messages of its threads had their turn to arrive. */
export async function takeLog(): Promise<LogLine[]> {
  // Two turns of the event loop: the first one may already be past the phase in which they arrive.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  const taken =
    dropped === 0 ? lines : [...lines, { level: 'warning' as const, text: `${String(dropped)} more messages` }];
  lines = [];
  dropped = 0;
  return taken;
}

/** Runs a job under a fresh capture; a typed failure carries FFmpeg's own words as `details.log`. */
export async function withLog<T>(work: () => Promise<T>): Promise<T> {
  startLogCapture();
  try {
    return await work();
  } catch (error) {
    const log = await takeLog();
    if (!isFramerailError(error) || log.length === 0) throw error;
    const first = log.find((line) => line.level === 'error')?.text;
    const message =
      first === undefined || !('averror' in error.details) ? error.message : `${error.message} FFmpeg says: ${first}`;
    throw new FramerailError(error.code, message, { details: { ...error.details, log }, cause: error });
  }
}
