// Opens an encoder by its name, whatever does the work.
import { isFramerailError, type FramerailError } from '../../base/index.js';
import { AVERROR_ENOMEM, AVERROR_EXTERNAL } from '../constants.js';
import type { EncoderSettings, VideoEncoder } from './encoder.js';
import { FakeEncoder } from './fake-hardware.js';
import { LibavEncoder } from './libav-encoder.js';

/** Opens an encoder; throws FR_ENCODE_FAILED, FR_MEMORY_BUDGET, or FR_ARG_INVALID for options that it does not take. */
export function openEncoder(name: string, settings: EncoderSettings): VideoEncoder {
  return name === 'fake_hw' ? FakeEncoder.open(settings) : LibavEncoder.open(name, settings);
}

/** As `openEncoder`, but leaves out options that were meant for another encoder and that this one does not know. */
export function openInstead(name: string, settings: EncoderSettings): VideoEncoder {
  try {
    return openEncoder(name, settings);
  } catch (error) {
    if (!isFramerailError(error) || error.code !== 'FR_ARG_INVALID') throw error;
    return openEncoder(name, { ...settings, controls: { ...settings.controls, options: {} } });
  }
}

/** Whether an encoder that failed to open may only have run out of sessions: drivers say so in many ways. */
export function isExhausted(error: FramerailError): boolean {
  const { averror } = error.details;
  return (
    averror === AVERROR_ENOMEM ||
    averror === AVERROR_EXTERNAL ||
    /out of memory|cannot allocate|no capable devices|session/i.test(error.message)
  );
}
