// Encodes the frames of a preview into a container in memory, through the encoder interface that all videos go through.
import {
  EncodeLane,
  MediaOutput,
  type Breathe,
  type EncoderReport,
  type EncoderWish,
  type LaneInput,
  type Picture,
} from '../../av/index.js';
import type { HardwareDoor } from '../../hardware/index.js';
import { MemoryTarget } from './memory-target.js';

/** Where the frames go. */
export interface FramesOutput {
  /** FFmpeg's name of the container. */
  readonly container: string;
  readonly wish: EncoderWish;
  readonly input: LaneInput;
  /** Bytes set aside for an index in front; undefined where there is none. */
  readonly indexBytes?: number | undefined;
  readonly hardware?: HardwareDoor | undefined;
  /** Called for every frame; throws to stop. */
  readonly breathe: Breathe;
}

/** A frame and how long it is shown, in ticks of the input's time base. */
export interface TimedFrame {
  readonly picture: Picture;
  readonly duration: number;
}

/** Encodes them one after another from time 0 on. */
export async function encodeFrames(
  frames: Iterable<TimedFrame>,
  output: FramesOutput,
): Promise<{ readonly data: Uint8Array; readonly encoder: EncoderReport }> {
  const { container, wish, input, indexBytes, hardware, breathe } = output;
  const target = new MemoryTarget('The preview');
  const media = MediaOutput.open(target, { container, indexBytes });
  try {
    media.reserveVideo();
    const lane = await EncodeLane.open({ wish, input, output: media, threads: 0, hardware });
    try {
      lane.announce(undefined);
      media.begin();
      let time = 0n;
      for (const { picture, duration } of frames) {
        lane.send(picture, time, BigInt(duration));
        time += BigInt(duration);
        await breathe();
      }
      lane.finish();
      media.finish();
      return { data: target.bytes, encoder: lane.report };
    } finally {
      lane.close();
    }
  } finally {
    media.close();
  }
}
