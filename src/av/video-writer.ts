// Writes a video file from pictures made in JavaScript: for samples and self-tests.
import { AV_CODEC_FLAG_GLOBAL_HEADER, AV_OPT_SEARCH_CHILDREN, AVFMT_GLOBALHEADER } from './constants.js';
import { Codec, CodecContext, FormatContext, Packet, Rational, type Stream } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import { planLayout, type Size } from '../pixels/index.js';
import { check, isAgain, isEof } from './averror.js';
import { blankPicture, formatCode, nativeFrame, pictureOver, type Picture } from './picture.js';
import { Scaler } from './scaler.js';

/** What kind of video is written. */
export interface VideoWriterOptions extends Size {
  /** The file; its ending chooses the container. */
  readonly path: string;
  /** Frames per second. */
  readonly frameRate: number;
  /** Frames from one keyframe to the next. */
  readonly gop: number;
}

/** Writes H.264 from rgb24 pictures; one at a time. */
export class VideoWriter {
  /** The memory of the next frame, rgb24 without padding; fill it, then call `write()`. */
  readonly pixels: Buffer;
  readonly #container = new FormatContext();
  readonly #encoder: CodecContext;
  readonly #stream: Stream;
  readonly #packet = new Packet();
  readonly #scaler = new Scaler('bilinear');
  readonly #rgb: Picture;
  #count = 0n;

  /** Opens the file and the encoder; throws FR_ENCODE_FAILED. */
  constructor(options: VideoWriterOptions) {
    const codec = Codec.findEncoderByName('libx264' as Parameters<typeof Codec.findEncoderByName>[0]);
    if (codec === null) throw new FramerailError('FR_ENCODE_FAILED', 'This FFmpeg build has no libx264 encoder.');
    const failed = `${options.path} could not be written`;
    check(this.#container.allocOutputContext2(null, null, options.path), 'FR_ENCODE_FAILED', failed);
    const encoder = new CodecContext();
    encoder.allocContext3(codec);
    encoder.width = options.width;
    encoder.height = options.height;
    encoder.pixelFormat = formatCode('yuv420p');
    encoder.timeBase = new Rational(1, options.frameRate);
    encoder.framerate = new Rational(options.frameRate, 1);
    encoder.gopSize = options.gop;
    setPrivate(encoder, 'preset', 'veryfast');
    setPrivate(encoder, 'crf', '20');
    if (this.#container.oformat?.hasFlags(AVFMT_GLOBALHEADER) === true) encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    check(encoder.open2Sync(codec), 'FR_ENCODE_FAILED', 'The libx264 encoder could not be opened');
    this.#encoder = encoder;
    this.#stream = this.#container.newStream(codec);
    this.#stream.codecpar.fromContext(encoder);
    this.#stream.timeBase = encoder.timeBase;
    this.#packet.alloc();
    const layout = planLayout('rgb24', options.width, options.height, true);
    this.pixels = Buffer.alloc(layout.byteLength);
    this.#rgb = pictureOver(this.pixels, layout);
    check(this.#container.openOutputSync(), 'FR_OUTPUT_FAILED', failed);
    check(this.#container.writeHeaderSync(), 'FR_ENCODE_FAILED', failed);
  }

  /** Encodes what `pixels` holds as the next frame. */
  write(): void {
    // The encoder looks ahead and keeps its frames, so each one gets memory of libav's own.
    const picture = blankPicture('yuv420p', this.#rgb);
    this.#scaler.convert(this.#rgb, picture);
    const frame = nativeFrame(picture);
    frame.pts = this.#count++;
    check(this.#encoder.sendFrameSync(frame), 'FR_ENCODE_FAILED', 'A frame could not be encoded');
    picture.close();
    this.#drainPackets();
  }

  #drainPackets(): void {
    for (;;) {
      const code = this.#encoder.receivePacketSync(this.#packet);
      if (isAgain(code) || isEof(code)) return;
      check(code, 'FR_ENCODE_FAILED', 'A frame could not be encoded');
      this.#packet.streamIndex = this.#stream.index;
      // Without it the container would end where its last frame begins, and players would leave that one out.
      this.#packet.duration = 1n;
      this.#packet.rescaleTs(this.#encoder.timeBase, this.#stream.timeBase);
      check(
        this.#container.interleavedWriteFrameSync(this.#packet),
        'FR_OUTPUT_FAILED',
        'A packet could not be written',
      );
    }
  }

  /** Writes what the encoder still holds and closes the file. */
  finish(): void {
    check(this.#encoder.sendFrameSync(null), 'FR_ENCODE_FAILED', 'The encoder could not be drained');
    this.#drainPackets();
    check(this.#container.writeTrailerSync(), 'FR_OUTPUT_FAILED', 'The file could not be finished');
    this.close();
  }

  /** Frees everything; a file that was not finished stays unfinished. */
  close(): void {
    this.#encoder.freeContext();
    this.#container.closeOutputSync();
    this.#container.freeContext();
    this.#rgb.close();
    this.#scaler.close();
    this.#packet.free();
  }
}

/** Sets an option of the codec itself; the types of node-av leave this overload out. */
function setPrivate(context: CodecContext, name: string, value: string): void {
  const setOption = context.setOption.bind(context) as (
    name: string,
    value: string,
    type: undefined,
    flags: number,
  ) => number;
  check(setOption(name, value, undefined, AV_OPT_SEARCH_CHILDREN), 'FR_INTERNAL', `The encoder has no option ${name}`);
}
