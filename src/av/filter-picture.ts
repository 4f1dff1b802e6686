// FFmpeg's filters over a single picture.
import { FramerailError } from '../base/index.js';
import { FilterChain } from './filter-chain.js';
import { inherit, Picture } from './picture.js';

/** A single picture has no times, and its pixels keep their shape. */
const STILL = { timeBase: { num: 1, den: 1 }, frameRate: { num: 0, den: 1 }, pixelAspect: { num: 0, den: 1 } };

/**
 * What filters make of a picture, in FFmpeg's spelling; filters that wait for the next picture get none.
 * @returns a new picture, which the caller closes
 */
export function filterPicture(picture: Picture, spec: string): Picture {
  const chain = new FilterChain(spec, STILL);
  const filtered = new Picture();
  try {
    chain.send(picture);
    chain.drain();
    if (!chain.receive(filtered)) throw new FramerailError('FR_FILTER_FAILED', `The filters ${spec} gave no picture.`);
    inherit(picture, filtered);
    return filtered;
  } catch (error) {
    filtered.close();
    throw error;
  } finally {
    chain.close();
  }
}
