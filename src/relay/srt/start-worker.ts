// The processes that host links, as they are started: by a relay that needs one, or while the code of the relay still loads.
// It is loaded ahead of everything else, so it imports no more than what starts a process.
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { packedModule } from '../../base/packed-module.js';
import { holdChild, startNode } from '../../workers/node-child.js';

/** Links of one process, unless told. */
export const LINKS_PER_PROCESS = 8;
const MAIN = new URL('./worker.js', import.meta.url).href;
/** Threads of libuv beside one for each link, for what Node itself needs. */
const SPARE_THREADS = 4;
/** Milliseconds: a relay that has not dialled by then has no link to open. */
const PATIENCE = 30_000;

let early: ChildProcess | undefined;
let late: NodeJS.Timeout | undefined;

/** Starts a process that nobody needs yet: it keeps this one from nothing, and ends with it. */
export function startEarlyWorker(): void {
  if (early !== undefined) return;
  const child = start(LINKS_PER_PROCESS);
  early = child;
  holdChild(child, false);
  // One that could not be started is not taken.
  child.on('error', () => undefined);
  // Where a command is over at once, it still loads what would see that.
  process.once('exit', () => child.kill('SIGKILL'));
  late = setTimeout(dropEarlyWorker, PATIENCE).unref();
}

/** Gives a process for so many links, the early one where there is one; who takes it answers for it. */
export function takeWorker(links: number): ChildProcess {
  const taken = links === LINKS_PER_PROCESS ? forget() : undefined;
  const lives = taken?.pid !== undefined && taken.exitCode === null && taken.signalCode === null;
  return lives ? taken : start(links);
}

/** Ends the early process if nobody took it. */
export function dropEarlyWorker(): void {
  forget()?.kill('SIGKILL');
}

function forget(): ChildProcess | undefined {
  const forgotten = early;
  early = undefined;
  clearTimeout(late);
  return forgotten;
}

function start(links: number): ChildProcess {
  return startNode({
    main: fileURLToPath(packedModule(MAIN)),
    setup: { parent: process.pid },
    channels: ['pipe'],
    // Calls of libav wait in these threads: with one for each link, no hung link holds up another.
    env: { UV_THREADPOOL_SIZE: String(links + SPARE_THREADS) },
  });
}
