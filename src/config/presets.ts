// Presets: starting points for memory and batches, by what matters more: that a frame arrives soon, or that many do.

/** How the size and the delay of batches are chosen. */
export const BATCH_MODES = ['fixed', 'low-latency', 'throughput', 'adaptive'] as const;

/**
 * How the size and the delay of batches are chosen: `fixed` keeps both; `low-latency` waits 4 to 8 ms;
 * `throughput` waits 32 to 64 ms; `adaptive` sizes batches from 5 to 50 by the load of machine and consumer.
 */
export type BatchMode = (typeof BATCH_MODES)[number];

/** Blocks of one size that are made before they are asked for. */
export interface PoolStart {
  /** Bytes of one block. */
  readonly bytes: number;
  /** How many blocks. */
  readonly count: number;
}

/** What an engine starts with; pools adapt from there. */
export interface Settings {
  /** Bytes of address space for the frames of one worker. */
  readonly regionBytes: number;
  /** Blocks that the region of a worker has ready from the start, small ones first, as far as they fit. */
  readonly pools: readonly PoolStart[];
  /** How batches are sized. */
  readonly batchMode: BatchMode;
  /** Items of a full batch; with `adaptive`, of the first one. */
  readonly batchSize: number;
  /** Milliseconds that the first item of a batch waits at most. */
  readonly batchDelay: number;
  /** Frames in memory at once. */
  readonly slots: number;
}

const MIB = 1024 * 1024;

/** The presets; every value may be overridden. */
export const PRESETS = {
  realtime: {
    regionBytes: 200 * MIB,
    pools: [
      { bytes: MIB, count: 50 },
      { bytes: 5 * MIB, count: 10 },
    ],
    batchMode: 'fixed',
    batchSize: 5,
    batchDelay: 8,
    // A full batch travels while the next one is filled.
    slots: 10,
  },
  batch: {
    regionBytes: 500 * MIB,
    pools: [
      { bytes: MIB, count: 100 },
      { bytes: 10 * MIB, count: 30 },
      { bytes: 50 * MIB, count: 10 },
    ],
    batchMode: 'fixed',
    batchSize: 30,
    batchDelay: 50,
    slots: 60,
  },
} as const satisfies Record<string, Settings>;

/** The name of a preset. */
export type PresetName = keyof typeof PRESETS;
