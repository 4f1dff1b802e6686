// The door to exact pictures for jobs of other features: parents come past it without loading FFmpeg.
import type { exactPictures } from './exact-pictures.js';

/** Loads what takes exact pictures of an input, and FFmpeg with it: only jobs call this. */
export async function loadExactPictures(): Promise<typeof exactPictures> {
  return (await import('./exact-pictures.js')).exactPictures;
}
