// Orders scored candidates so that the first ones are good and look different from each other.
import { hashDistance } from '../features/index.js';
import type { Scored } from './score.js';

/** Bits of 64 in which pictures differ that do not look alike: fewer than 10 are the same scene (Zauner, 2010). */
const DIFFERENT = 10;
/** How many runners-up are told. */
export const RUNNERS_UP = 3;

/** An order of candidates, and how many of its first ones look different from each other. */
export interface Ranking {
  readonly order: readonly Scored[];
  readonly different: number;
}

/** The best first, then the next best that look like none before them, then the others. @param ranked - the best first */
export function diversify(ranked: readonly Scored[]): Ranking {
  const different: Scored[] = [];
  for (const candidate of ranked) {
    const { hash } = candidate.features;
    if (different.every(({ features }) => hashDistance(features.hash, hash) >= DIFFERENT)) different.push(candidate);
  }
  const alike = ranked.filter((candidate) => !different.includes(candidate));
  return { order: [...different, ...alike], different: different.length };
}
