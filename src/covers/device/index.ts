// Where the keyframes of covers are decoded: in software, or on a device where that was measured to be faster.
export { DeviceOffers, type DeviceOffer } from './offers.js';
export { DecoderPlanner, type DecoderPlan, type PlannedVideo } from './planner.js';
export { shrunkSize } from './shrink.js';
