// The shape of covers: what is cut, scaled, turned and framed.
export { composeCover } from './compose.js';
export { isWhole, planCover, shrinks, type CoverPlan } from './plan.js';
