// A worker in a process of its own: it inherits one region by descriptor and talks over Node's channel.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { isFramerailError } from '../base/index.js';
import { Arena, createRegion, type Region } from '../memory/index.js';
import { copyEnd } from './copy-pipe.js';
import type { ExitFacts, HostOptions, Transport, WorkerHost } from './host.js';
import type { Channel, FromWorker, ToWorker } from './protocol.js';

const MAIN = fileURLToPath(new URL('./main-process.js', import.meta.url));
/** A worker makes many small objects that die at once: a large nursery would only be more memory to touch. */
const NODE_FLAGS = ['--max-semi-space-size=2'];
const STDERR_KEPT = 2000;
/** Costs about 30 ms of every start, and a worker never opens a TLS connection. */
const STRIPPED = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'NODE_CHANNEL_FD'];

/**
 * What glibc does with frames by itself makes workers grow by megabytes a minute: each thread's arena keeps its own share
 * of freed ones, and the first that is freed raises the size from which memory is mapped apart and given back whole.
 */
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '1048576' };

/** Starts a worker process. */
export function startProcessHost(options: HostOptions): WorkerHost {
  const region = chooseRegion(options.transport, options.regionBytes);
  const setup = {
    parent: process.pid,
    preload: options.preload,
    copyBytes: region.kind === 'copy' ? options.regionBytes : 0,
  };
  const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', 'ipc', region.fd ?? 'pipe'];
  const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, JSON.stringify(setup)], {
    stdio,
    serialization: 'advanced',
    env: environment(),
    // A Ctrl-C in the terminal is the parent's business, also while the worker starts.
    detached: process.platform !== 'win32',
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
      for (const handle of [child, child.channel, child.stderr, child.stdio[4]]) {
        if (!isHandle(handle)) continue;
        if (alive) handle.ref();
        else handle.unref();
      }
    },
  };
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

function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !STRIPPED.includes(name));
  return { ...MALLOC, ...Object.fromEntries(inherited) };
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

function watchExit(child: ChildProcess, arena: Arena): Promise<ExitFacts> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  child.stdio[4]?.on('error', ignore);
  return new Promise((resolve) => {
    const gone = (code: number | null, signal: string | null): void => {
      arena.retire();
      resolve({ code, signal, stderr: stderr.trim() });
    };
    child.once('exit', gone);
    child.on('error', (error) => {
      stderr += error.message;
      if (child.pid === undefined) gone(null, null);
    });
  });
}

function ignore(): void {
  // Errors of a channel are told by the exit of its process.
}

function isHandle(value: unknown): value is { ref(): void; unref(): void } {
  return typeof value === 'object' && value !== null && 'unref' in value && 'ref' in value;
}
