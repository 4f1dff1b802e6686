// A candidate with what its neighbours tell.
import type { CoverFeatures } from '../best-choice.js';
import type { Candidate } from '../candidate.js';
import { blendOf, type Blend } from './blend.js';
import { differenceOf } from './grids.js';

/** A candidate among others. */
export interface Judged extends Candidate {
  readonly features: CoverFeatures;
  /** What it is blended of, where it looks like a blend of the candidates beside it. */
  readonly blend: Blend | undefined;
}

/** Adds to each candidate what the ones before and after it tell. @param candidates - in order of time */
export function amongOthers(candidates: readonly Candidate[]): Judged[] {
  return candidates.map((candidate, index) => {
    const [before, after] = [candidates[index - 1], candidates[index + 1]];
    const beside = [before, after].flatMap((one) =>
      one === undefined ? [] : [differenceOf(one.analysis.grid, candidate.analysis.grid)],
    );
    const change = candidate.activity ?? (beside.length === 0 ? 0 : Math.min(...beside) / 255);
    return {
      ...candidate,
      features: { ...candidate.analysis.features, stillness: 1 - Math.min(1, change) },
      blend: before && after && blendOf(before, candidate, after),
    };
  });
}
