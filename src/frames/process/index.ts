// Videos both ways: out of a file, through JavaScript, into a file.
export type { MediaDestination } from './destination.js';
export { ProcessFrame } from './process-frame.js';
export { hardwareDoor } from './hardware-door.js';
export {
  checkEncode,
  checkProcess,
  type EncodeOptions,
  type ProcessOptions,
  type Transform,
} from './process-options.js';
export type { BesidePolicy, ProcessCommand, ProcessEvent, SoundForm, StreamReport } from './process-params.js';
export type { ProcessUpdate, RunningProcess } from './running-process.js';
export type { ProcessProgress } from './progress.js';
export { PROCESS_JOB, ProcessSession, type ProcessResult } from './session.js';
export { DrawnFrame } from './drawn-frame.js';
export type { VideoSinkOptions } from './sink-options.js';
export { SINK_JOB, VideoSink, type FrameTimes, type VideoSinkResult } from './video-sink.js';
