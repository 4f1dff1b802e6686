// Carries pictures from system memory to a device, for encoders that take nothing else.
import { Frame, HardwareFramesContext, type CodecContext } from 'node-av/lib';
import type { Backend } from '../../hardware/index.js';
import { check } from '../averror.js';
import type { ContextLease } from '../context-pool.js';
import { acquireDevice } from '../hardware-device.js';
import { formatCode, nativeFrame, type Picture } from '../picture.js';
import type { EncoderSettings } from './encoder.js';

/** Pictures that an encoder and the way to it hold on a device at once; libavcodec's own encoders ask for as many. */
const SURFACES = 32;

/** A place on a device for pictures of one size and format. */
export class Uploader {
  readonly #device: ContextLease<unknown>;
  readonly #frames: HardwareFramesContext;
  readonly #target = new Frame();

  /** Opens the device and sets its memory aside for an encoder that is not open yet. */
  constructor(device: NonNullable<Backend['device']>, context: CodecContext, settings: EncoderSettings) {
    const lease = acquireDevice(device);
    this.#device = lease;
    this.#frames = new HardwareFramesContext();
    this.#target.alloc();
    try {
      this.#frames.alloc(lease.value);
      this.#frames.format = formatCode(device);
      this.#frames.swFormat = formatCode(settings.format);
      this.#frames.width = settings.width;
      this.#frames.height = settings.height;
      this.#frames.initialPoolSize = SURFACES;
      check(this.#frames.init(), 'FR_ENCODE_FAILED', `The ${device} device has no room for pictures`);
      context.pixelFormat = formatCode(device);
      context.hwFramesCtx = this.#frames;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The picture on the device; good until the next one is carried. */
  upload(picture: Picture): Frame {
    const source = nativeFrame(picture);
    this.#target.unref();
    check(this.#frames.getBuffer(this.#target), 'FR_ENCODE_FAILED', 'The device has no room for a picture');
    check(this.#frames.transferDataSync(this.#target, source), 'FR_ENCODE_FAILED', 'A picture could not be uploaded');
    check(this.#target.copyProps(source), 'FR_INTERNAL', 'The facts of a picture could not be copied');
    return this.#target;
  }

  close(): void {
    this.#target.free();
    this.#frames.free();
    this.#device.release();
  }
}
