// Finding the pictures that may become the cover.
export { CandidateSearch, EXACT_PICTURES, type SearchOptions } from './candidate-search.js';
export type { RangeWish } from './search-range.js';
