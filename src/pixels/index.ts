// Pure facts about pictures: formats, layouts, geometry. No native code, so every process may load it.
export { formatNames, formatShape, hasAlpha, isRgb, type FormatShape, type PlaneShape } from './format.js';
export {
  aspectAfter,
  containRect,
  coverCrop,
  oriented,
  orientationFromMatrix,
  squarePixels,
  swapsSides,
  unturned,
  UPRIGHT,
  type Orientation,
  type Rect,
  type Size,
} from './geometry.js';
export { ALIGNMENT, planLayout, type PictureLayout, type PlaneLayout } from './layout.js';
export { needsTurn, turnFilters, type Turn } from './turn.js';
