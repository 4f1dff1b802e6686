// The one error type of the engine and the table of every code it can carry.

/** What one error code means to a caller. */
export interface ErrorMeaning {
  /** Whether the same call may succeed later without any change by the caller. */
  readonly retryable: boolean;
  /** One sentence for the reference, without the particulars of one failure. */
  readonly meaning: string;
}

/** Every error code with its meaning; `docs/reference/errors.md` is made from this table. */
export const ERRORS = {
  FR_ARG_INVALID: { retryable: false, meaning: 'An argument or option is missing, of the wrong type or out of range.' },
  FR_INPUT_NOT_FOUND: { retryable: false, meaning: 'The input does not exist: no such path, or a server says so.' },
  FR_INPUT_NOT_A_FILE: { retryable: false, meaning: 'The input is a directory, a device, a socket or a named pipe.' },
  FR_INPUT_UNREADABLE: {
    retryable: false,
    meaning: 'The input exists but this user may not read it, or a server wants other credentials.',
  },
  FR_INPUT_EMPTY: { retryable: false, meaning: 'The input holds no bytes.' },
  FR_INPUT_PROTOCOL: {
    retryable: false,
    meaning: 'The input is an FFmpeg protocol or a URL where only a file is allowed.',
  },
  FR_INPUT_OUTSIDE_ROOT: { retryable: false, meaning: 'The input path leads outside the allowed roots.' },
  FR_INPUT_INVALID: {
    retryable: false,
    meaning: 'The input is not a media file that FFmpeg recognises, or is damaged.',
  },
  FR_INPUT_READ: { retryable: true, meaning: 'Reading the input failed in the operating system or in its source.' },
  FR_INPUT_STALLED: {
    retryable: true,
    meaning: 'A stream, a live input or a server gave nothing, or next to nothing, for too long.',
  },
  FR_INPUT_NO_VIDEO: { retryable: false, meaning: 'The input has no video stream.' },
  FR_INPUT_LIMIT: {
    retryable: false,
    meaning: 'The input is beyond a limit: pixels of a frame, side, streams, decoded frames, processor time or memory.',
  },
  FR_INPUT_POISON: {
    retryable: false,
    meaning: 'The input ended as many workers as `quarantineAfter` allows and is not tried again until it changes.',
  },
  FR_DECODE_UNSUPPORTED: {
    retryable: false,
    meaning: 'This FFmpeg build has no allowed decoder for the video stream.',
  },
  FR_DECODE_NO_FRAME: { retryable: false, meaning: 'The video stream gave no frame that could be decoded.' },
  FR_DECODE_FAILED: { retryable: false, meaning: 'Decoding failed and could not go on.' },
  FR_CONVERT_FAILED: { retryable: false, meaning: 'Scaling or converting a picture failed.' },
  FR_FILTER_FAILED: { retryable: false, meaning: 'FFmpeg could not set up or run the filters that were asked for.' },
  FR_ENCODE_FAILED: { retryable: false, meaning: 'Encoding a picture or a video failed.' },
  FR_IMAGE_GOAL: {
    retryable: false,
    meaning: 'No quality makes an image or a preview as small as `maxBytes`, or as good as `minSsim`, asks for.',
  },
  FR_TIME_BEYOND_END: { retryable: false, meaning: 'A requested time lies beyond the end of the video.' },
  FR_OUTPUT_FAILED: { retryable: false, meaning: 'Writing an output failed; nothing half-written is left behind.' },
  FR_TRANSFORM_FAILED: { retryable: false, meaning: 'The JavaScript transform of a video threw an error.' },
  FR_TRANSFORM_STALLED: {
    retryable: false,
    meaning: 'The JavaScript transform of a video did not settle within its deadline.',
  },
  FR_FRAME_RELEASED: { retryable: false, meaning: 'The pixels of a frame were read after the frame was released.' },
  FR_MEMORY_REGION: { retryable: true, meaning: 'The operating system refused a shared memory region.' },
  FR_MEMORY_BUDGET: {
    retryable: false,
    meaning: 'What was asked for does not fit into the memory budget of a worker.',
  },
  FR_WORKER_START: { retryable: true, meaning: 'A media worker could not be started.' },
  FR_WORKER_DIED: { retryable: true, meaning: 'The media worker of this job ended by a signal or by itself.' },
  FR_WORKER_HUNG: {
    retryable: false,
    meaning: 'The media worker made no progress within its deadline and was killed.',
  },
  FR_WORKER_PROTOCOL: { retryable: false, meaning: 'A media worker speaks another version of the protocol.' },
  FR_WORKER_SANDBOX: {
    retryable: false,
    meaning: 'A media worker could not be locked down as far as `sandbox` requires.',
  },
  FR_TIMEOUT: { retryable: true, meaning: 'The call did not finish within its own `timeout`.' },
  FR_ABORTED: { retryable: false, meaning: 'The call was aborted through its `AbortSignal`.' },
  FR_CLOSED: { retryable: false, meaning: 'The object was closed before or during the call.' },
  FR_RELAY_CONNECT: {
    retryable: true,
    meaning: 'A peer of a relay could not be reached: its name, its port, or its TLS.',
  },
  FR_RELAY_TIMEOUT: {
    retryable: true,
    meaning: 'A peer of a relay did not answer, sent nothing or took nothing in time.',
  },
  FR_RELAY_LOST: { retryable: true, meaning: 'The connection to a peer of a relay was lost.' },
  FR_RELAY_BUSY: {
    retryable: true,
    meaning: 'A server refused a stream that is being published already, or whose last publisher it has not let go of.',
  },
  FR_RELAY_AUTH: { retryable: false, meaning: 'A server refused a name, a password or a key.' },
  FR_RELAY_REFUSED: { retryable: false, meaning: 'A server refused to play or to take a stream.' },
  FR_RELAY_PROTOCOL: { retryable: false, meaning: 'A peer of a relay sent what RTMP, AMF or FLV does not allow.' },
  FR_ADDRESS_REFUSED: {
    retryable: false,
    meaning: 'An address that came as data, as in a playlist or a redirect, leads to where data may not lead.',
  },
  FR_REMOTE_CONNECT: {
    retryable: true,
    meaning: 'The server of a remote input could not be reached: its name, its port, or its TLS.',
  },
  FR_REMOTE_LOST: {
    retryable: true,
    meaning: 'The server of a remote input broke off, and did so again when it was asked anew.',
  },
  FR_REMOTE_BUSY: {
    retryable: true,
    meaning:
      'The server of a remote input wants to be asked later, or is out of order: 408, 425, 429, 500, 502, 503, 504.',
  },
  FR_REMOTE_REFUSED: {
    retryable: false,
    meaning: 'The server of a remote input does not give it: another status, too many redirects, or one away from TLS.',
  },
  FR_REMOTE_PROTOCOL: {
    retryable: false,
    meaning:
      'The server of a remote input sent other bytes than it was asked for, compressed them, or contradicts itself.',
  },
  FR_REMOTE_NO_RANGES: {
    retryable: false,
    meaning: 'The server of a remote input only gives whole files, and this one is larger than `maxReadBytes`.',
  },
  FR_REMOTE_BUDGET: {
    retryable: false,
    meaning: 'More of a remote input would have to be read than `maxReadBytes` allows.',
  },
  FR_REMOTE_CHANGED: { retryable: true, meaning: 'A remote input became another one while it was read.' },
  FR_MANIFEST_INVALID: {
    retryable: false,
    meaning:
      'A manifest, or the rest of one, cannot be read: it is damaged, too large for its form, or of another form.',
  },
  FR_MANIFEST_ROW: {
    retryable: false,
    meaning: 'A row of a manifest cannot be used: a value is missing or of the wrong kind, or it stands there twice.',
  },
  FR_BATCH_BUSY: { retryable: true, meaning: 'Another command makes covers into the same folder.' },
  FR_BATCH_STATE: {
    retryable: false,
    meaning: 'What a folder of covers remembers of earlier runs cannot be read or written.',
  },
  FR_ENGINE_LOAD: { retryable: false, meaning: 'The native part of the engine could not be loaded on this machine.' },
  FR_ENGINE_TOO_OLD: { retryable: false, meaning: 'The FFmpeg build is below the oldest one that is considered safe.' },
  FR_INTERNAL: { retryable: false, meaning: 'A defect in framerail itself; please report it with its details.' },
} as const satisfies Record<string, ErrorMeaning>;

/** A code of {@link FramerailError}. */
export type ErrorCode = keyof typeof ERRORS;

/** Facts about a failure that a program can read; values survive structured cloning. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

const MARK = Symbol.for('framerail.error');

/** Every failure that framerail reports; `code` says which, `message` is one sentence for a person. */
export class FramerailError extends Error {
  /** Which failure this is; the table is in docs/reference/errors.md. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;
  /** Particulars for programs, such as FFmpeg's own code as `averror` or a worker's `signal`. */
  readonly details: ErrorDetails;

  /**
   * Makes an error with a code from the table.
   * @param code - which failure
   * @param message - one sentence that says what happened and what to do
   * @param options - `details` for programs and the `cause`
   */
  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FramerailError';
    this.code = code;
    this.retryable = ERRORS[code].retryable;
    this.details = options.details ?? {};
    Object.defineProperty(this, MARK, { value: true });
    // Until it is read, a stack holds on to every object in its frames: a kept error would keep a worker's memory mapped.
    void this.stack;
  }
}

/**
 * Whether a value is a {@link FramerailError}, also one made by another copy of the package.
 * @param value - anything that was thrown
 */
export function isFramerailError(value: unknown): value is FramerailError {
  return typeof value === 'object' && value !== null && MARK in value;
}

/** A failure as plain data, as it crosses from a worker to its parent. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly stack?: string | undefined;
}

/** Turns anything thrown into plain data; what is not ours becomes FR_INTERNAL with its stack. */
export function errorToData(error: unknown): ErrorData {
  if (isFramerailError(error)) return { code: error.code, message: error.message, details: error.details };
  return {
    code: 'FR_INTERNAL',
    message: unexpected(error),
    details: {},
    stack: error instanceof Error ? error.stack : undefined,
  };
}

/** The error itself where it is ours; a defect with its cause otherwise. */
export function toFramerailError(error: unknown): FramerailError {
  return isFramerailError(error) ? error : new FramerailError('FR_INTERNAL', unexpected(error), { cause: error });
}

function unexpected(error: unknown): string {
  return `Unexpected failure inside framerail: ${messageOf(error)}`;
}

/** What something that was thrown says: anything can be thrown, also what cannot be turned into text. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  try {
    return String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

/** The error that plain data describes; a code that this version does not know becomes FR_INTERNAL. */
export function errorFromData(data: ErrorData): FramerailError {
  const details = data.stack === undefined ? data.details : { ...data.details, workerStack: data.stack };
  if (data.code in ERRORS) return new FramerailError(data.code, data.message, { details });
  return new FramerailError('FR_INTERNAL', data.message, { details: { ...details, code: data.code } });
}
