// All features of one picture.
import { findBars, type Bars } from './bars.js';
import { colorOf, type Color } from './color.js';
import { edgesOf, type Edges } from './edges.js';
import { gridOf } from './grid.js';
import { hashOf } from './hash.js';
import { lightOf, type Light } from './light.js';
import { paletteOf, type Palette } from './palette.js';
import { sharpnessOf } from './sharpness.js';
import { textOf, type Text } from './text.js';
import { cut, type Plane, type Thumbnail } from './thumbnail.js';

/** What is seen of a picture by itself. */
export interface PictureFeatures extends Light, Color, Edges, Text {
  /** Variance of the Laplacian beside that of luma: 0 is plain, 0.02 blurred, 0.1 and more is sharp. */
  readonly sharpness: number;
  /** Black bars of a picture of another shape; they do not count in the other features. */
  readonly bars: Bars;
  /** Perceptual hash, 64 bits as 16 hexadecimal digits: pictures that look alike differ in few bits. */
  readonly hash: string;
}

/** A picture as the choice sees it. */
export interface Analysis {
  readonly features: PictureFeatures;
  /** Means of luma over 32x32 cells. */
  readonly grid: Float64Array;
  readonly palette: Palette;
  /** Luma at a quarter of the columns and rows of the thumbnail. */
  readonly luma: Plane;
}

/** Analyses a picture. */
export function analyse(whole: Thumbnail): Analysis {
  const { bars, content } = findBars(whole);
  const thumbnail = bars.rows + bars.columns === 0 ? whole : cut(whole, content);
  const grid = gridOf(thumbnail.middle);
  const features = {
    ...lightOf(thumbnail.middle),
    ...colorOf(thumbnail),
    ...edgesOf(thumbnail.middle),
    ...textOf(thumbnail),
    sharpness: sharpnessOf(thumbnail.fine),
    bars,
    hash: hashOf(grid),
  };
  return { features, grid, palette: paletteOf(thumbnail), luma: whole.coarse.luma };
}
