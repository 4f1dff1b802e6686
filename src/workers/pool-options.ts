// How a pool of workers is set up, and what it takes where nothing is said.
import { checkInteger, checkNumber, checkOneOf, checkSwitch } from '../base/index.js';
import { settingsOf, type PresetName, type Settings } from '../config/index.js';
import type { Backend, SandboxWish, Transport } from './host.js';
import { checkSandbox, type SandboxOptions } from './sandbox.js';

/** How a pool of workers is set up. */
export interface PoolOptions {
  /**
   * Where jobs run: `process` isolates hostile input, `thread` is for trusted input, `inline` is the caller's thread.
   * `spawn` runs the `ffmpeg` and `ffprobe` of the PATH and loads no native code; it cannot tell which frames are
   * damaged, names the decoder by its codec in reports on a file, keeps the settings of a running encode, and uses the
   * FFmpeg of the machine, however old.
   * @defaultValue 'process', and 'spawn' with a warning (FRAMERAIL_FALLBACK) where native code cannot be loaded
   */
  readonly backend?: Backend | undefined;
  /** How bytes of worker processes arrive. @defaultValue 'auto': memfd, else POSIX shared memory, else a copying pipe */
  readonly transport?: Transport | undefined;
  /**
   * Workers at most. @defaultValue 8, and for covers two for each core of the machine or of the container; always 1 inline
   */
  readonly workers?: number | undefined;
  /**
   * Milliseconds after which a worker that had nothing to do is stopped, all but one or those that were warmed.
   * @defaultValue 60,000
   */
  readonly idleTimeout?: number | undefined;
  /** Jobs of one input that may run at once. @defaultValue any, and 4 for covers */
  readonly perSource?: number | undefined;
  /** Bytes of address space for the frames of one worker; memory is used as it is touched. @defaultValue 512 MiB in a process, 256 MiB elsewhere */
  readonly regionBytes?: number | undefined;
  /**
   * Bytes that the frames of all workers may take together; who needs more waits until others give back.
   * @defaultValue half of the memory of the machine or of the container
   */
  readonly memoryBudget?: number | undefined;
  /**
   * Where memory and batches start from: `realtime` prepares 100 MiB in regions of 200 and sends batches of 5 after 8 ms,
   * `batch` prepares up to a whole region of 500 and sends batches of 30 after 50 ms. Memory adapts from there; values of
   * one's own (`regionBytes`, `batchSize`, `batchDelay`, `slots`) go first. @defaultValue nothing is prepared
   */
  readonly preset?: PresetName | undefined;
  /** Milliseconds of silence after which a worker counts as hung and is killed. @defaultValue 10,000 */
  readonly stallTimeout?: number | undefined;
  /** Milliseconds that a job may wait for a free worker, and then for memory. @defaultValue 30,000 */
  readonly queueTimeout?: number | undefined;
  /**
   * Bytes of memory of its own, without frames that are shared, beyond which a worker process is replaced between two
   * jobs; above 85 % of it, it is replaced after five minutes. Known on Linux alone. @defaultValue never, and 512 MiB for covers
   */
  readonly workerBytes?: number | undefined;
  /**
   * Workers that an input may end, by a signal or by hanging, before it is refused with FR_INPUT_POISON until it changes.
   * @defaultValue any, and 2 for covers
   */
  readonly quarantineAfter?: number | undefined;
  /** Whether an idle worker takes jobs that wait for another one; only benchmarks want less. @defaultValue true */
  readonly steal?: boolean | undefined;
}

/** The names of these options. */
export const POOL_NAMES = {
  backend: true,
  transport: true,
  workers: true,
  idleTimeout: true,
  perSource: true,
  regionBytes: true,
  memoryBudget: true,
  preset: true,
  stallTimeout: true,
  queueTimeout: true,
  workerBytes: true,
  quarantineAfter: true,
  steal: true,
} as const satisfies Record<keyof PoolOptions, true>;

/** How the workers of a pool are set up, sandbox included. */
export type LockedPoolOptions = PoolOptions & SandboxOptions;

const MIB = 1024 * 1024;
/** Room for four frames of 8K as rgba; only what is touched becomes memory. */
const PROCESS_REGION_BYTES = 512 * MIB;
/** What fits into every process that has other work to do: one-shot commands hold a handful of slots. */
const INLINE_REGION_BYTES = 256 * MIB;
/** Workers that a pool may have. */
export const MOST_WORKERS = 256;

/** Options that may stay undefined. */
type Optional = 'memoryBudget' | 'workerBytes' | 'quarantineAfter';

/** The options with every default in place. */
export type ResolvedPool = {
  readonly [Name in Exclude<keyof PoolOptions, Optional | 'preset'>]-?: NonNullable<PoolOptions[Name]>;
} & Pick<PoolOptions, Optional> & {
    /** What the preset says; undefined without one. */
    readonly settings: Settings | undefined;
    /** Whether the caller left the backend to us. */
    readonly mayFallBack: boolean;
    /** How far workers are locked down; undefined for not at all. */
    readonly sandbox: SandboxWish | undefined;
  };

/**
 * Checks the options. Throws FR_ARG_INVALID.
 * @param spawns - whether every job can run on the commands of the machine
 */
export function resolvePool(options: LockedPoolOptions, spawns: boolean): ResolvedPool {
  const native = ['process', 'thread', 'inline'] as const;
  const backend = checkOneOf('backend', options.backend ?? 'process', spawns ? [...native, 'spawn'] : native);
  const settings = options.preset === undefined ? undefined : settingsOf(options.preset);
  const regionBytes = settings?.regionBytes ?? (backend === 'process' ? PROCESS_REGION_BYTES : INLINE_REGION_BYTES);
  const { memoryBudget, workerBytes, quarantineAfter } = options;
  if (memoryBudget !== undefined) checkInteger('memoryBudget', memoryBudget, MIB, Number.MAX_SAFE_INTEGER);
  if (workerBytes !== undefined) checkInteger('workerBytes', workerBytes, MIB, Number.MAX_SAFE_INTEGER);
  if (quarantineAfter !== undefined) checkInteger('quarantineAfter', quarantineAfter, 1, 100);
  const sandbox = checkSandbox(options, backend);
  return {
    ...{ backend, settings, memoryBudget, workerBytes, quarantineAfter, sandbox },
    // Commands cannot be locked down.
    mayFallBack: spawns && options.backend === undefined && options.transport === undefined && !sandbox?.required,
    transport: checkOneOf('transport', options.transport ?? 'auto', ['auto', 'memfd', 'shm', 'copy'] as const),
    workers: backend === 'inline' ? 1 : checkInteger('workers', options.workers ?? 8, 1, MOST_WORKERS),
    idleTimeout: checkNumber('idleTimeout', options.idleTimeout ?? 60_000, 0, 'milliseconds'),
    perSource: checkInteger('perSource', options.perSource ?? MOST_WORKERS, 1, MOST_WORKERS),
    regionBytes: checkInteger('regionBytes', options.regionBytes ?? regionBytes, MIB, 4096 * MIB),
    stallTimeout: checkNumber('stallTimeout', options.stallTimeout ?? 10_000, 20, 'milliseconds'),
    queueTimeout: checkNumber('queueTimeout', options.queueTimeout ?? 30_000, 0, 'milliseconds'),
    steal: checkSwitch('steal', options.steal, true),
  };
}
