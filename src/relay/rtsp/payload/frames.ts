// Sound of which each packet holds one frame, or samples of any number: Opus (RFC 7587) and G.711 (RFC 3551 4.5.14).
import type { RtpPacket } from '../rtp.js';
import type { Depacketizer, FrameSink } from './depacketizer.js';

/** Gives each payload as it is. */
export class FrameDepacketizer implements Depacketizer {
  readonly #onFrame: FrameSink;

  constructor(onFrame: FrameSink) {
    this.#onFrame = onFrame;
  }

  gap(): void {
    // No frame lies in two packets.
  }

  push({ payload, timestamp }: RtpPacket): void {
    if (payload.byteLength > 0) this.#onFrame(payload, timestamp);
  }
}
