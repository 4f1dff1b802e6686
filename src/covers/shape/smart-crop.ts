// Where a picture is cut so that what draws the eye stays in: windows of the wanted shape, slid over a saliency map.
import { coverCrop, type Rect, type Size } from '../../pixels/index.js';
import type { SafeZoneMargins } from './safe-zone.js';
import type { Bounds, SummedArea } from './summed-area.js';

/** How good a crop is, beside the one from the middle. */
export interface CropScore {
  /** About 1 where all that draws the eye lies well inside of the crop, less where some is left out or cut. */
  readonly score: number;
  /** The score of the largest crop from the middle, which `fit: 'cover'` takes. */
  readonly centerScore: number;
}

/** A crop, and why. */
export interface SmartCrop extends CropScore {
  /** In pixels of the upright picture. */
  readonly rect: Rect;
}

/** Sizes of windows that are tried, as parts of the largest one: a cover may go a little nearer. */
const SCALES = [1, 0.95, 0.9, 0.85] as const;
/** Windows begin this part of a side apart. */
const STEP = 1 / 40;
/** What of a window, at each side, is not its core. */
const RIM = 0.12;
/** How far from an edge something counts as cut by it, as a part of the window. */
const CUT = 0.05;
/** What counts against a window: what its edges cut, and its distance from the middle. */
const PENALTIES = { cut: 0.6, distance: 0.2 } as const;
/** What counts for a window beside what it shows: the part of the largest one that it leaves out. */
const NEARNESS = 0.08;
/**
 * What another window must be better by than the one in the middle, so that nothing moves for nothing; more the less of all that
 * draws the eye it keeps: where that is spread all over the picture no subject was found, and people film theirs in the middle.
 */
const WORTHWHILE = { least: 0.01, spread: 0.2 } as const;

/**
 * Chooses a crop. The score of a window is half the share of saliency in it plus half the share in its core, less
 * penalties; with margins, both count only what lies clear of them. Equal pictures give equal crops.
 * @param map - of the upright picture
 * @param picture - the size of the upright picture
 * @param box - the size of the cover; no window is made smaller than it
 */
export function smartCrop(map: SummedArea, picture: Size, box: Size, margins: SafeZoneMargins | null): SmartCrop {
  const largest = coverCrop(picture, box);
  const scoreOf = scorer(map, picture, largest, margins);
  const centerScore = scoreOf(largest);
  let best = { rect: largest, score: centerScore + WORTHWHILE.least };
  for (const scale of SCALES) {
    const [width, height] = [Math.round(largest.width * scale), Math.round(largest.height * scale)];
    if (scale < 1 && (width < box.width || height < box.height)) break;
    for (const y of starts(picture.height, height))
      for (const x of starts(picture.width, width)) {
        const rect = { x, y, width, height };
        const score = scoreOf(rect);
        if (score > best.score) best = { rect, score };
      }
  }
  const gain = best.score - centerScore;
  return best.rect === largest || gain < WORTHWHILE.least + WORTHWHILE.spread * (1 - best.score)
    ? { rect: largest, score: centerScore, centerScore }
    : { ...best, centerScore };
}

/** Where windows may begin along a side: on even pixels, which halved chroma can be cut at. */
function starts(side: number, length: number): number[] {
  const room = side - length;
  const steps = Math.ceil(room / side / STEP);
  return Array.from({ length: steps + 1 }, (_, i) => (steps === 0 ? 0 : 2 * Math.floor((room * i) / steps / 2)));
}

function scorer(
  map: SummedArea,
  picture: Size,
  largest: Size,
  margins: SafeZoneMargins | null,
): (rect: Rect) => number {
  const { top, right, bottom, left } = margins ?? { top: 0, right: 0, bottom: 0, left: 0 };
  const [scaleX, scaleY] = [map.width / picture.width, map.height / picture.height];
  // A picture where nothing stands out has no better part.
  const share = (bounds: Bounds): number => (map.total > 0 ? map.sum(bounds) / map.total : 0);
  return (rect) => {
    const window = {
      left: rect.x * scaleX,
      top: rect.y * scaleY,
      right: (rect.x + rect.width) * scaleX,
      bottom: (rect.y + rect.height) * scaleY,
    };
    const [width, height] = [window.right - window.left, window.bottom - window.top];
    const within = (rim: number): number =>
      share({
        left: window.left + Math.max(rim, left) * width,
        top: window.top + Math.max(rim, top) * height,
        right: window.right - Math.max(rim, right) * width,
        bottom: window.bottom - Math.max(rim, bottom) * height,
      });
    const [besideX, besideY] = [CUT * width, CUT * height];
    // What the edge of the picture itself cuts is nobody's fault.
    let cut = 0;
    for (const edge of [
      rect.x > 0 ? window.left : undefined,
      rect.x + rect.width < picture.width ? window.right : undefined,
    ])
      if (edge !== undefined) cut += share({ ...window, left: edge - besideX, right: edge + besideX });
    for (const edge of [
      rect.y > 0 ? window.top : undefined,
      rect.y + rect.height < picture.height ? window.bottom : undefined,
    ])
      if (edge !== undefined) cut += share({ ...window, top: edge - besideY, bottom: edge + besideY });
    const area = (rect.width * rect.height) / (largest.width * largest.height);
    const [offX, offY] = [
      (rect.x + rect.width / 2) / picture.width - 0.5,
      (rect.y + rect.height / 2) / picture.height - 0.5,
    ];
    const distance = Math.abs(offX) + Math.abs(offY) / 2;
    const all = within(0);
    const kept = (all + within(RIM)) / 2 + NEARNESS * (1 - area) * all;
    return kept - PENALTIES.cut * cut - PENALTIES.distance * distance;
  };
}
