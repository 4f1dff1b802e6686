// What every video encoder is to the rest of the engine: pictures in, packets out, whatever does the work.
import type { Packet, Stream } from 'node-av/lib';
import type { ColorTags } from '../color.js';
import type { Ratio } from '../../base/index.js';
import type { EncoderChange, EncoderControls } from '../../spelling/index.js';
import type { Picture } from '../picture.js';

/** What an encoder is opened for. */
export interface EncoderSettings {
  /** Columns of the pictures that are sent, padding included. */
  readonly width: number;
  /** Rows of the pictures that are sent, padding included. */
  readonly height: number;
  /** Their pixel format, by FFmpeg's name. */
  readonly format: string;
  /** The unit of their times. */
  readonly timeBase: Ratio;
  /** Frames per second; 0/1 when unknown or variable. */
  readonly frameRate: Ratio;
  /** Width of one pixel divided by its height; 0/1 when unknown. */
  readonly pixelAspect: Ratio;
  readonly color: ColorTags;
  /** Whether parameter sets belong into the container's header, and not before each keyframe. */
  readonly globalHeader: boolean;
  /** 0 for as many as there are cores. */
  readonly threads: number;
  /** False to have packets come in the order of their pictures: then they can follow those of another encoder. */
  readonly reorder: boolean;
  readonly controls: EncoderControls;
}

/** An open video encoder. */
export interface VideoEncoder {
  /** FFmpeg's name of the encoder that runs now. */
  readonly name: string;
  /** The unit of the times of its packets. */
  readonly timeBase: Ratio;
  /** Takes a picture, which its owner may use again at once. @param keyframe - make this one a keyframe */
  send(picture: Picture, keyframe: boolean): void;
  /** Says that nothing more comes: `receive` then gives what it still holds. */
  drain(): void;
  /** Fills `packet`; returns false when another picture must be sent first, or at the end. For av/ alone. */
  receive(packet: Packet): boolean;
  /** Changes a running encode; returns false where this encoder would have to be opened anew for it. */
  change(change: EncoderChange): boolean;
  /** Writes its parameters into the stream of a container. For av/ alone. */
  describe(stream: Stream): void;
  /** Its parameter sets, as the container's header would have them; undefined when it has none apart. */
  readonly parameters: Buffer | undefined;
  close(): void;
}
