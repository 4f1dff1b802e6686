// Video encoders behind one interface: software, hardware, and hardware that is none.
export { EncodeLane, type LaneInput, type LaneSetup } from './encode-lane.js';
export type { EncoderReport, EncoderWish } from './encoder-choice.js';
export type { EncoderChange, EncoderControls, EncoderSettings, VideoEncoder } from './encoder.js';
export { fakeHardware } from './fake-hardware.js';
export { rescale } from './libav-encoder.js';
export { testEncode } from './test-encode.js';
