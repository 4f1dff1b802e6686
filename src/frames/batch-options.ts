// How frames are grouped on their way to JavaScript: checked once at the door.
import { checkInteger, checkNumber, checkOneOf } from '../base/index.js';
import { BATCH_MODES, PRESETS, type BatchMode, type PresetName, type Settings } from '../config/index.js';
import type { BatchPlan } from '../workers/index.js';

/** How frames are grouped. */
export interface BatchOptions {
  /**
   * Where the batches start from: `realtime` has few frames wait shortly (5 in a batch, 8 ms, 10 slots), `batch` many for
   * longer (30, 50 ms, 60 slots). @defaultValue that of the engine, or none
   */
  readonly preset?: PresetName | undefined;
  /**
   * How batches are sized: `fixed`; `low-latency` waits 4 to 8 ms; `throughput` waits 32 to 64 ms; `adaptive` holds 5 to
   * 50 frames by the load of the machine and of the consumer.
   * @defaultValue 'fixed', or as the preset says
   */
  readonly batchMode?: BatchMode | undefined;
  /**
   * Frames of a batch at most; with `adaptive`, of the first one. @defaultValue 10, or 4 for a transform; or as the preset
   * says; the other modes than `fixed` choose it
   */
  readonly batchSize?: number | undefined;
  /**
   * Milliseconds that the first frame of a batch waits for others at most. @defaultValue 16, or as the preset says; the
   * other modes than `fixed` choose it
   */
  readonly batchDelay?: number | undefined;
  /** Frames in shared memory at once. @defaultValue 8, or 12 for a transform; 24 with other modes than `fixed`; or as the preset says */
  readonly slots?: number | undefined;
}

/** The options of batches. */
export const BATCH_NAMES = {
  preset: true,
  batchMode: true,
  batchSize: true,
  batchDelay: true,
  slots: true,
} as const satisfies Record<keyof BatchOptions, true>;

/** What holds where neither the caller nor a preset says anything. */
export interface BatchDefaults {
  readonly slots: number;
  readonly batchSize: number;
  /** Batches of full size that the slots hold: one is filled while others travel. */
  readonly inFlight: number;
}

/** What an engine's preset says about batches. */
export type BatchSettings = Pick<Settings, 'slots' | 'batchMode' | 'batchSize' | 'batchDelay'>;

const DEFAULT_DELAY = 16;
/** Slots of modes that choose their own size: enough for batches of a dozen frames, most of them never touched. */
const ROOMY_SLOTS = 24;

/** Checks how frames are grouped; an engine's own preset takes the place of the defaults. */
export function checkBatches(
  options: BatchOptions,
  defaults: BatchDefaults,
  ofEngine: BatchSettings | undefined,
): BatchPlan {
  const { inFlight } = defaults;
  const preset =
    options.preset === undefined ? ofEngine : PRESETS[checkOneOf('preset', options.preset, ['realtime', 'batch'])];
  const mode = checkOneOf('batchMode', options.batchMode ?? preset?.batchMode ?? 'fixed', BATCH_MODES);
  const fixed = mode === 'fixed';
  const usual = fixed ? defaults.slots : ROOMY_SLOTS;
  const slots = checkInteger('slots', options.slots ?? preset?.slots ?? usual, inFlight, 256);
  const size = options.batchSize ?? preset?.batchSize ?? (fixed ? defaults.batchSize : undefined);
  const delay = options.batchDelay ?? preset?.batchDelay ?? DEFAULT_DELAY;
  return {
    mode,
    size: size === undefined ? undefined : checkInteger('batchSize', size, 1, 256),
    delay: checkNumber('batchDelay', delay, 0, 'milliseconds'),
    slots,
    inFlight,
  };
}
