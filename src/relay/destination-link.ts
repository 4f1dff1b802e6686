// What a destination is made of, whatever it speaks: a place that can be dialled, and a link that takes tags.
import type { FramerailError } from '../base/index.js';
import type { AmfObject } from './amf0.js';
import type { OriginMarks } from './origin.js';

/** When the steps towards a destination were done, by the monotonic clock in milliseconds. */
export interface DestinationMarks extends OriginMarks {
  /** It answered the first command, where there is one, as `connect` of RTMP. */
  readonly connected?: number;
}

/** How a destination is reached. */
export interface LinkOptions {
  /** Milliseconds until it must have accepted. */
  readonly connectTimeout: number;
  /** For TLS: whether certificates must be ones that this machine trusts. */
  readonly verify: boolean;
  /** For folders of HLS. */
  readonly hls: HlsOptions;
}

/** How a stream is cut into segments. */
export interface HlsOptions {
  /** Milliseconds of a segment; it ends with the next keyframe. */
  readonly segment: number;
  /** Segments that the playlist has. */
  readonly list: number;
}

/** What a link begins with, and who hears of it. */
export interface LinkHandlers {
  /** Whether it waits for `release()` before it asks to publish; to connect it does not wait. */
  readonly held: boolean;
  /** It takes tags from now on. */
  readonly onAccepted: () => void;
  /** Something went wrong that does not end it, in one sentence; said once for each kind of trouble. */
  readonly onWarning: (message: string) => void;
  /** It is over: by the peer without an error, or with what went wrong. It is called once, and nothing after it. */
  readonly onEnd: (error: FramerailError | undefined) => void;
}

/** One connection to a destination, or one run of a file. */
export interface DestinationLink {
  readonly marks: DestinationMarks;
  /** Bytes that wait to be taken. */
  readonly queued: number;
  /** Bytes that the system has taken: a link that has queued bytes and never more of these is stuck. */
  readonly sent: number;
  /** Lets the wish out that was held. */
  release(): void;
  /** How metadata is said here; undefined where it has no place. */
  describe(metadata: AmfObject): Buffer | undefined;
  /**
   * Gathers a tag.
   * @param time - milliseconds, not wrapped
   * @param payload - valid until it returns
   */
  send(type: number, time: number, payload: Buffer): void;
  /** Sends what was gathered. */
  flush(): void;
  /** Ends at once, with an error that `onEnd` hears. */
  fail(error: FramerailError): void;
  /** Ends in good order; `onEnd` is not called. What it gives, if anything, resolves when all is written, and never rejects. */
  close(): Promise<void> | undefined;
}

/** Where a stream may go, once its address has been read. */
export interface DestinationPlace {
  /** The address without its secrets. */
  readonly shown: string;
  /** Whether it takes a stream that appears later as it is: to begin anew for it, as `republish` does, would only cost. */
  readonly takesLate?: boolean;
  /** Whether it waits to be called: to listen again at once costs nobody anything, and a pause would turn callers away. */
  readonly listens?: boolean;
  dial(options: LinkOptions, handlers: LinkHandlers): DestinationLink;
}
