// The shape of covers: what is cut, scaled, turned and framed.
export { composeCover, shownSize } from './compose.js';
export { isMuchSmaller, isWhole, planCover, shrinks, type CoverPlan } from './plan.js';
