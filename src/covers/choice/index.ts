// Which pictures of a video covers are made of.
export { exactShots, keyframeShots, type OpenedVideo, type Shot, type ShotOptions } from './shots.js';
