// What is asked of the past over HTTP: of which relays, and how far apart the samples are.
import { argumentError, checkOneOf } from '../../base/index.js';
import type { HistoryStep, RelaySample } from '../history.js';

/** Who knows the past of relays. */
export interface Historian {
  readonly names: readonly string[];
  history(name: string, step: HistoryStep): Promise<readonly RelaySample[]>;
}

/** What relays were like. */
export interface RelaysHistory {
  readonly step: HistoryStep;
  readonly relays: readonly { readonly name: string; readonly samples: readonly RelaySample[] }[];
}

/** Relays in one answer at most: a day of one has a quarter of a megabyte. */
const MOST_RELAYS = 16;

/**
 * Answers `/history?relay=NAME&step=minute`: `relay` may be said several times, and means all of them where it is not said.
 * Rejects with FR_ARG_INVALID.
 */
export async function readHistory(url: string, historian: Historian): Promise<RelaysHistory> {
  const query = new URL(url, 'http://host').searchParams;
  const step = checkOneOf('step', query.get('step') ?? 'second', ['second', 'minute'] as const);
  const said = [...new Set(query.getAll('relay'))];
  const names = said.length > 0 ? said : historian.names;
  if (names.length > MOST_RELAYS) throw argumentError('relay', `1 to ${String(MOST_RELAYS)} names`, names.length);
  const relays = names.map(async (name) => ({ name, samples: await historian.history(name, step) }));
  return { step, relays: await Promise.all(relays) };
}
