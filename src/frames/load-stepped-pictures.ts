// The door to stepped pictures for jobs of other features: parents come past it without loading FFmpeg.
import type { steppedPictures } from './stepped-pictures.js';

/** What {@link loadSteppedPictures} gives. */
export type SteppedPictures = typeof steppedPictures;

/** Loads what takes one picture for each step of an input, and FFmpeg with it: only jobs call this. */
export async function loadSteppedPictures(): Promise<SteppedPictures> {
  return (await import('./stepped-pictures.js')).steppedPictures;
}
