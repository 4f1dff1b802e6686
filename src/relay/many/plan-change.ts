// What changes from one plan of a relay to the next, and whether it can go on meanwhile.
import type { RelayPlan } from './config.js';

/** Nothing; what a relay can follow as it runs, such as other destinations; or what takes another run. */
export type PlanChange = 'none' | 'adapt' | 'restart';

/** Compares two plans of one relay. */
export function changeOf(before: RelayPlan, after: RelayPlan): PlanChange {
  const { to: oldTo, ...oldRest } = before.options;
  const { to: newTo, ...newRest } = after.options;
  if (!isSame(oldRest, newRest)) return 'restart';
  const same = isSame(oldTo, newTo) && before.onDemand === after.onDemand && before.idleTimeout === after.idleTimeout;
  return same ? 'none' : 'adapt';
}

/** Whether two values of a configuration say the same, whatever the order of their names. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(ordered(one)) === JSON.stringify(ordered(other));
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, item]) => [name, ordered(item)] as const);
}
