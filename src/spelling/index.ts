// How FFmpeg spells what callers wish for: encoders, their options, filters, containers. No native code.
export {
  BITS_PER_CHANNEL,
  containerByEnding,
  containerError,
  countsFrames,
  holdsH264,
  isUnplayable,
  soundEncoderFor,
  soundRateFor,
  streamingFlags,
} from './containers.js';
export {
  chooseFormat,
  chromaSteps,
  paddedSize,
  planEncoder,
  type EncoderCatalogue,
  type EncoderPlan,
  type EncoderReport,
  type EncoderWish,
} from './encoder-choice.js';
export {
  BITS_A_PIXEL,
  controlOptions,
  qualityOption,
  type EncoderChange,
  type EncoderControls,
} from './encoder-controls.js';
export { checkFilterNames, filtersOf, type FilterTrust } from './filter-names.js';
export { jpegQuantiser } from './jpeg-quality.js';
export { rescale, toTicks, usableTimeBase } from './time-base.js';
