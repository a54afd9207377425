/** Thresholds of alerts about one target, in the order of the documentation. Durations are in seconds. */
export const TARGET_ALERT_THRESHOLDS = [
  "uptime_ratio",
  "failed_probes",
  "degraded_ratio",
  "response_time_factor",
  "changes_per_hour",
  "stalled_intervals",
  "rate_limited_per_hour",
  "budget_ratio",
  "certificate_expiry",
  "latency_deviations",
  "latency_factor",
  "latency_difference",
  "latency_probes",
  "burn_rate_1h",
  "burn_rate_6h",
  "burn_rate_1d",
  "burn_rate_3d",
  "log_error_rate",
  "log_message_rate",
  "log_restarts_per_hour",
  "log_missed_per_hour",
  "log_unreadable_per_hour",
] as const;

/** Thresholds of alerts about the exporter or several exporters. Durations are in seconds. */
export const EXPORTER_ALERT_THRESHOLDS = ["event_loop_lag", "restarts_per_hour", "quorum_exporters"] as const;

/** The name of a threshold of alerts about one target. */
export type TargetAlertThreshold = (typeof TARGET_ALERT_THRESHOLDS)[number];

/** The name of a threshold of alerts: the value of the label `threshold`. */
export type AlertThreshold = TargetAlertThreshold | (typeof EXPORTER_ALERT_THRESHOLDS)[number];

/** The thresholds that apply to targets without their own. */
export type AlertThresholds = Readonly<Record<AlertThreshold, number>>;

/** The thresholds that a module or target sets itself. */
export type OwnAlertThresholds = Readonly<Partial<Record<TargetAlertThreshold, number>>>;
