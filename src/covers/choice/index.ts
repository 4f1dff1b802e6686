// Which pictures of a video covers are made of.
export { KeyframeFinder, type FoundPicture } from './keyframe-finder.js';
export { targetTime } from './target-time.js';
