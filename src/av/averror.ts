// FFmpeg's return codes become typed errors with a readable reason.
import { AVERROR_EAGAIN, AVERROR_ENOMEM, AVERROR_EOF } from './constants.js';
import { constants } from 'node:os';
import { FFmpegError } from 'node-av/lib';
import { FramerailError, type ErrorCode } from '../base/index.js';

const ERRNO: Readonly<Record<string, number>> = constants.errno;

/** A receive call has nothing to give until more is sent. */
export function isAgain(code: number): boolean {
  return code === AVERROR_EAGAIN;
}

/** The end of a file, or of a codec that was drained. */
export function isEof(code: number): boolean {
  return code === AVERROR_EOF;
}

/** The network gave nothing in time. */
export function isTimeout(code: number): boolean {
  return code === -constants.errno.ETIMEDOUT;
}

/** A live input that gave nothing in time. */
export function stalledError(name: string, averror: number): FramerailError {
  return new FramerailError('FR_INPUT_STALLED', `${name} gave nothing within its \`inputTimeout\`.`, {
    details: { averror },
  });
}

/** FFmpeg's own words for a code, such as "Invalid data found when processing input". */
export function reasonOf(code: number): string {
  return FFmpegError.strerror(code);
}

/** A typed error that carries FFmpeg's code as `details.averror`. */
export function avError(code: ErrorCode, averror: number, what: string): FramerailError {
  // Out of memory is the same news wherever it happens.
  const typed = averror === AVERROR_ENOMEM ? 'FR_MEMORY_BUDGET' : code;
  return new FramerailError(typed, `${what}: ${reasonOf(averror)}.`, { details: { averror } });
}

/** Throws when a call of libav failed, and gives its result back otherwise. */
export function check(averror: number, code: ErrorCode, what: string): number {
  if (averror < 0) throw avError(code, averror, what);
  return averror;
}

/** What a disk says; muxers have codes of their own for what they do not take. */
const DISK = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS'].map((name) => ERRNO[name]));

/** Why a header could not be written: the streams are not what is wrong when the disk is full. */
export function headerError(averror: number, container: string, name: string): FramerailError {
  const what = DISK.has(-averror) ? `${name} could not be written` : `${container} cannot hold these streams`;
  return avError('FR_OUTPUT_FAILED', averror, what);
}
