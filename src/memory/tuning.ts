// What a pool does once a minute: keep more warm when requests miss, merge what is scattered, let go of what idles. Pure.

/** One minute of a pool. */
export interface PoolMinute {
  /** Blocks that were asked for. */
  readonly requests: number;
  /** Those of them that were served from free committed memory. */
  readonly hits: number;
  /** Bytes in use at once at most. */
  readonly peakUsed: number;
  /** Bytes that are committed and free now. */
  readonly idle: number;
  /** Bytes of the largest run of them. */
  readonly largestIdle: number;
  /** Bytes that may stay committed when they are given back. */
  readonly target: number;
  /** Bytes that the target starts with and never falls below. */
  readonly floor: number;
  /** Bytes that the target may grow to. */
  readonly most: number;
}

/** What to do. */
export interface TuningPlan {
  /** Bytes that may stay committed from now on. */
  readonly target: number;
  /** Bytes of idle memory to let go of, short runs first. */
  readonly trim: number;
  /** What was done, for the metrics. */
  readonly actions: readonly ('grow' | 'compact' | 'shrink')[];
}

const LOW_HIT_RATE = 0.7;
const HIGH_FRAGMENTATION = 0.3;
const GROWTH = 1.5;
/** So little is let go of as a whole. */
const CRUMB = 1024 * 1024;

/** Hits as a share of requests; 1 when nobody asked. */
export function hitRate(hits: number, requests: number): number {
  return requests === 0 ? 1 : hits / requests;
}

/** One minus the largest run over all free bytes; 0 when nothing is free. */
export function fragmentation(largest: number, free: number): number {
  return free === 0 ? 0 : 1 - largest / free;
}

/** Decides what a pool does after a minute. */
export function planTuning(minute: PoolMinute): TuningPlan {
  const { requests, hits, peakUsed, idle, largestIdle, floor, most } = minute;
  const actions: TuningPlan['actions'][number][] = [];
  let { target } = minute;
  let keep = idle;
  if (requests > 0 && hitRate(hits, requests) < LOW_HIT_RATE && target < most) {
    target = Math.min(most, Math.max(target * GROWTH, peakUsed));
    actions.push('grow');
  } else if (peakUsed < target / 2 && (target > floor || (requests === 0 && idle > 0))) {
    target = Math.max(floor, target / 2);
    // What nobody asked for in a whole minute goes by halves, and at last as a whole.
    if (requests === 0) keep = idle / 2 < CRUMB ? 0 : idle / 2;
    keep = Math.min(keep, target);
    actions.push('shrink');
  }
  if (fragmentation(largestIdle, idle) > HIGH_FRAGMENTATION) {
    keep = Math.min(keep, largestIdle / (1 - HIGH_FRAGMENTATION));
    actions.push('compact');
  }
  return { target: Math.floor(target), trim: Math.ceil(idle - keep), actions };
}
