// What an engine knows about itself: metrics, percentiles, alerts, and how loaded the machine is.
export {
  Alerts,
  type AlertClock,
  type AlertEvent,
  type AlertListener,
  type AlertMarks,
  type AlertName,
} from './alerts.js';
export { Machine, type MachineLoad, type MachineMemory, type MachineSources } from './machine.js';
export { METRICS, type LabelsOf, type MetricName, type MetricOf } from './metrics.js';
export type { MetricMeaning, MetricUnit } from './metric-meaning.js';
export { PROMETHEUS_TYPE, toPrometheus, type WrittenMetric, type WrittenSeries } from './prometheus.js';
export { RecentSketch, Sketch, type Percentiles, type SketchData } from './quantiles.js';
export {
  Registry,
  type Counter,
  type Gauge,
  type Histogram,
  type HistogramSnapshot,
  type MetricSnapshot,
  type SeriesSnapshot,
} from './registry.js';
export { Telemetry, type TelemetrySnapshot } from './telemetry.js';
