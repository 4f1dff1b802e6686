// What one engine knows about itself: its metrics, and the alerts that come of them.
import { Alerts, type AlertEvent, type AlertListener } from './alerts.js';
import { toPrometheus } from './prometheus.js';
import { Registry, type MetricSnapshot } from './registry.js';

/** Everything that is known at one moment, as plain JSON. */
export interface TelemetrySnapshot {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** Every metric that was written so far. */
  readonly metrics: readonly MetricSnapshot[];
  /** The alerts that have fired and not cleared. */
  readonly alerts: readonly AlertEvent[];
}

/** The metrics and alerts of one engine. */
export class Telemetry {
  /** Counters, gauges and histograms. */
  readonly metrics: Registry;
  /** What fires and clears. */
  readonly alerts: Alerts;

  constructor(metrics = new Registry(), alerts = new Alerts()) {
    this.metrics = metrics;
    this.alerts = alerts;
    alerts.onAlert(({ name, state }) => {
      if (state === 'fired') metrics.counter('framerail_alerts_total', { alert: name }).add();
    });
  }

  /**
   * Has a listener hear every alert as it fires and clears.
   * @param listener - what it throws is reported as a warning once, and hurts nothing
   * @returns how to stop that
   */
  onAlert(listener: AlertListener): () => void {
    return this.alerts.onAlert(listener);
  }

  /** Everything that is known now. */
  snapshot(): TelemetrySnapshot {
    return { at: Date.now(), metrics: this.metrics.read(), alerts: this.alerts.active };
  }

  /** The metrics as text for Prometheus; its media type is {@link PROMETHEUS_TYPE}. */
  prometheus(): string {
    return toPrometheus(this.metrics.read());
  }

  /** Stops what runs by timers. */
  close(): void {
    this.alerts.close();
  }
}
