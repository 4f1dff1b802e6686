// A worker in a process of its own: it inherits one region by descriptor and talks over Node's channel.
import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { isFramerailError, packedProgram } from '../base/index.js';
import { Arena, createRegion, type Region } from '../memory/index.js';
import type { WorkerRules } from '../os/index.js';
import { copyEnd } from './copy-pipe.js';
import type { ExitFacts, HostOptions, Transport, WorkerHost } from './host.js';
import { exitOf, holdChild, startNode, type NodeChildOptions } from './node-child.js';
import type { Channel, FromWorker, ToWorker } from './protocol.js';
import { lockedStart } from './sandbox.js';

const MAIN = new URL('./main-process.js', import.meta.url).href;

/**
 * What glibc does with frames by itself makes workers grow by megabytes a minute: each thread's arena keeps its own share
 * of freed ones, and the first that is freed raises the size from which memory is mapped apart and given back whole.
 */
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '1048576' };

/** Starts a worker process. */
export function startProcessHost(options: HostOptions): WorkerHost {
  const region = chooseRegion(options.transport, options.regionBytes);
  const lock = lockedStart(options);
  const setup = {
    parent: process.pid,
    preload: options.preload,
    copyBytes: region.kind === 'copy' ? options.regionBytes : 0,
    sandbox: lock?.setup,
  };
  const child = startAndForget(lock, {
    main: fileURLToPath(packedProgram(MAIN, options.preload)),
    setup,
    // The launcher expects the rules behind the region (RULESET_FD).
    channels: ['ipc', region.fd ?? 'pipe', ...(lock?.ruleset === undefined ? [] : [lock.ruleset.fd])],
    launcher: lock?.launcher,
    env: malloc(),
  });
  const arena = new Arena(region, options.arena);
  const exited = watchExit(child, arena);
  return {
    pid: child.pid ?? 0,
    arena,
    channel: openChannel(child, region),
    exited,
    kill: (signal) => {
      child.kill(signal);
    },
    hold: (alive) => {
      holdChild(child, alive);
    },
  };
}

/** Starts the process; the rules that it inherits are of no use to anybody else. */
function startAndForget(lock: WorkerRules | undefined, options: NodeChildOptions): ChildProcess {
  try {
    return startNode(options);
  } finally {
    lock?.ruleset?.close();
  }
}

/** The first kind of region that this machine gives, or the one that was asked for. */
function chooseRegion(transport: Transport, bytes: number): Region {
  if (transport !== 'auto') return createRegion(transport, bytes);
  for (const kind of process.platform === 'linux' ? (['memfd', 'shm'] as const) : (['shm'] as const)) {
    try {
      return createRegion(kind, bytes);
    } catch (error) {
      if (!isFramerailError(error)) throw error;
    }
  }
  return createRegion('copy', bytes);
}

/** Whoever set these already knows better. */
function malloc(): Record<string, string> {
  return Object.fromEntries(Object.entries(MALLOC).map(([name, value]) => [name, process.env[name] ?? value]));
}

function openChannel(child: ChildProcess, region: Region): Channel<FromWorker, ToWorker> {
  let deliver: (message: FromWorker) => void = () => undefined;
  const post = (message: ToWorker): void => {
    // A worker that just died cannot hear; its exit tells the caller.
    if (child.connected) child.send(message, ignore);
  };
  const copies =
    region.kind === 'copy'
      ? copyEnd<FromWorker, ToWorker>(child.stdio[4] as Duplex, region, post, (message) => {
          deliver(message);
        })
      : undefined;
  child.on('message', (message) => {
    if (copies === undefined) deliver(message as FromWorker);
    else copies.receive(message as FromWorker);
  });
  return {
    send: (message) => {
      if (message.type === 'grant') copies?.grant(message);
      if (copies === undefined) post(message);
      else copies.send(message);
    },
    listen: (listener) => {
      deliver = listener;
    },
  };
}

async function watchExit(child: ChildProcess, arena: Arena): Promise<ExitFacts> {
  child.stdio[4]?.on('error', ignore);
  const facts = await exitOf(child);
  arena.retire();
  return facts;
}

function ignore(): void {
  // Errors of a channel are told by the exit of its process.
}
