import { counter, gauge } from "../core/metric.ts";

const WITH_STORE = "with `--storage.path`";
const WITH_SHARDS = "with `--total-shards`";

/** Metrics of the exporter itself. */
export const exporterMetrics = {
  buildInfo: gauge(
    "heartbeat_exporter_build_info",
    "Versions of the exporter and of Node.js; the value is always 1",
    ["version", "node_version"],
  ),
  shardInfo: gauge(
    "heartbeat_exporter_shard_info",
    "Number of this exporter's shard, from 0 on, and the number of shards; the value is always 1; only with --total-shards",
    ["shard", "total_shards"],
    { when: WITH_SHARDS },
  ),
  shards: gauge(
    "heartbeat_exporter_shards",
    "Number of shards that share the configuration, as a value to compare with; only with --total-shards",
    [],
    { when: WITH_SHARDS },
  ),
  configReloadSuccessful: gauge(
    "heartbeat_exporter_config_last_reload_successful",
    "1 if the last attempt to load the configuration succeeded, 0 if it failed",
  ),
  configReloadTimestamp: gauge(
    "heartbeat_exporter_config_last_reload_success_timestamp_seconds",
    "Time when the current configuration was loaded, as a Unix timestamp",
  ),
  alertThreshold: gauge(
    "heartbeat_alert_threshold",
    "Threshold of alerts by name, unless a target has its own in heartbeat_target_alert_threshold; durations are in seconds",
    ["threshold"],
  ),
  url: gauge(
    "heartbeat_exporter_url_info",
    "URL of the exporter for links in alerts: --web.external-url, else one with the name of its host; the value is always 1",
    ["url"],
  ),
  authFailures: counter(
    "heartbeat_exporter_auth_failures_total",
    "Requests refused because of their credentials, by kind of route (ping, relay, action, component, control or web) and by whether credentials were missing, wrong or, for passwords of web while many are guessed, unchecked",
    ["guard", "credentials"],
  ),
  refusedRequests: counter(
    "heartbeat_exporter_refused_requests_total",
    "Requests refused whatever their credentials: sent to a foreign host name (host), after too many wrong control tokens from their source (control_rate), or for too many new heartbeats from it (registration_rate)",
    ["reason"],
  ),
  exporterLeader: gauge(
    "heartbeat_exporter_leader",
    "1 if this replica holds the lease and therefore sends the prompts, 0 if not; only if a lease is configured",
    [],
    { when: "with `lease`" },
  ),
  probesInFlight: gauge("heartbeat_exporter_probes_in_flight", "Probes running now"),
  probesQueued: gauge("heartbeat_exporter_probes_queued", "Probes waiting for a free slot"),
  fileOperationsHanging: gauge(
    "heartbeat_exporter_file_operations_hanging",
    "Operations on files that have not ended after a second, each of which keeps a thread",
  ),
  storeUp: gauge(
    "heartbeat_exporter_store_up",
    "1 if the last attempt to write to the store succeeded, 0 if it failed; only with a store",
    [],
    { when: WITH_STORE },
  ),
  storeWriteFailures: counter(
    "heartbeat_exporter_store_write_failures_total",
    "Failed attempts to write to the store, by reason: full, read_only, locked, corrupt, lost or io",
    ["reason"],
    { when: WITH_STORE },
  ),
  storeSize: gauge(
    "heartbeat_exporter_store_size_bytes",
    "Size of the store's files after the last write",
    [],
    { when: WITH_STORE },
  ),
  storeResults: gauge("heartbeat_exporter_store_results", "Past results in the store", [], {
    when: WITH_STORE,
  }),
  down: gauge(
    "heartbeat_exporter_down_seconds",
    "Downtime before this start, according to the store; 0 without a previous run",
    [],
    { when: WITH_STORE },
  ),
  absence: counter(
    "heartbeat_exporter_absence_seconds_total",
    "Time that the exporter did not run since its start, because it was stopped, frozen or blocked; it counts as silence of no heartbeat",
    [],
  ),
  eventStreams: gauge("heartbeat_exporter_event_streams", "Clients connected to /api/v1/events", []),
  eventStreamsDropped: counter(
    "heartbeat_exporter_event_streams_dropped_total",
    "Clients of /api/v1/events that were disconnected because they did not read",
    [],
  ),
  eventLoopLag: gauge(
    "heartbeat_exporter_event_loop_lag_seconds",
    "99th percentile of the event loop's delay since the last scrape",
  ),
  eventLoopStalled: counter(
    "heartbeat_exporter_event_loop_stalled_seconds_total",
    "Time for which the event loop stood still while probes or deliveries waited; it extends their deadlines and is not part of measured durations",
    [],
  ),
};
