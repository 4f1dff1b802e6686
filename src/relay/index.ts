// The door of the relay.
export type { DestinationState, LateStream } from './destination.js';
export type { DestinationTimings, OriginTimings, RelayEvent, RelayEventMap } from './events.js';
export { codecTitle } from './flv/tag.js';
export { dropEarly } from './early-dial.js';
export type { EventError } from './event-error.js';
export type { HistoryStep, RelaySample } from './history.js';
export type { ConfigProblem, DemandConfig, RelayConfig, RelaysConfig } from './many/config.js';
export { checkRelaysFile, createRelays, Relays, type RelaysRunOptions } from './many/relays.js';
export type {
  ManagedRelayStatus,
  ManagedState,
  NamedRelay,
  RelayProcessStatus,
  RelaysEvent,
  RelaysEventMap,
  RelaysStatus,
  ReloadReport,
} from './many/status.js';
export type { OriginState, OriginStatus, Standby, Switch, SwitchReason } from './failover/terms.js';
export type { OnOriginEnd, RelayOptions } from './options.js';
export type { ReadyReason } from './readiness.js';
export type { RtspTransport } from './rtsp/address.js';
export { createRelay, Relay } from './relay.js';
export type {
  DestinationStatus,
  FeedStatus,
  RecordingState,
  RecordingStatus,
  RelayStatus,
  RelayTimings,
  SlateStatus,
  TrackStatus,
} from './status.js';
