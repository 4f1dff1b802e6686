// Video encoders behind one interface: software, hardware, and hardware that is none.
export { EncodeLane, type LaneInput, type LaneSetup } from './encode-lane.js';
export type { EncoderSettings, VideoEncoder } from './encoder.js';
export { fakeHardware } from './fake-hardware.js';
export { testEncode } from './test-encode.js';
