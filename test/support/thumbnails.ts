// Small pictures made by rule, and candidates made of them, for tests of what is seen in pictures.
import type { CoverFeatures } from '#dist/index.js';
import { analyse, type Plane, type Thumbnail, thumbnailOf } from '#dist/covers/choice/best/features/index.js';
import type { Judged } from '#dist/covers/choice/best/judge/index.js';

/** Luma, Cb and Cr. */
export type Sample = readonly [number, number, number];

export const [WIDTH, HEIGHT] = [320, 180];

/** A plane made by a rule. */
export function plane(width: number, height: number, rule: (x: number, y: number) => number): Plane {
  const samples = Uint8Array.from({ length: width * height }, (_, at) => rule(at % width, Math.floor(at / width)));
  return { width, height, samples };
}

/** A thumbnail made by a rule, which gives luma alone or with chroma. */
export function thumbnail(
  rule: (x: number, y: number) => number | Sample,
  [width, height]: readonly [number, number] = [WIDTH, HEIGHT],
): Thumbnail {
  const sample = (x: number, y: number, part: 0 | 1 | 2): number => {
    const made = rule(x, y);
    return typeof made === 'number' ? (part === 0 ? made : 128) : made[part];
  };
  return thumbnailOf(
    plane(width, height, (x, y) => sample(x, y, 0)),
    plane(width / 2, height / 2, (x, y) => sample(2 * x, 2 * y, 1)),
    plane(width / 2, height / 2, (x, y) => sample(2 * x, 2 * y, 2)),
  );
}

/** Full-range YCbCr of red, green and blue (ITU-T T.871). */
export function fromRgb(r: number, g: number, b: number): Sample {
  const y = 0.299 * r + 0.587 * g + 0.114 * b;
  return [y, 128 + (b - y) / 1.772, 128 + (r - y) / 1.402].map((part) =>
    Math.min(255, Math.max(0, Math.round(part))),
  ) as unknown as Sample;
}

/** Numbers from 0 to 1 that depend on the place alone: noise without chance. */
export function noise(x: number, y: number, seed = 0): number {
  const mixed = Math.sin(x * 127.1 + y * 311.7 + seed * 74.7) * 43758.5453;
  return mixed - Math.floor(mixed);
}

/** A scene of soft blobs, different for each seed. */
export function scene(seed: number): (x: number, y: number) => number {
  return (x, y) => {
    const wave = (part: number): number =>
      Math.sin((x * (1 + noise(part, seed))) / 17 + noise(seed, part) * 9) *
      Math.cos((y * (1 + noise(part, seed, 2))) / 13 + part);
    return Math.round(128 + 110 * Math.tanh(wave(1) + wave(2) + wave(3)));
  };
}

/** A candidate that shows a thumbnail, with some facts and features changed. */
export function candidate(
  shown: Thumbnail,
  pts: number,
  { features = {}, ...facts }: Partial<Omit<Judged, 'features'>> & { readonly features?: Partial<CoverFeatures> } = {},
): Judged {
  const analysis = analyse(shown);
  return {
    pts,
    keyframe: true,
    damaged: false,
    activity: 0.02,
    analysis,
    blend: undefined,
    ...facts,
    features: { ...analysis.features, stillness: 0.98, ...features },
  };
}
