import { counter, gauge } from "../core/metric.ts";

const HEARTBEAT_LABELS = ["heartbeat", "source"] as const;

/** Metrics that all heartbeats share, whether pushed, logged or leased. */
export const heartbeatMetrics = {
  heartbeatLastSeen: gauge(
    "heartbeat_last_seen_timestamp_seconds",
    "When the heartbeat last reported, by its own clock, as a Unix timestamp; absent when it never did",
    HEARTBEAT_LABELS,
  ),
  heartbeatTimeout: gauge(
    "heartbeat_timeout_seconds",
    "How long the heartbeat may be silent",
    HEARTBEAT_LABELS,
  ),
  heartbeatUp: gauge(
    "heartbeat_up",
    "Whether the heartbeat is silent for less than its timeout, time in which the exporter was not there to hear left out, and has neither failed nor left a start without its end; absent when it never reported",
    HEARTBEAT_LABELS,
  ),
  heartbeatInfo: gauge(
    "heartbeat_info",
    "Facts about the heartbeat, with its configured labels besides; the value is always 1",
    [...HEARTBEAT_LABELS, "kind", "hostname", "owner"],
  ),
  heartbeatPings: counter(
    "heartbeat_pings_total",
    "Pings by what they said: success, start, fail or log; only of pushes",
    [...HEARTBEAT_LABELS, "kind"],
  ),
  heartbeatFailed: gauge(
    "heartbeat_failed",
    "Whether the last word of the heartbeat was a fail; only of pushes that have said something",
    HEARTBEAT_LABELS,
  ),
  heartbeatLastDuration: gauge(
    "heartbeat_last_duration_seconds",
    "Time from start to end of the last run of which both were reported; only of pushes",
    HEARTBEAT_LABELS,
  ),
  heartbeatRunningSince: gauge(
    "heartbeat_running_since_timestamp_seconds",
    "When the earliest run began that has not ended yet, as a Unix timestamp; only while there is one",
    HEARTBEAT_LABELS,
  ),
  heartbeatMaintenance: gauge(
    "heartbeat_maintenance",
    "Whether the heartbeat is worked on, so that its silence is expected; only where a window is about it",
    HEARTBEAT_LABELS,
  ),
};
