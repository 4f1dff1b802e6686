// Which frames are wanted: the plain data that goes from the options of a caller to the job in a worker.
import type { Size } from '../pixels/index.js';

/** The frames to choose, by their presentation time in seconds from the start of the file. */
export type Selection =
  | { readonly kind: 'all' }
  | { readonly kind: 'keyframes' }
  /** One frame for each time: the one on display then. Ascending; `places` says where each stood in the caller's list. */
  | { readonly kind: 'times'; readonly times: readonly number[]; readonly places: readonly number[] }
  /** One frame for each multiple of `seconds` counted from the start of the range. */
  | { readonly kind: 'every'; readonly seconds: number };

/** Everything that a frames job is told. */
export interface FramesParams {
  readonly selection: Selection;
  /** What is taken for the picture on display at a wanted time: that one, or the last keyframe before it. */
  readonly precision: 'exact' | 'keyframe';
  /** Frames before this time are left out. */
  readonly from: number;
  /** Frames from this time on are left out; null for the end of the file. */
  readonly to: number | null;
  /** Frames at most; null for all. */
  readonly count: number | null;
  /** FFmpeg's name of the pixel format, or null for what the decoder gives, untouched. */
  readonly format: string | null;
  /** The size to scale to; null for the size of the video. */
  readonly size: Size | null;
  /** No padding between rows and planes. */
  readonly packed: boolean;
  /** Turn and crop the picture as its container says; never applied to native frames. */
  readonly upright: boolean;
  /** The number of the video stream; null for the one that ffmpeg picks. */
  readonly stream: number | null;
  /** Decoder threads; 0 for as many as there are cores. */
  readonly threads: number;
  /** Milliseconds that a picture of a live input may be late; null for inputs that wait. */
  readonly maxDelay: number | null;
  /** All frames in one slot, one after another, instead of one slot each: the order of the planes, or null. */
  readonly gather: 'nhwc' | 'nchw' | null;
}

/** What a frames job says about one frame. */
export interface FrameFacts {
  /** Presentation time in seconds from the start of the file. */
  readonly pts: number;
  /** Seconds that the frame is shown; 0 when unknown. */
  readonly duration: number;
  readonly keyframe: boolean;
  /** The decoder concealed errors in it or lacked references for it. */
  readonly damaged: boolean;
  /** Its place among the delivered frames; for chosen times the place of the time in the caller's list. */
  readonly index: number;
}

/** What a frames job returns. */
export interface FramesResult {
  /** Frames that were delivered. */
  readonly frames: number;
  /** Frames of a live input that came too late and were passed over. */
  readonly late: number;
  /** Frames decoded, delivered or not. */
  readonly decoded: number;
  /** Delivered frames whose errors were concealed. */
  readonly damagedFrames: number;
  /** Packets that the decoder refused. */
  readonly damagedPackets: number;
  /** The decoder that ran. */
  readonly decoder: string;
  /** What FFmpeg said meanwhile. */
  readonly log: readonly { readonly level: 'error' | 'warning'; readonly text: string }[];
}
