// Looks at a decoded picture: makes it small and upright, and computes its features.
import { copyPicture, pictureOver, type Picture, type VideoStreamInfo } from '../../../av/index.js';
import { planLayout, type PictureLayout } from '../../../pixels/index.js';
import type { StageClock } from '../../stage-clock.js';
import { CoverComposer } from '../../shape/index.js';
import { analyse, thumbnailOf, thumbnailSize, type Analysis, type Plane, type Thumbnail } from './features/index.js';

/** Analyses a picture of a stream, which stays the caller's. */
export function look(picture: Picture, stream: VideoStreamInfo, clock: StageClock): Analysis {
  const small = makeSmall(picture, stream);
  clock.end('scale');
  const analysis = analyse(small);
  clock.end('analyse');
  return analysis;
}

function makeSmall(picture: Picture, stream: VideoStreamInfo): Thumbnail {
  const composer = new CoverComposer(picture, stream, 'yuv420p');
  const size = thumbnailSize(composer.shown);
  const { picture: composed } = composer.compose({ ...PLAIN, size });
  const layout = planLayout('yuv420p', size.width, size.height, true);
  const memory = Buffer.alloc(layout.byteLength);
  const packed = pictureOver(memory, layout);
  try {
    copyPicture(composed, packed);
  } finally {
    packed.close();
    composed.close();
  }
  const [fine, cb, cr] = [0, 1, 2].map((index) => planeOf(memory, layout, index));
  return thumbnailOf(fine ?? NO_PLANE, cb ?? NO_PLANE, cr ?? NO_PLANE);
}

const PLAIN = { fit: 'cover', border: 'color', background: [0, 0, 0], safeZone: null } as const;
const NO_PLANE: Plane = { width: 0, height: 0, samples: new Uint8Array() };

function planeOf(memory: Buffer, { planes }: PictureLayout, index: number): Plane {
  const { offset = 0, rowBytes = 0, rows = 0 } = planes[index] ?? {};
  return { width: rowBytes, height: rows, samples: memory.subarray(offset, offset + rowBytes * rows) };
}
