// What this process keeps open for the next job, counted.
import type { ContextCounts } from './context-pool.js';
import { devices } from './hardware-device.js';
import { imageEncoders } from './image-encoder.js';
import { scalers } from './scaler.js';

/** The counts of every pool of this process, by what it holds. */
export function contextCounts(): Readonly<Record<'scalers' | 'imageEncoders' | 'devices', ContextCounts>> {
  return { scalers: scalers.counts, imageEncoders: imageEncoders.counts, devices: devices.counts };
}

/** Closes what nobody uses; the next job opens it anew. */
export function clearContexts(): void {
  for (const pool of [scalers, imageEncoders, devices]) pool.clear();
}
