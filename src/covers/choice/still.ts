// Whether an input is a single picture, which is on display at all times.
import type { VideoStreamInfo } from '../../av/index.js';

/** Whether a stream is a single picture: an image file, or one beside the media. @param container - FFmpeg's name of it */
export function isStill({ attachedPicture }: VideoStreamInfo, container: string): boolean {
  return attachedPicture || /_pipe$/.test(container);
}
