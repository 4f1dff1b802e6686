// What every folder may use: node:* only.
export { Backoff, type BackoffOptions } from './backoff.js';
export {
  argumentError,
  checkInteger,
  checkNames,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkSize,
  checkSwitch,
  invariant,
  optionNames,
} from './check.js';
export { monotonicNow } from './clock.js';
export { deadlineError, startDeadline, untilAborted, type CallOptions, type Deadline } from './deadline.js';
export {
  ERRORS,
  errorFromData,
  errorToData,
  FramerailError,
  isFramerailError,
  messageOf,
  toFramerailError,
  type ErrorCode,
  type ErrorData,
  type ErrorDetails,
  type ErrorMeaning,
} from './errors.js';
export { isPacked } from './is-packed.js';
export { nearest } from './nearest.js';
export { packedModule, packedProgram } from './packed-module.js';
export { makeFolder, makeFolders, outputError, publishable, publishFile, publishFiles, systemCode } from './publish.js';
export { reduced, toRatio, type Ratio } from './ratio.js';
export { holdErrors } from './stream-errors.js';
export { removeAtExit, temporaryName } from './temporary.js';
export { clauseOf, firstLine, formatBytes, formatClock, parseBytes, parseSeconds, parseSize } from './text.js';
