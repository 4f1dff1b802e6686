// What makes a picture unfit for a cover: one rule for each reason, with its figure and its limit.
import type { RejectReason } from '../best-choice.js';
import type { Judged } from './judged.js';
import { median } from './median.js';

/** What is usual among the candidates that show anything. */
export interface Usual {
  readonly sharpness: number;
  readonly lumaMean: number;
  readonly lumaP95: number;
}

/** What a rule found wrong. */
export interface Finding {
  readonly figure: number;
  readonly limit: number;
  /** How far beyond the limit the figure is, more being worse; candidates of one rule are ordered by it. */
  readonly excess: number;
}

/** A reason to reject a candidate. */
export interface Rule {
  readonly reason: RejectReason;
  /** What is wrong with a candidate; undefined where nothing is. */
  readonly find: (candidate: Judged, usual: Usual) => Finding | undefined;
}

const above = (figure: number, limit: number): Finding | undefined =>
  figure > limit ? { figure, limit, excess: figure - limit } : undefined;
const below = (figure: number, limit: number): Finding | undefined =>
  figure < limit ? { figure, limit, excess: limit - figure } : undefined;

/** Rules beyond doubt: they reject every candidate that they find, as long as another one is left. */
export const CERTAIN_RULES: readonly Rule[] = [
  { reason: 'damaged', find: ({ damaged }) => above(damaged ? 1 : 0, 0) },
  // The defaults of FFmpeg's blackdetect: 98 % of the pixels are at or below 10 % of luma.
  { reason: 'black', find: ({ features }) => above(features.darkShare, 0.98) },
  { reason: 'white', find: ({ features }) => above(features.lumaP5, 0.9) },
  // Five levels: what an encoder makes of a plain area.
  { reason: 'uniform', find: ({ features }) => below(features.contrast, 0.02) },
];

/** Rules of thumb: each rejects the worst that it finds, a share of all candidates at most. */
export const LIKELY_RULES: readonly Rule[] = [
  {
    reason: 'text',
    find: ({ features: { textCoverage, textDetail } }) =>
      above(textCoverage, 0.3) ?? (textCoverage >= 0.02 ? above(textDetail, 0.5) : undefined),
  },
  { reason: 'fade', find: ({ blend }) => (blend?.kind === 'fade' ? below(blend.residue, 0.2) : undefined) },
  {
    reason: 'cross-fade',
    // Pictures that have nothing to do with each other leave 0.75. Where packets confirm that much changes, less will do.
    find: ({ blend, activity }) =>
      blend?.kind === 'cross-fade' ? below(blend.residue, activity === undefined ? 0.2 : 0.4) : undefined,
  },
  {
    reason: 'flash',
    find: ({ features: { lumaMean, lumaP5, contrast } }, usual) =>
      lumaMean >= 0.65 && lumaP5 >= 0.35 && contrast <= 0.15 ? above(lumaMean, usual.lumaMean + 0.2) : undefined,
  },
  {
    reason: 'dark',
    find: ({ features: { lumaP95 } }, usual) => (lumaP95 < 0.35 ? below(lumaP95, usual.lumaP95 / 2) : undefined),
  },
  {
    reason: 'blurred',
    find: ({ features: { sharpness } }, usual) =>
      sharpness < 0.06 ? below(sharpness, usual.sharpness * 0.3) : undefined,
  },
  { reason: 'uniform', find: ({ features }) => below(features.contrast, 0.04) },
];

/** What is usual among candidates. */
export function usualOf(candidates: readonly Judged[]): Usual {
  const usual = (name: keyof Usual): number => median(candidates.map(({ features }) => features[name])) ?? 0;
  return { sharpness: usual('sharpness'), lumaMean: usual('lumaMean'), lumaP95: usual('lumaP95') };
}
