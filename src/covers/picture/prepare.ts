// What is done to a decoded picture before covers are made of it: what its samples mean is settled, and its fields are
// made one moment.
import {
  filterPicture,
  hasCombs,
  lightOf,
  scalable,
  settleColor,
  type ColorTags,
  type Picture,
} from '../../av/index.js';
import { checkFrameSize, type InputLimits } from '../../sources/index.js';

/** A picture that is ready. */
export interface PreparedPicture {
  readonly picture: Picture;
  /** The transfer of HDR that its covers are mapped from. */
  readonly toneMapped: 'pq' | 'hlg' | null;
  /** Frees what was made for it; the decoded picture stays the caller's. */
  close(): void;
}

/**
 * From the fields of one picture a whole one, by lines along edges. Filters that compare moments need the pictures around it,
 * and with none of them they leave the combs where they are.
 */
const DEINTERLACE = 'estdif=mode=frame:deint=all';

/** What is known about a picture beside itself. */
export interface Surroundings {
  /** What its video is called. */
  readonly name: string;
  /** What the container says of its samples. */
  readonly container: ColorTags;
  readonly limits: InputLimits;
  /** Covers are so much smaller that rows of two moments melt into each other. */
  readonly small: boolean;
}

/** Prepares a decoded picture, whose tags are settled in place. Throws FR_INPUT_LIMIT for one that grew beyond the limits. */
export function preparePicture(decoded: Picture, { name, container, limits, small }: Surroundings): PreparedPicture {
  checkFrameSize(name, decoded, limits);
  settleColor(decoded, container);
  const made: Picture[] = [];
  let picture = decoded;
  const take = (next: Picture): void => {
    if (next !== picture) made.push(next);
    picture = next;
  };
  if (!small && picture.interlaced && hasCombs(picture)) take(filterPicture(picture, DEINTERLACE));
  take(scalable(picture));
  const { transfer } = lightOf(picture);
  return {
    picture,
    toneMapped: transfer === 'sdr' ? null : transfer,
    close: () => {
      for (const one of made) one.close();
    },
  };
}
