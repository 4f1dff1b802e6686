// A job that sends the same full slots again and again: what is left of a stream of frames when nothing is decoded.
import type { JobContext } from '#dist/workers/index.js';

/** What the job is told. */
export interface TransportParams {
  readonly bytes: number;
  readonly count: number;
}

/** Runs the job. */
export default async function transportJob(rawParams: unknown, context: JobContext): Promise<null> {
  const { bytes, count } = rawParams as TransportParams;
  await context.reserve(bytes);
  const filled = new Set<number>();
  for (let i = 0; i < count; i++) {
    const slot = await context.slot();
    if (!filled.has(slot.index)) {
      slot.bytes.fill(slot.index + 1);
      filled.add(slot.index);
    }
    context.emit(slot, bytes, null);
    await context.breathe(2);
  }
  return null;
}
