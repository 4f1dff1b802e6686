// What carries a worker: a process, a thread, or the caller's own process. The rest of workers/ sees only this.
import type { SandboxLevel } from '../os/index.js';
import type { Arena, ArenaOptions, RegionKind } from '../memory/index.js';
import type { Channel, FromWorker, ToWorker } from './protocol.js';

/** How a worker ended. */
export interface ExitFacts {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it; null when it ended by itself. */
  readonly signal: string | null;
  /** The last lines that it wrote to standard error. */
  readonly stderr: string;
}

/** A started worker. */
export interface WorkerHost {
  /** The process that the worker runs in. */
  readonly pid: number;
  /** Every process that works for it now, where that is not the one above. */
  readonly pids?: readonly number[];
  readonly arena: Arena;
  readonly channel: Channel<FromWorker, ToWorker>;
  /** Resolves once, when the worker is gone. */
  readonly exited: Promise<ExitFacts>;
  /** Sends a signal, where there is a process to send it to. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Whether the worker keeps the parent's event loop alive. */
  hold(alive: boolean): void;
}

/**
 * Where a worker runs.
 * `process` isolates hostile input; `thread` shares the process of its parent, for trusted input;
 * `inline` is the calling thread itself, for one-shot commands;
 * `spawn` runs the machine's own ffmpeg and ffprobe commands, for where no native code can be loaded.
 */
export type Backend = 'process' | 'thread' | 'inline' | 'spawn';

/** How the bytes of a worker process reach its parent; `auto` takes the first that works here. */
export type Transport = 'auto' | Extract<RegionKind, 'memfd' | 'shm' | 'copy'>;

/** A checked wish for a sandbox. */
export interface SandboxWish {
  /** The level that a worker must reach. */
  readonly required: SandboxLevel;
  /** Where the allowed folders really are. */
  readonly roots: readonly string[] | undefined;
}

/** How a host is started. */
export interface HostOptions {
  readonly transport: Transport;
  readonly regionBytes: number;
  /** What its memory shares with that of other workers. */
  readonly arena: ArenaOptions;
  /** Job modules to load before the worker calls itself ready. */
  readonly preload: readonly string[];
  /** How a process is locked down; undefined for not at all. */
  readonly sandbox?: SandboxWish | undefined;
}
