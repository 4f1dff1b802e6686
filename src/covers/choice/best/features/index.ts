// What is computed of a small picture.
export { analyse, type Analysis, type PictureFeatures } from './features.js';
export type { Bars } from './bars.js';
export { hashDistance } from './hash.js';
export { meanPalette, paletteDistance } from './palette.js';
export { thumbnailOf, thumbnailSize, type Plane, type Thumbnail } from './thumbnail.js';
