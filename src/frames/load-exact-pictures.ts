// The door to exact pictures for jobs of other features: parents come past it without loading FFmpeg.

/** What {@link loadExactPictures} gives. */
export type ExactPictures = (typeof import('./exact-pictures.js'))['exactPictures'];

/** Loads what takes exact pictures of an input, and FFmpeg with it: only jobs call this. */
export async function loadExactPictures(): Promise<ExactPictures> {
  const { exactPictures } = await import('./exact-pictures.js');
  return exactPictures;
}
