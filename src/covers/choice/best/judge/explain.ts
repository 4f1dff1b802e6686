// Says in sentences why a frame was chosen.
import type { RejectedCandidate, RejectReason } from '../best-choice.js';
import type { Scored } from './score.js';
import { QUALITIES } from './weights.js';

/** How good a quality must be to be praised, and how many are. */
const GOOD = 0.6;
const PRAISED = 3;

/** What the sentences are about. */
export interface Explained {
  readonly chosen: Scored;
  /** Those that it was chosen from, itself among them. */
  readonly left: readonly Scored[];
  readonly candidates: number;
  readonly rejected: readonly RejectedCandidate[];
  readonly fallback: boolean;
}

/** One to three sentences. */
export function explain({ chosen, left, candidates, rejected, fallback }: Explained): string[] {
  const from = `Chosen from ${String(candidates)} ${candidates === 1 ? 'candidate' : 'candidates'}`;
  const praise = praiseOf(chosen, left);
  return [
    fallback ? `${from}, all of which were rejected: the least bad one.` : `${from}: ${praise}.`,
    ...(rejected.length === 0 ? [] : [`Rejected ${countsOf(rejected)}.`]),
  ];
}

/** The qualities in which a candidate is good, those first in which it is furthest above the others. */
function praiseOf({ terms }: Scored, left: readonly Scored[]): string {
  const words = QUALITIES.flatMap(({ word }, index) => {
    const [term, usual] = [terms[index], meanOf(left, index)];
    return word === undefined || term === undefined || term.value < GOOD
      ? []
      : [{ word, lead: term.contribution - usual }];
  });
  const best = words.sort((a, b) => b.lead - a.lead).slice(0, PRAISED);
  return best.length === 0 ? 'the best of what there is' : best.map(({ word }) => word).join(', ');
}

function meanOf(left: readonly Scored[], index: number): number {
  return left.reduce((sum, { terms }) => sum + (terms[index]?.contribution ?? 0), 0) / Math.max(1, left.length);
}

function countsOf(rejected: readonly RejectedCandidate[]): string {
  const counts = new Map<RejectReason, number>();
  for (const { reason } of rejected) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${String(count)} ${reason}`).join(', ');
}
