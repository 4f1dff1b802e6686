// Rejects candidates by the rules, and always leaves something.
import type { RejectedCandidate } from '../best-choice.js';
import type { Judged } from './judged.js';
import { CERTAIN_RULES, LIKELY_RULES, usualOf, type Finding, type Rule } from './rules.js';

/** What the rules left. */
export interface Sifted {
  /** Those that may win, in order of time; all of them where every one was rejected. */
  readonly left: readonly Judged[];
  /** In order of time. */
  readonly rejected: readonly RejectedCandidate[];
  /** Whether every candidate was rejected. */
  readonly fallback: boolean;
}

/**
 * The share of all candidates that a rule of thumb rejects at most. A video may be all text, or all blurred: then that is
 * what it looks like. (Hecate lets each of its rules reject 15 % of all frames; candidates are a dozen.)
 */
const SHARE = 1 / 3;

/** Applies the rules in their order. @param candidates - in order of time, at least one */
export function sift(candidates: readonly Judged[]): Sifted {
  const rejected: RejectedCandidate[] = [];
  let left = [...candidates];
  const reject = ({ reason }: Rule, found: readonly Found[]): void => {
    const gone = new Set(found.map(({ candidate }) => candidate));
    left = left.filter((candidate) => !gone.has(candidate));
    for (const { candidate, finding } of found)
      rejected.push({ pts: candidate.pts, reason, figure: finding.figure, limit: finding.limit });
  };
  for (const rule of CERTAIN_RULES) reject(rule, allFound(rule, left));
  const fallback = left.length === 0;
  for (const rule of fallback ? [] : LIKELY_RULES) {
    const most = Math.min(Math.ceil(candidates.length * SHARE), left.length - 1);
    reject(rule, allFound(rule, left).slice(0, most));
  }
  rejected.sort((a, b) => a.pts - b.pts);
  return { left: fallback ? candidates : left, rejected, fallback };
}

interface Found {
  readonly candidate: Judged;
  readonly finding: Finding;
}

/** What a rule finds, the worst first. */
function allFound({ find }: Rule, candidates: readonly Judged[]): Found[] {
  const usual = usualOf(candidates);
  return candidates
    .flatMap((candidate) => {
      const finding = find(candidate, usual);
      return finding === undefined ? [] : [{ candidate, finding }];
    })
    .sort((a, b) => b.finding.excess - a.finding.excess || a.candidate.pts - b.candidate.pts);
}
