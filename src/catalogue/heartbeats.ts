import { counter, gauge } from "../core/metric.ts";

const HEARTBEAT_LABELS = ["heartbeat", "source"] as const;

/** Metrics that all heartbeats share, whether pushed, logged or leased. */
export const heartbeatMetrics = {
  heartbeatLastSeen: gauge(
    "heartbeat_last_seen_timestamp_seconds",
    "Time of the last report of the heartbeat by its own clock, as a Unix timestamp; absent before the first",
    HEARTBEAT_LABELS,
    { when: "after the first report" },
  ),
  heartbeatTimeout: gauge(
    "heartbeat_timeout_seconds",
    "Silence after which the heartbeat is down",
    HEARTBEAT_LABELS,
  ),
  heartbeatUp: gauge(
    "heartbeat_up",
    "1 if the heartbeat reported within its timeout, 0 if it did not, failed, or did not end a run in time; downtime of the exporter does not count as silence, and there is no series before the first report",
    HEARTBEAT_LABELS,
    { when: "after the first report" },
  ),
  heartbeatInfo: gauge(
    "heartbeat_info",
    "Facts about the heartbeat and its configured labels, with the first group that it is a member of; the value is always 1",
    [...HEARTBEAT_LABELS, "kind", "hostname", "owner", "group"],
  ),
  heartbeatPings: counter(
    "heartbeat_pings_total",
    "Pings by kind: success, start, fail or log; only for push heartbeats",
    [...HEARTBEAT_LABELS, "kind"],
    { when: "for push heartbeats" },
  ),
  heartbeatFailed: gauge(
    "heartbeat_failed",
    "1 if the last ping that ended a run was a fail, 0 if it was a success; only for push heartbeats, after the first such ping",
    HEARTBEAT_LABELS,
    { when: "for push heartbeats, after the first ping that ended a run" },
  ),
  heartbeatLastDuration: gauge(
    "heartbeat_last_duration_seconds",
    "Duration of the last run whose start and end were both reported; only for push heartbeats",
    HEARTBEAT_LABELS,
    { when: "for push heartbeats, after the first run with a start and an end" },
  ),
  heartbeatRunningSince: gauge(
    "heartbeat_running_since_timestamp_seconds",
    "Start of the oldest run that has not ended, as a Unix timestamp; only while a push heartbeat has such a run",
    HEARTBEAT_LABELS,
    { when: "for push heartbeats, during a run" },
  ),
  heartbeatNextExpected: gauge(
    "heartbeat_next_expected_timestamp_seconds",
    "Time at which the next ping is expected, as a Unix timestamp, in the past while it is late; only for push heartbeats with a schedule",
    HEARTBEAT_LABELS,
    { when: "for push heartbeats with a schedule" },
  ),
  heartbeatMaintenance: gauge(
    "heartbeat_maintenance",
    "1 if a maintenance window for the heartbeat is open, so that its silence is expected, 0 if not; only for heartbeats with a window",
    HEARTBEAT_LABELS,
    { when: "with a maintenance window" },
  ),
};
