// The plain data that goes from `processVideo` and `createVideo` to their jobs in a worker, and back.
import type {
  ContextCounts,
  DecoderReport,
  DecoderWish,
  EncoderChange,
  EncoderReport,
  EncoderWish,
  FilterTrust,
} from '../../av/index.js';
import type { HardwareAnswer, HardwareAsk } from '../../hardware/index.js';
import type { Size } from '../../pixels/index.js';

/** Where the bytes of the output go. */
export type OutputSpec =
  /** A file that the worker writes under a temporary name; its parent publishes it. */
  | { readonly kind: 'file'; readonly name: string; readonly path: string; readonly container: string | null }
  /** Bytes in order, which the parent passes on. */
  | { readonly kind: 'stream'; readonly name: string; readonly container: string };

/** What becomes of the streams beside the video. */
export type BesidePolicy = 'auto' | 'copy' | 'none';

/** A form of sound. */
export interface SoundForm {
  /** Samples a second. */
  readonly sampleRate: number;
  /** Channels, from 1 to 8. */
  readonly channels: number;
}

/** Everything that a process job is told. */
export interface ProcessParams {
  /** The number of the video stream; null for the one that ffmpeg picks. */
  readonly stream: number | null;
  /** Decoder and encoder threads; 0 for as many as there are cores. */
  readonly threads: number;
  readonly upright: boolean;
  readonly from: number;
  readonly to: number | null;
  /** FFmpeg's filters, before the transform; null for none. */
  readonly filters: string | null;
  /** Whether the filters are the caller's own, or data that must keep to a list. */
  readonly filterTrust: FilterTrust;
  /** FFmpeg's name of the format that the transform sees; null for what the filters give. */
  readonly format: string | null;
  readonly size: Size | null;
  readonly packed: boolean;
  /** Whether pictures go through JavaScript at all. */
  readonly transform: boolean;
  readonly decoder: DecoderWish;
  readonly encoder: EncoderWish;
  /** Milliseconds that a picture of a live input may be late; null for inputs that wait. */
  readonly maxDelay: number | null;
  readonly audio: BesidePolicy;
  /** The form that sound is encoded in; null to leave it as it is where that can be. */
  readonly sound: SoundForm | null;
  readonly subtitles: BesidePolicy;
  /** Null to decode and transform alone. */
  readonly output: OutputSpec | null;
}

/** What became of one stream of the input. */
export interface StreamReport {
  /** Its number in the input. */
  readonly index: number;
  /** What it carries. */
  readonly kind: 'video' | 'audio' | 'subtitle' | 'data';
  /** FFmpeg's name of the codec in the input. */
  readonly codec: string;
  /** `encode`, `copy` or `drop`. */
  readonly action: 'encode' | 'copy' | 'drop';
  /** Why, where it was not simply copied. */
  readonly why: string | undefined;
}

/** What a process job tells while it runs. */
export type ProcessEvent =
  | {
      readonly kind: 'started';
      /** Seconds that will be processed; undefined when nobody knows. */
      readonly duration: number | undefined;
      readonly encoder: EncoderReport | undefined;
    }
  /** Another encoder took over in mid-stream. */
  | { readonly kind: 'encoder'; readonly encoder: EncoderReport }
  /** It wants hardware, and waits for a `hardware` command. */
  | { readonly kind: 'hardware'; readonly ask: HardwareAsk }
  | { readonly kind: 'progress'; readonly frames: number; readonly time: number; readonly bytes: number };

/** What a job is told while it runs. */
export type ProcessCommand =
  | { readonly kind: 'update'; readonly change: EncoderChange }
  /** The answer to a `hardware` event. */
  | { readonly kind: 'hardware'; readonly answer: HardwareAnswer }
  /** Nothing more comes: a sink gets no more frames, and of a source nothing more is read. */
  | { readonly kind: 'finish' };

/** What the transform said about a frame that it hands back. */
export interface ReturnFacts {
  /** Leave the frame out of the output. */
  readonly drop: boolean;
}

/** What a process job returns. */
export interface ProcessJobResult {
  /** Frames that were decoded. */
  readonly decoded: number;
  /** Frames that went into the output. */
  readonly encoded: number;
  /** Frames that the transform left out. */
  readonly dropped: number;
  /** Frames of a live input that came too late and were passed over. */
  readonly late: number;
  /** Decoded frames whose errors were concealed. */
  readonly damagedFrames: number;
  /** Packets that the decoder refused. */
  readonly damagedPackets: number;
  /** The decoder that ran. */
  readonly decoder: string;
  /** Where the video was decoded, and why. */
  readonly decoding: DecoderReport;
  /** The encoder that ran, and why; undefined without an output. */
  readonly encoder: EncoderReport | undefined;
  /** FFmpeg's name of the container; undefined without an output. */
  readonly container: string | undefined;
  /** Bytes of the output. */
  readonly bytes: number;
  /** Seconds from the first frame to the end of the last one. */
  readonly duration: number;
  /** What became of each stream of the input. */
  readonly streams: readonly StreamReport[];
  /** What its worker keeps open from one job to the next, counted since the worker's start. */
  readonly contexts: Readonly<Record<string, ContextCounts>>;
  /** What FFmpeg said meanwhile. */
  readonly log: readonly { readonly level: 'error' | 'warning'; readonly text: string }[];
}
