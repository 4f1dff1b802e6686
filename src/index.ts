// framerail: a media engine for Node.js on FFmpeg.
export { ERRORS, FramerailError, isFramerailError } from './base/index.js';
export type { CallOptions, ErrorCode, ErrorDetails, ErrorMeaning } from './base/index.js';
export { createCovers, Covers } from './covers/index.js';
export type { Cover, CoverFit, CoverOptions, CoverTimings } from './covers/index.js';
export {
  createVideo,
  DrawnFrame,
  Engine,
  FrameBatch,
  FrameStream,
  FrameTensor,
  open,
  probe,
  ProcessFrame,
  ProcessSession,
  processVideo,
  readFrames,
  startProcess,
  surveyHardware,
  Video,
  VideoFrame,
  VideoSink,
} from './frames/index.js';
export type {
  BesidePolicy,
  EncodeOptions,
  EncoderFinding,
  FrameFormat,
  FrameTimes,
  FramePlane,
  FramesAtOptions,
  FramesOptions,
  FramesResult,
  MediaDestination,
  MediaInfo,
  OpenVideoOptions,
  PacketScan,
  PictureOptions,
  Precision,
  ProbeOptions,
  ProcessOptions,
  ProcessProgress,
  ProcessResult,
  ProcessUpdate,
  SoundForm,
  ReadFramesOptions,
  StreamReport,
  TensorFrame,
  Transform,
  VideoSinkOptions,
  VideoSinkResult,
} from './frames/index.js';
export type {
  ContextCounts,
  DecoderReport,
  DecoderWish,
  EncoderReport,
  OtherStreamInfo,
  StreamInfo,
  VideoStreamInfo,
} from './av/index.js';
export { checkRelaysFile, createRelay, createRelays, Relay, Relays } from './relay/index.js';
export type {
  ConfigProblem,
  DemandConfig,
  DestinationState,
  DestinationStatus,
  DestinationTimings,
  EventError,
  FeedStatus,
  HistoryStep,
  LateStream,
  ManagedRelayStatus,
  ManagedState,
  NamedRelay,
  OnOriginEnd,
  OriginTimings,
  ReadyReason,
  RecordingState,
  RecordingStatus,
  RelayConfig,
  RelayEvent,
  RelayEventMap,
  RelayOptions,
  RelayProcessStatus,
  RelaySample,
  RelaysConfig,
  RelaysEvent,
  RelaysEventMap,
  RelaysRunOptions,
  RelaysStatus,
  RelayStatus,
  RelayTimings,
  ReloadReport,
  RtspTransport,
  TrackStatus,
} from './relay/index.js';
export type { BackendName, DecoderBackend, EncoderAttempt } from './hardware/index.js';
export type { Orientation, Rect, Size } from './pixels/index.js';
export type {
  AnyInput,
  BlockSource,
  LiveInput,
  MediaInput,
  SourceOptions,
  StreamInput,
  StreamOptions,
} from './sources/index.js';
export { PRESETS } from './config/index.js';
export type { BatchMode, PoolStart, PresetName, Settings } from './config/index.js';
export type { MemoryStats, Tier } from './memory/index.js';
export { METRICS } from './telemetry/index.js';
export type {
  AlertEvent,
  AlertListener,
  AlertName,
  HistogramSnapshot,
  MetricMeaning,
  MetricName,
  MetricSnapshot,
  MetricUnit,
  Percentiles,
  SeriesSnapshot,
  Telemetry,
  TelemetrySnapshot,
} from './telemetry/index.js';
export type { Backend, PoolOptions, Transport } from './workers/index.js';
