// Covers that are kept. This door is loaded by engines that have a cache.
export { CoverCache } from './cover-cache.js';
