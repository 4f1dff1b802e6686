// Judging candidates: what is wrong with them, how good they are, and why.
export { diversify, RUNNERS_UP, type Ranking } from './diversity.js';
export { explain } from './explain.js';
export { amongOthers, type Judged } from './judged.js';
export { sift } from './reject.js';
export { qualityOf, rank, type Scored } from './score.js';
export { plainChange, suspects, TRANSITION_CHANGE, TRANSITION_STEP } from './transition.js';
