import { counter, gauge } from "../core/metric.ts";

/** Metrics of the exporter itself. */
export const exporterMetrics = {
  buildInfo: gauge(
    "heartbeat_exporter_build_info",
    "Version of the exporter and of Node.js; the value is always 1",
    ["version", "node_version"],
  ),
  configReloadSuccessful: gauge(
    "heartbeat_exporter_config_last_reload_successful",
    "Whether the last attempt to load the configuration succeeded",
  ),
  configReloadTimestamp: gauge(
    "heartbeat_exporter_config_last_reload_success_timestamp_seconds",
    "When the configuration in use was loaded, as a Unix timestamp",
  ),
  exporterLeader: gauge(
    "heartbeat_exporter_leader",
    "Whether this replica holds the lease and so sends the prompts; only with a lease in the configuration",
  ),
  probesInFlight: gauge("heartbeat_exporter_probes_in_flight", "Probes running now"),
  probesQueued: gauge("heartbeat_exporter_probes_queued", "Probes waiting for a free place now"),
  storeUp: gauge(
    "heartbeat_exporter_store_up",
    "Whether the store could be written at the last attempt; without a store there is none",
  ),
  storeWriteFailures: counter(
    "heartbeat_exporter_store_write_failures_total",
    "Attempts to write the store that failed, by reason: full, read_only, locked, corrupt, io",
    ["reason"],
  ),
  storeSize: gauge(
    "heartbeat_exporter_store_size_bytes",
    "Size of the store's files when it was last written",
  ),
  storeResults: gauge("heartbeat_exporter_store_results", "Results of the past that the store holds"),
  down: gauge(
    "heartbeat_exporter_down_seconds",
    "How long nobody was there before this start, by what the store remembers",
  ),
  eventStreams: gauge("heartbeat_exporter_event_streams", "Clients that follow /api/v1/events at present"),
  eventStreamsDropped: counter(
    "heartbeat_exporter_event_streams_dropped_total",
    "Clients of /api/v1/events that were dropped because they did not read",
  ),
  eventLoopLag: gauge(
    "heartbeat_exporter_event_loop_lag_seconds",
    "99th percentile of the event loop's delay since the last scrape; it bounds the error of measured times",
  ),
};
