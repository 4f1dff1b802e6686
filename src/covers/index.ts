// Cover images of videos.
export type { Cover, CoverTimings } from './cover-job.js';
export { createCovers, Covers, type CoverOptions } from './covers.js';
export type { CoverFit } from './cover-params.js';
