// Cover images of videos.
export { createCovers, Covers, type Cover, type CoverOptions } from './covers.js';
export type { CoverTimings } from './cover-job.js';
export type { CoverFit } from './cover-params.js';
