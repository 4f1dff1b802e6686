// Storyboards: sheets of small pictures, and the files by which players find their way on them.
export { makeStoryboard, STORYBOARD_JOB } from './make-storyboard.js';
export type { StoryboardOptions } from './storyboard-options.js';
export type { SheetFormat, Storyboard, StoryboardSheet, StoryboardTile } from './storyboard.js';
