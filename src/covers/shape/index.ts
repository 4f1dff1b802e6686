// The shape of covers: what is cut, scaled, turned and framed.
export type { CoverBorder } from './borders.js';
export { Canvas } from './canvas.js';
export { CoverComposer, type ComposedCover, type ComposedFormat } from './compose.js';
export { fill, paste } from './paste.js';
export { isMuchSmaller, isWhole, planCover, shownSize, smallSize, type CoverPlan, type StoredPicture } from './plan.js';
export type { SafeZoneMargins, SafeZoneName } from './safe-zone.js';
export type { CoverShapeOptions, CoverSize, ShapedSize } from './shape-options.js';
export { MAX_SIDE, type CoverFit, type CoverShape } from './shape.js';
export type { CropScore } from './smart-crop.js';
