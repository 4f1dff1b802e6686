// The shape of covers: what is cut, scaled, turned and framed.
export { Canvas } from './canvas.js';
export { composeCover, RGB_FORM, shownSize, type ComposedForm } from './compose.js';
export { isMuchSmaller, isWhole, planCover, shrinks, smallSize, type CoverPlan } from './plan.js';
