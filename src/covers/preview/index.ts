// Previews: some seconds of a video, small, as an animated image or a short muted video.
import type { MediaInput } from '../../sources/index.js';
import type { InputUser } from '../input-user.js';
import type { PreviewOptions } from './preview-options.js';
import type { Preview } from './preview.js';

export { PREVIEW_JOB } from './preview-module.js';
export type { PreviewOptions } from './preview-options.js';
export type { PreviewFormat } from './preview-params.js';
export type { Preview, PreviewMoment, PreviewSegment } from './preview.js';

/** Makes the preview of an input; what it takes is loaded with the first one, as covers go without it. */
export async function makePreview(user: InputUser, input: MediaInput, options: PreviewOptions): Promise<Preview> {
  return (await import('./make-preview.js')).makePreview(user, input, options);
}
