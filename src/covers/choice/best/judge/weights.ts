// What a cover is judged by: one row for each quality, with its weight and how figures become values from 0 to 1.
import type { CoverFeatures } from '../best-choice.js';

/** One quality of a picture. */
export interface Quality {
  readonly name: string;
  /** Its share of the score; all shares add up to 1. */
  readonly weight: number;
  /** How well a picture does, 0 to 1. */
  readonly value: (features: CoverFeatures) => number;
  /** What a picture is that does well, for sentences; none where the figure is too rough to be claimed. */
  readonly word?: string;
}

/** 0 up to the first figure, 1 from the second one on, and straight in between; the other way where they descend. */
export function ramp(figure: number, none: number, full: number): number {
  return Math.min(1, Math.max(0, (figure - none) / (full - none)));
}

/**
 * Priors: what is known of thumbnails in general, to be replaced by what is learnt from clicks. Texture, sharpness and
 * light weigh most: a good thumbnail "is highly correlated with objective visual quality metrics" (Song et al., "To click
 * or not to click", 2016).
 */
export const QUALITIES: readonly Quality[] = [
  {
    name: 'sharpness',
    weight: 0.2,
    word: 'sharp',
    // What is twice as sharp looks one step sharper: 0.01 is blurred, 0.4 as sharp as a good photograph.
    value: ({ sharpness }) => ramp(Math.log2(Math.max(1e-6, sharpness)), Math.log2(0.01), Math.log2(0.4)),
  },
  {
    name: 'exposure',
    weight: 0.15,
    word: 'well exposed',
    value: ({ lumaMean, clippedDark, clippedBright }) =>
      Math.min(ramp(lumaMean, 0.05, 0.3), ramp(lumaMean, 0.95, 0.65)) *
      ramp(clippedDark, 0.7, 0.1) *
      ramp(clippedBright, 0.5, 0.05),
  },
  { name: 'contrast', weight: 0.15, word: 'rich in contrast', value: ({ contrast }) => ramp(contrast, 0.04, 0.22) },
  {
    name: 'detail',
    weight: 0.12,
    word: 'rich in detail',
    value: ({ entropy, edgeDensity }) => (ramp(entropy, 3, 7.5) + ramp(edgeDensity, 0.02, 0.25)) / 2,
  },
  { name: 'color', weight: 0.14, word: 'colourful', value: ({ colorfulness }) => ramp(colorfulness, 5, 70) },
  {
    name: 'saturation',
    weight: 0.04,
    word: 'saturated',
    // Covers of a mean saturation from 65 to 82 % (of HSV) were clicked most on one platform: a prior, and a weak one.
    value: ({ saturationHsv }) => Math.min(ramp(saturationHsv, 0.15, 0.65), ramp(saturationHsv, 1, 0.82)),
  },
  { name: 'stillness', weight: 0.08, word: 'still', value: ({ stillness }) => ramp(stillness, 0.6, 0.98) },
  {
    name: 'skin',
    weight: 0.06,
    // A face fills a tenth; what is all of that colour is rather wood or sand.
    value: ({ skin }) => Math.min(ramp(skin, 0.01, 0.1), ramp(skin, 1, 0.6)),
  },
  {
    name: 'composition',
    weight: 0.06,
    word: 'with its subject in place',
    value: ({ centreEnergy, thirdsEnergy }) => ramp(Math.max(centreEnergy, thirdsEnergy), 1 / 9, 0.3),
  },
];

/** The share of its quality that a picture loses which has nothing in common with the mean of the video. */
export const TYPICALITY = 0.4;
/** The share of the rest that a picture of text loses. */
export const TEXT = 0.5;

/**
 * How free of text a picture is, 0 to 1. Covers with less than 8 % of text were clicked most on one platform, those with
 * more than 15 % least; and where text is most of the detail there is nothing else to see.
 */
export function textless({ textCoverage, textDetail }: CoverFeatures): number {
  return Math.min(ramp(textCoverage, 0.15, 0.08), ramp(textDetail, 0.7, 0.3));
}
