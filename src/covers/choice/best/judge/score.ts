// The score of a candidate: its qualities, how typical it is of the video, and what text takes away.
import type { CoverFeatures, ScoreTerm } from '../best-choice.js';
import { meanPalette, paletteDistance } from '../features/index.js';
import type { Judged } from './judged.js';
import { QUALITIES, TEXT, textless, TYPICALITY } from './weights.js';

/** A candidate with its score. */
export interface Scored extends Judged {
  /** 0 to 1. */
  readonly score: number;
  /** What the score is made of. */
  readonly terms: readonly ScoreTerm[];
}

/** The quality of a picture by itself, 0 to 1. */
export function qualityOf(features: CoverFeatures): number {
  return QUALITIES.reduce((sum, { weight, value }) => sum + weight * value(features), 0);
}

/** Scores candidates against each other; the best come first, and the earlier of equals. */
export function rank(candidates: readonly Judged[]): Scored[] {
  const mean = meanPalette(candidates.map(({ analysis }) => analysis.palette));
  return candidates
    .map((candidate) => score(candidate, 1 - paletteDistance(candidate.analysis.palette, mean)))
    .sort((a, b) => b.score - a.score || a.pts - b.pts);
}

function score(candidate: Judged, typicality: number): Scored {
  const { features } = candidate;
  const qualities = QUALITIES.map(({ name, weight, value }) => gives(name, weight, value(features)));
  const typical = takes('typicality', sumOf(qualities) * TYPICALITY, typicality);
  const untexted = takes('text', sumOf([...qualities, typical]) * TEXT, textless(features));
  const terms = [...qualities, typical, untexted];
  return { ...candidate, score: sumOf(terms), terms };
}

function gives(name: string, weight: number, value: number): ScoreTerm {
  return { name, value, weight, contribution: weight * value };
}

function takes(name: string, weight: number, value: number): ScoreTerm {
  return { name, value, weight, contribution: weight * (value - 1) };
}

function sumOf(terms: readonly ScoreTerm[]): number {
  return terms.reduce((sum, { contribution }) => sum + contribution, 0);
}
