// The plain data that goes from `createVideo` to its job in a worker, and back.
import type { EncoderReport, EncoderWish } from '../../av/index.js';
import type { Ratio } from '../../base/index.js';
import type { Size } from '../../pixels/index.js';
import type { OutputSpec } from './process-params.js';

/** Everything that a sink job is told. */
export interface SinkParams {
  readonly size: Size;
  /** FFmpeg's name of the format that frames are drawn in. */
  readonly format: string;
  readonly packed: boolean;
  /** The unit that times are counted in. */
  readonly timeBase: Ratio;
  readonly frameRate: Ratio;
  readonly pixelAspect: Ratio;
  readonly threads: number;
  readonly encoder: EncoderWish;
  readonly output: OutputSpec;
}

/** What is said of a drawn frame; ticks of the time base. */
export interface DrawnFacts {
  readonly timestamp: bigint;
  readonly duration: bigint;
}

/** What a sink job returns. */
export interface SinkJobResult {
  /** Frames that went into the output. */
  readonly encoded: number;
  /** The encoder that ran, and why. */
  readonly encoder: EncoderReport;
  /** FFmpeg's name of the container. */
  readonly container: string;
  /** Bytes of the output. */
  readonly bytes: number;
  /** What FFmpeg said meanwhile. */
  readonly log: readonly { readonly level: 'error' | 'warning'; readonly text: string }[];
}
