// Slates that cannot be read: a relay whose slate is missed when its origin is gone is wrong now.
import { FramerailError, isFramerailError } from '../../base/index.js';
import type { RelayPlan } from './config.js';

/** Relays whose slate cannot be read, and why. */
export async function missingSlates(plans: Iterable<RelayPlan>): Promise<ReadonlyMap<string, FramerailError>> {
  const known = new Map<string, Promise<FramerailError | undefined>>();
  const found = new Map<string, FramerailError>();
  for (const { name, options } of plans) {
    if (options.slate === undefined) continue;
    // Many relays share one.
    const looked = known.get(options.slate) ?? look(options.slate);
    known.set(options.slate, looked);
    const error = await looked;
    if (error !== undefined) found.set(name, error);
  }
  return found;
}

async function look(slate: string): Promise<FramerailError | undefined> {
  // Loaded only where there is a slate.
  const { resolveSource } = await import('../../sources/index.js');
  try {
    await resolveSource(slate);
    return undefined;
  } catch (error) {
    if (!isFramerailError(error)) throw error;
    return new FramerailError(error.code, `The slate cannot be shown: ${error.message}`, { cause: error });
  }
}
